/** MP4 and MOV (ISO/IEC 14496-12, QuickTime File Format): SPEC.md §6. */
import type { Bytes } from '@app/encoding';
import { type Box, boxesOf, free, inside, only, zero } from './boxes.js';
import type { Findings } from './codes.js';
import { chunksOf, joined, type Range } from './mp4-samples.js';
import { fourcc, u16, u32, u8 } from './numbers.js';

const words = (text: string): ReadonlySet<string> => new Set(text.split(' '));

/** What may stand in what; everything else becomes free space. */
const TREE: Readonly<Record<string, ReadonlySet<string>>> = {
  file: words('ftyp styp sidx ssix moov moof mdat mfra pdin wide'),
  moov: words('mvhd trak mvex iods'),
  trak: words('tkhd mdia edts tref tapt'),
  mdia: words('mdhd hdlr minf'),
  minf: words('vmhd smhd hmhd nmhd sthd gmhd hdlr dinf stbl'),
  dinf: words('dref'),
  stbl: words('stsd stts stsc stsz stz2 stco co64 stss ctts cslg sdtp sgpd sbgp subs padb stps stsh stdp'),
  edts: words('elst'),
  tapt: words('clef prof enof'),
  mvex: words('mehd trex'),
  moof: words('mfhd traf'),
  traf: words('tfhd tfdt trun sdtp sgpd sbgp subs'),
  mfra: words('tfra mfro'),
};
const IN_SAMPLE_ENTRY = words(
  'avcC hvcC lhvC hvcE dvcC dvvC dvwC amve av1C vpcC esds dOps dfLa dac3 dec3 alac d263 damr colr pasp fiel ' +
    'btrt clap gama wave chan chnl srat mdcv clli st3d sv3d SA3D vexu hfov',
);
const PROTECTED = words('pssh sinf senc tenc encv enca encs enct');
const STILL_PICTURES = words('heic heix heim heis hevc hevx mif1 msf1 avif avis miaf');
const PICTURE_OR_SOUND = words('vide soun');
const SUBTITLES = words('sbtl subt text clcp');
/** Sample entries that record places, motion, time or the camera, whatever their track calls itself. */
const TIMED_METADATA = words('gpmd mebx camm tmcd rtmd fdsc mett metx urim ctmd priv');
const UNDETERMINED = 0x55c4;

interface Track {
  readonly box: Box;
  readonly handler: string;
  readonly table: Box;
  readonly descriptions: readonly Box[];
}

export function stripMp4(input: Bytes, found: Findings): Bytes {
  const out = new Uint8Array(input);
  const top = boxesOf(out, 0, out.length, found);
  if (!top.some(({ type }) => type === 'moov')) found.refuse('unsupported');
  const moov = only(top, 'moov', found);
  brands(out, top, found);
  const tracks = inside(out, moov, found)
    .filter(({ type }) => type === 'trak')
    .map((box) => trackOf(out, box, found));
  const goes = tracks.filter((track) => !shown(track));
  const stays = tracks.filter(shown);
  found.need(stays.length > 0);
  if (stays.some(({ handler }) => SUBTITLES.has(handler))) found.warnings.add('subtitles');
  if (top.some(({ type }) => type === 'moof')) {
    if (goes.length > 0) found.refuse('unsupported');
  } else clearUnused(out, top, stays, goes.length > 0, found);
  for (const { box } of goes) free(out, box, 'timed_metadata', found);
  for (const track of stays) {
    for (const entry of track.descriptions) description(out, entry, track.handler, found);
    if (goes.length > 0) references(out, track.box, found);
  }
  walk(out, boxesOf(out, 0, out.length, found), 'file', found);
  return out;
}

function brands(out: Bytes, top: readonly Box[], found: Findings): void {
  const box = top.find(({ type }) => type === 'ftyp');
  if (box === undefined) return;
  found.kept.add('brand');
  for (let at = box.body; at + 4 <= box.end; at += 4)
    if (at !== box.body + 4 && STILL_PICTURES.has(fourcc(out, at))) found.refuse('unsupported');
}

function trackOf(out: Bytes, box: Box, found: Findings): Track {
  const media = inside(out, only(inside(out, box, found), 'mdia', found), found);
  const handler = fourcc(out, only(media, 'hdlr', found).body + 8);
  const parts = inside(out, only(media, 'minf', found), found);
  const table = only(parts, 'stbl', found);
  const entries = only(inside(out, table, found), 'stsd', found);
  const descriptions = inside(out, entries, found, 8);
  if (descriptions.some(({ type }) => PROTECTED.has(type))) found.refuse('encrypted');
  for (const info of parts.filter(({ type }) => type === 'dinf')) sources(out, info, found);
  return { box, handler, table, descriptions };
}

