/** Office Open XML (ISO/IEC 29500): SPEC.md §5. */
import type { Bytes } from '@app/encoding';
import { type Findings, StripError, type StripKind } from './codes.js';
import { type Budget } from './inflate.js';
import { cleanTag, partGoes, relationGoes } from './ooxml-parts.js';
import { rewriteXml, type Tag } from './xml.js';
import { readZip, writeZip, type ZipEntry } from './zip.js';

const TYPES = '[Content_Types].xml';

/** Cleans a file inside the archive as if it stood alone, into the same findings. */
export type Inner = (bytes: Bytes, found: Findings) => Bytes;

interface Archive {
  readonly entries: ReadonlyMap<string, ZipEntry>;
  readonly typeOf: (name: string) => string;
  /** Names in lower case of the parts that go. */
  readonly goes: ReadonlySet<string>;
  /** By part: the relationships that go. */
  readonly cut: ReadonlyMap<string, ReadonlySet<string>>;
}

export function stripOoxml(
  input: Bytes,
  inner: Inner,
  budget: Budget,
  found: Findings,
): { kind: StripKind; bytes: Bytes } {
  const entries = entriesOf(readZip(input, budget, found), found);
  const types = entries.get(TYPES)?.read();
  if (types === undefined) throw new StripError('not_recognised', 'zip');
  const typeOf = contentTypes(types, found);
  const kind = kindOf([...entries.keys()].map(typeOf), found);
  const goes = new Set([...entries.keys()].filter((name) => partIsCut(name, typeOf(name), found)));
  const archive = { entries, typeOf, goes: lowered(goes), cut: new Map<string, Set<string>>() };
  const rels = new Map<string, Bytes>();
  for (const [name, entry] of entries)
    if (isRels(name) && !goes.has(name)) rels.set(name, relations(name, entry.read(), archive, found));
  const stays = [...entries.keys()].filter((name) => !archive.goes.has(name.toLowerCase())).sort(order);
  const bytes = writeZip(cleanedParts(stays, rels, archive, inner, found));
  return { kind, bytes };
}

/** One part after the other, so that only one is unpacked at a time. */
function* cleanedParts(
  names: readonly string[],
  rels: ReadonlyMap<string, Bytes>,
  archive: Archive,
  inner: Inner,
  found: Findings,
): Generator<{ name: string; data: Bytes }> {
  for (const name of names) {
    const entry = archive.entries.get(name) as ZipEntry;
    const data = rels.get(name) ?? cleanedPart(name, entry.read(), archive, inner, found);
    yield { name, data };
  }
}

const lowered = (names: Iterable<string>): Set<string> =>
  new Set([...names].map((name) => name.toLowerCase()));

const isRels = (name: string): boolean => /(?:^|\/)_rels\/[^/]*\.rels$/i.test(name);

/** The list of types first, as readers expect; then by name, which says nothing about the writer. */
function order(a: string, b: string): number {
  const rank = (name: string): string => (name === TYPES ? '0' : name === '_rels/.rels' ? '1' : `2${name}`);
  return rank(a) < rank(b) ? -1 : 1;
}

function entriesOf(list: readonly ZipEntry[], found: Findings): Map<string, ZipEntry> {
  found.need(lowered(list.map(({ name }) => name)).size === list.length);
  return new Map(list.map((entry) => [entry.name, entry]));
}

const valueOf = (tag: Tag, name: string): string => tag.attributes.find((a) => a.name === name)?.value ?? '';

function contentTypes(bytes: Bytes, found: Findings): (name: string) => string {
  const overrides = new Map<string, string>();
  const defaults = new Map<string, string>();
  rewriteXml(
    bytes,
    (tag) => {
      const type = valueOf(tag, 'ContentType');
      if (tag.local === 'Override') overrides.set(valueOf(tag, 'PartName').slice(1).toLowerCase(), type);
      if (tag.local === 'Default') defaults.set(valueOf(tag, 'Extension').toLowerCase(), type);
      return 'keep';
    },
    found,
  );
  return (name) => {
    const lower = name.toLowerCase();
    return overrides.get(lower) ?? defaults.get(lower.slice(lower.lastIndexOf('.') + 1)) ?? '';
  };
}

