/** The one way in: what the bytes are, and the bytes without what they say about who made them. */
import type { Bytes } from '@app/encoding';
import { Findings, type Kept, type Removed, StripError, type StripKind, type Warning } from './codes.js';
import { type Budget, newBudget } from './inflate.js';
import { stripJpeg } from './jpeg.js';
import { stripMp4 } from './mp4.js';
import { hasText } from './numbers.js';
import { stripOoxml } from './ooxml.js';
import { stripPdf } from './pdf.js';
import { stripPng } from './png.js';
import { stripWebp } from './webp.js';

export interface Stripped {
  readonly kind: StripKind;
  /** A new file. Stripped again, it is itself. */
  readonly bytes: Bytes;
  readonly removed: readonly Removed[];
  readonly kept: readonly Kept[];
  readonly warnings: readonly Warning[];
}

/** A format: what it is called until its content says more, how it is known, how it is cleaned. */
interface Format {
  readonly name: string;
  readonly is: (bytes: Uint8Array) => boolean;
  readonly clean: (input: Bytes, found: Findings, inside: Inside) => { kind: StripKind; bytes: Bytes };
}

/** Where in a file within a file we are, and what all of it together may inflate to. */
interface Inside {
  readonly depth: number;
  readonly budget: Budget;
}

const MAX_DEPTH = 3;

const isJpeg = (b: Uint8Array): boolean => b[0] === 0xff && b[1] === 0xd8 && b[2] === 0xff;
const isPng = (b: Uint8Array): boolean => hasText(b, 0, '\x89PNG\r\n\x1a\n');
const isWebp = (b: Uint8Array): boolean => hasText(b, 0, 'RIFF') && hasText(b, 8, 'WEBP');

const isZip = (b: Uint8Array): boolean => hasText(b, 0, 'PK\x03\x04');
const isFilm = (b: Uint8Array): boolean =>
  ['ftyp', 'moov', 'mdat', 'wide', 'free', 'skip'].some((type) => hasText(b, 4, type));
const isPdf = (b: Uint8Array): boolean => hasText(b, 0, '%PDF-');

const simple = (
  kind: StripKind,
  is: Format['is'],
  clean: (input: Bytes, found: Findings) => Bytes,
): Format => ({ name: kind, is, clean: (input, found) => ({ kind, bytes: clean(input, found) }) });

const FORMATS: readonly Format[] = [
  simple('jpeg', isJpeg, stripJpeg),
  simple('png', isPng, stripPng),
  simple('webp', isWebp, stripWebp),
  simple('mp4', isFilm, stripMp4),
  { name: 'pdf', is: isPdf, clean: pdf },
  { name: 'zip', is: isZip, clean: ooxml },
];

/**
 * Takes out of a file what says who made it, where, when and with what.
 * @throws {StripError} when it is of no known format or cannot be cleaned entirely.
 */
export function strip(input: Bytes): Stripped {
  const format = formatOf(input);
  const found = new Findings(format.name);
  const { kind, bytes } = format.clean(input, found, { depth: 0, budget: newBudget() });
  return {
    kind,
    bytes,
    removed: [...found.removed].sort(),
    kept: [...found.kept].sort(),
    warnings: [...found.warnings].sort(),
  };
}

function formatOf(input: Bytes): Format {
  const format = FORMATS.find(({ is }) => is(input));
  if (format !== undefined) return format;
  if (isLockedOffice(input)) throw new StripError('encrypted', 'office');
  throw new StripError('not_recognised', 'file');
}

/** Office files with a password are a compound file that holds a stream of this name, in UTF-16. */
function isLockedOffice(input: Uint8Array): boolean {
  if (!hasText(input, 0, '\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1')) return false;
  const name = 'EncryptedPackage'.split('').join('\0');
  for (let at = input.indexOf(0x45); at >= 0; at = input.indexOf(0x45, at + 1))
    if (hasText(input, at, name)) return true;
  return false;
}

function pdf(input: Bytes, found: Findings, { budget }: Inside): { kind: StripKind; bytes: Bytes } {
  return { kind: 'pdf', bytes: stripPdf(input, budget, found) };
}

function ooxml(input: Bytes, found: Findings, inside: Inside): { kind: StripKind; bytes: Bytes } {
  const deeper = { ...inside, depth: inside.depth + 1 };
  if (deeper.depth > MAX_DEPTH) found.refuse('too_large');
  const inner = (bytes: Bytes, into: Findings): Bytes => formatOf(bytes).clean(bytes, into, deeper).bytes;
  return stripOoxml(input, inner, inside.budget, found);
}
