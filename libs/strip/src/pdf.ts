/** PDF (ISO 32000-1): written anew from what its catalogue reaches. SPEC.md §7. */
import { encodeUtf8, type Bytes } from '@app/encoding';
import { Findings, type Removed, StripError, type Warning } from './codes.js';
import type { Budget } from './inflate.js';
import { stripJpeg } from './jpeg.js';
import { hasText, joinBytes, latin1 } from './numbers.js';
import { PdfFile, type PdfObject, single } from './pdf-file.js';
import { nameOf, NULL, type PdfDict, type PdfValue, writeValue } from './pdf-syntax.js';

/** Keys that go wherever they stand. */
const GOES: Readonly<Record<string, Removed>> = {
  Metadata: 'xmp',
  PieceInfo: 'vendor_data',
  LastModified: 'time',
  Thumb: 'thumbnail',
  CreatorInfo: 'vendor_data',
  SpiderInfo: 'custom_data',
  Perms: 'signature',
  DSS: 'signature',
};
const ANNOTATION_GOES: Readonly<Record<string, Removed>> = {
  M: 'time',
  CreationDate: 'time',
  NM: 'identifier',
};
const WARNS: Readonly<Record<string, Warning>> = {
  JS: 'javascript',
  JavaScript: 'javascript',
  EmbeddedFiles: 'embedded_files',
  EF: 'embedded_files',
  XFA: 'form_data',
  AcroForm: 'form_data',
};
/** Annotations by which people say something, and that name them. */
const MARKUP = new Set(
  (
    'Text FreeText Line Square Circle Polygon PolyLine Highlight Underline Squiggly StrikeOut Stamp Caret Ink ' +
    'Popup FileAttachment Sound Movie Redact'
  ).split(' '),
);
const VERSION = /^%PDF-(?:1\.[0-7]|2\.0)/;

export function stripPdf(input: Bytes, budget: Budget, found: Findings): Bytes {
  const version = VERSION.exec(latin1(input, 0, Math.min(8, input.length)))?.[0] ?? found.refuse();
  const file = new PdfFile(input, budget, found);
  if (file.hasInfo) found.removed.add('document_properties');
  if (file.sections > 1 && !isLinearized(input)) found.removed.add('revision');
  if (file.root.kind !== 'ref') return found.refuse();
  const out: Uint8Array[] = [encodeUtf8(`${version}\n`), Uint8Array.of(0x25, 0xe2, 0xe3, 0xcf, 0xd3, 10)];
  let at = lengthOf(out);
  const places: number[] = [];
  for (const [number, object] of reachable(file, file.root.number, found)) {
    const from = out.length;
    writeObject(number, object, out);
    places.push(at);
    at += lengthOf(out, from);
  }
  out.push(encodeUtf8(trailer(places, at)));
  return joinBytes(out);
}

function lengthOf(parts: readonly Uint8Array[], from = 0): number {
  let length = 0;
  for (let i = from; i < parts.length; i++) length += parts[i]?.length ?? 0;
  return length;
}

/** A file for fast viewing has two sections from the beginning. */
function isLinearized(input: Uint8Array): boolean {
  for (let at = 0; at < Math.min(1024, input.length); at++)
    if (hasText(input, at, '/Linearized')) return true;
  return false;
}

interface Renumbered {
  readonly object: PdfObject;
  readonly numberOf: (old: number) => number | undefined;
}

/** Every object that the catalogue leads to, cleaned, in the order in which it is met, which is its new number. */
function* reachable(file: PdfFile, root: number, found: Findings): Generator<[number, Renumbered]> {
  const numbers = new Map<number, number | undefined>([[root, 1]]);
  const queue: PdfObject[] = [];
  const numberOf = (old: number): number | undefined => {
    if (numbers.has(old)) return numbers.get(old);
    const object = file.object(old);
    numbers.set(old, object === undefined ? undefined : queue.push(object));
    return numbers.get(old);
  };
  queue.push(file.object(root) ?? found.refuse());
  for (let i = 0; i < queue.length; i++) {
    const object = queue[i] as PdfObject;
    yield [i + 1, { object: cleaned(object, found), numberOf }];
  }
}