function kindOf(types: readonly string[], found: Findings): StripKind {
  const has = (pattern: RegExp): boolean => types.some((type) => pattern.test(type));
  if (has(/sheet\.binary/)) found.refuse('unsupported');
  if (has(/(?:wordprocessingml|ms-word)\.(?:document|template)\.\w*\.?main\+xml$/i)) return 'docx';
  if (has(/(?:spreadsheetml|ms-excel)\.(?:sheet|template)\.\w*\.?main\+xml$/i)) return 'xlsx';
  if (has(/(?:presentationml|ms-powerpoint)\.(?:presentation|template|slideshow)\.\w*\.?main\+xml$/i))
    return 'pptx';
  throw new StripError('not_recognised', 'zip');
}

function partIsCut(name: string, type: string, found: Findings): boolean {
  if (name === TYPES) return false;
  const code = partGoes(type, name) ?? (type === '' && !isRels(name) ? 'unused_data' : undefined);
  if (code !== undefined) found.removed.add(code);
  return code !== undefined;
}

/** The part that a list of relationships belongs to. */
const sourceOf = (rels: string): string => rels.replace(/_rels\/([^/]*)\.rels$/i, '$1');

/** The relationships that stay; the ids of those that go are noted for the part they belong to. */
function relations(
  name: string,
  bytes: Bytes,
  { goes, cut }: { goes: Set<string>; cut: Map<string, Set<string>> },
  found: Findings,
): Bytes {
  const source = sourceOf(name);
  const ids = new Set<string>();
  cut.set(source, ids);
  if (goes.has(source.toLowerCase())) goes.add(name.toLowerCase());
  return rewriteXml(
    bytes,
    (tag) => {
      if (tag.local !== 'Relationship') return 'keep';
      const external = valueOf(tag, 'TargetMode') === 'External';
      const target = external ? '' : resolved(source, valueOf(tag, 'Target'));
      const code = relationGoes(valueOf(tag, 'Type'));
      if (code !== undefined) {
        found.removed.add(code);
        if (target !== '') goes.add(target);
      }
      if (code === undefined && !goes.has(target)) {
        if (external && !valueOf(tag, 'Type').endsWith('/hyperlink')) found.warnings.add('external_links');
        return 'keep';
      }
      ids.add(valueOf(tag, 'Id'));
      return 'drop';
    },
    found,
  );
}

/** The part a relationship leads to, in lower case. */
function resolved(source: string, target: string): string {
  const parts = target.startsWith('/') ? [] : source.split('/').slice(0, -1);
  for (const part of target.split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '' && part !== '.') parts.push(part);
  }
  return parts.join('/').toLowerCase();
}

function cleanedPart(name: string, bytes: Bytes, archive: Archive, inner: Inner, found: Findings): Bytes {
  const type = archive.typeOf(name);
  if (name === TYPES) return remainingTypes(bytes, archive, found);
  if (!/[+/]xml$/i.test(type) || /svg\+xml$/i.test(type)) return other(name, type, bytes, inner, found);
  const cut = archive.cut.get(name) ?? new Set();
  return rewriteXml(
    bytes,
    (tag) => {
      const stays = tag.attributes.filter((a) => !(a.name.includes(':') && cut.has(a.value)));
      if (stays.length < tag.attributes.length && tag.local !== 'pageSetup') return 'drop';
      tag.attributes = stays;
      return cleanTag(tag, name, found);
    },
    found,
  );
}

/** Types of parts that are there. */
function remainingTypes(bytes: Bytes, { entries, goes }: Archive, found: Findings): Bytes {
  const there = lowered(entries.keys());
  return rewriteXml(
    bytes,
    (tag) => {
      const part = valueOf(tag, 'PartName').slice(1).toLowerCase();
      return tag.local === 'Override' && (goes.has(part) || !there.has(part)) ? 'drop' : 'keep';
    },
    found,
  );
}

/** Pictures and documents inside are cleaned as if they stood alone; what is none of our formats stays, and is named. */
function other(name: string, type: string, bytes: Bytes, inner: Inner, found: Findings): Bytes {
  if (/font|obfuscated|vmldrawing/i.test(type)) return bytes;
  if (/vbaproject|activex/i.test(type)) {
    found.warnings.add('macros');
    return bytes;
  }
  if (/\/embeddings\//i.test(name)) found.warnings.add('embedded_files');
  try {
    return inner(bytes, found);
  } catch (error) {
    if (!(error instanceof StripError) || error.code !== 'not_recognised') throw error;
    found.warnings.add(/^(?:image|audio|video)\//i.test(type) ? 'media_not_cleaned' : 'embedded_files');
    return bytes;
  }
}