/** Samples lie in the file itself, and nothing says where else they once were. */
function sources(out: Bytes, info: Box, found: Findings): void {
  for (const reference of inside(out, only(inside(out, info, found), 'dref', found), found, 8)) {
    if ((u32(out, reference.body) & 1) === 0) found.refuse('unsupported');
    zero(out, reference.body + 4, reference.end, 'name', found);
  }
}

const shown = ({ handler, descriptions }: Track): boolean =>
  (PICTURE_OR_SOUND.has(handler) || SUBTITLES.has(handler)) &&
  !descriptions.some(({ type }) => TIMED_METADATA.has(type));

/** Whatever in the media data belongs to no track that stays is zeroed. */
function clearUnused(
  out: Bytes,
  top: readonly Box[],
  stays: readonly Track[],
  must: boolean,
  found: Findings,
): void {
  const chunks: (Range[] | undefined)[] = stays.map(({ table }) => chunksOf(out, table, found));
  if (chunks.includes(undefined)) {
    if (must) found.refuse('unsupported');
    return;
  }
  const used = joined(chunks.flatMap((ranges) => ranges ?? []).filter(([from, to]) => to > from));
  let next = 0;
  for (const { body, end } of top.filter(({ type }) => type === 'mdat')) {
    let at = body;
    for (let range = used[next]; range !== undefined && range[0] < end; range = used[++next]) {
      found.need(range[0] >= at && range[1] <= end);
      zero(out, at, range[0], 'unused_data', found);
      at = range[1];
    }
    zero(out, at, end, 'unused_data', found);
  }
  found.need(next === used.length);
}

/** A reference to a track that is gone confuses players. */
function references(out: Bytes, track: Box, found: Findings): void {
  for (const box of inside(out, track, found))
    if (box.type === 'tref') free(out, box, 'timed_metadata', found);
}

/** Who made the encoder, and what it is called. */
function description(out: Bytes, entry: Box, handler: string, found: Findings): void {
  if (!PICTURE_OR_SOUND.has(handler)) return;
  zero(out, entry.body + 12, entry.body + 16, 'vendor_data', found);
  let fixed = 78;
  if (handler === 'vide') zero(out, entry.body + 42, entry.body + 74, 'name', found);
  else fixed = 28 + ([0, 16, 36][u16(out, entry.body + 8)] ?? found.refuse());
  found.need(entry.body + fixed <= entry.end);
  for (const box of inside(out, entry, found, fixed)) {
    if (PROTECTED.has(box.type)) found.refuse('encrypted');
    if (!IN_SAMPLE_ENTRY.has(box.type)) free(out, box, 'vendor_data', found);
  }
}

function walk(out: Bytes, boxes: readonly Box[], parent: string, found: Findings): void {
  const known = TREE[parent] ?? new Set<string>();
  for (const box of boxes) {
    if (PROTECTED.has(box.type)) found.refuse('encrypted');
    if (box.type === 'cmov') found.refuse('unsupported');
    if (!known.has(box.type)) free(out, box, box.type === 'free' ? 'unused_data' : 'vendor_data', found);
    else if (TREE[box.type] !== undefined) walk(out, inside(out, box, found), box.type, found);
    else leaf(out, box, found);
  }
}

function leaf(out: Bytes, box: Box, found: Findings): void {
  if (box.type === 'hdlr') zero(out, box.body + 12, box.end, 'name', found);
  else if (box.type === 'wide') zero(out, box.body, box.end, 'unused_data', found);
  else if (/^(?:mv|tk|md)hd$/.test(box.type)) times(out, box, found);
}

function times(out: Bytes, box: Box, found: Findings): void {
  const version = u8(out, box.body);
  found.need(version <= 1);
  const size = version === 1 ? 16 : 8;
  zero(out, box.body + 4, box.body + 4 + size, 'time', found);
  if (box.type !== 'mdhd') return;
  const at = box.body + (version === 1 ? 32 : 20);
  found.need(at + 2 <= box.end);
  if (u16(out, at) !== UNDETERMINED) found.removed.add('language');
  out[at] = UNDETERMINED >> 8;
  out[at + 1] = UNDETERMINED & 0xff;
}