function cleaned({ value, stream }: PdfObject, found: Findings): PdfObject {
  if (stream === undefined) return { value: cleanValue(value, found) };
  const dict = value.kind === 'dict' ? cleanDict(value.dict, found) : found.refuse();
  if (nameOf(dict.get('Type')) === 'EmbeddedFile') found.warnings.add('embedded_files');
  if (dict.has('F')) found.warnings.add('external_links');
  const data = image(dict, stream, found);
  dict.set('Length', { kind: 'raw', bytes: encodeUtf8(String(data.length)) });
  return { value: { kind: 'dict', dict }, stream: data };
}

function cleanValue(value: PdfValue, found: Findings): PdfValue {
  if (value.kind === 'array')
    return { kind: 'array', items: value.items.map((item) => cleanValue(item, found)) };
  if (value.kind !== 'dict') return value;
  if (value.dict.has('ByteRange')) {
    found.removed.add('signature');
    return NULL;
  }
  return { kind: 'dict', dict: cleanDict(value.dict, found) };
}

function cleanDict(dict: PdfDict, found: Findings): PdfDict {
  const goes = { ...GOES, ...ofAnnotation(dict, found) };
  if (nameOf(dict.get('S')) === 'JavaScript') found.warnings.add('javascript');
  const clean: PdfDict = new Map();
  for (const [key, value] of dict) {
    const code = Object.hasOwn(goes, key) ? goes[key] : undefined;
    const warning = Object.hasOwn(WARNS, key) ? WARNS[key] : undefined;
    if (warning !== undefined) found.warnings.add(warning);
    if (code !== undefined) found.removed.add(code);
    else clean.set(key, cleanValue(value, found));
  }
  return clean;
}

function ofAnnotation(dict: PdfDict, found: Findings): Readonly<Record<string, Removed>> {
  if (nameOf(dict.get('Type')) === 'EmbeddedFile') return { Params: 'time' };
  if (!dict.has('Rect') && nameOf(dict.get('Type')) !== 'Annot') return {};
  if (!MARKUP.has(nameOf(dict.get('Subtype')) ?? '')) return ANNOTATION_GOES;
  found.warnings.add('annotations');
  return { ...ANNOTATION_GOES, T: 'author' };
}

/** A JPEG picture is cleaned as if it stood alone, if it can be; other kinds that may carry Exif are named. */
function image(dict: PdfDict, stream: Uint8Array, found: Findings): Uint8Array {
  const filter = dict.get('Filter');
  const filters = filter?.kind === 'array' ? filter.items.map(nameOf) : [nameOf(filter)];
  if (!filters.some((name) => name === 'DCTDecode' || name === 'JPXDecode')) return stream;
  if (nameOf(single(filter)) === 'DCTDecode' && hasText(stream, 0, '\xff\xd8\xff')) {
    try {
      const within = new Findings('pdf');
      const clean = stripJpeg(new Uint8Array(stream), within);
      for (const code of within.removed) found.removed.add(code);
      return clean;
    } catch (error) {
      if (!(error instanceof StripError)) throw error;
    }
  }
  found.warnings.add('media_not_cleaned');
  return stream;
}

function writeObject(number: number, { object, numberOf }: Renumbered, out: Uint8Array[]): void {
  out.push(encodeUtf8(`${number} 0 obj\n`));
  writeValue(object.value, numberOf, out);
  if (object.stream !== undefined)
    out.push(encodeUtf8('\nstream\n'), object.stream, encodeUtf8('\nendstream'));
  out.push(encodeUtf8('\nendobj\n'));
}

function trailer(places: readonly number[], at: number): string {
  const rows = places.map((place) => `${String(place).padStart(10, '0')} 00000 n \n`);
  const size = places.length + 1;
  return (
    `xref\n0 ${size}\n0000000000 65535 f \n${rows.join('')}` +
    `trailer\n<<\n/Size ${size}\n/Root 1 0 R\n>>\nstartxref\n${at}\n%%EOF\n`
  );
}
