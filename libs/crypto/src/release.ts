/** What an origin serves to readers, file by file, signed by the roots (SPEC.md §8.3). */
import {
  type Bytes,
  canonicalJson,
  decodeUtf8,
  encodeUtf8,
  fromBase64,
  fromHex,
  type Instant,
  type Json,
  ParseError,
  parseCanonicalJson,
  toBase64,
  toHex,
} from '@app/encoding';
import { fail } from './errors.js';
import { TAG } from './namespaces.js';
import { checkRootSignatures, parseRootset, type RootSignature } from './rootset.js';
import type { SignatureVerifier } from './signature.js';
import { exactly } from './struct.js';

/** One file of a release, as it is served. */
export type ReleaseFile = {
  readonly sha256: Bytes;
  /** Bytes before any content encoding. */
  readonly size: number;
  /** The whole `content-type`. */
  readonly type: string;
};

/** A release of a page. */
export type Release = {
  /** Rises by one with each release; that of its entry in the ledger. */
  readonly number: number;
  /** The log's name. */
  readonly origin: string;
  readonly made: Instant;
  /** Headers of every file, by lower-case name; the content security policy is always among them. */
  readonly headers: ReadonlyMap<string, string>;
  /** Files by the path they are served at; the document is at `/`. */
  readonly files: ReadonlyMap<string, ReleaseFile>;
};

/** A manifest with its signatures, not yet verified. */
export type SignedRelease = { readonly manifest: Bytes; readonly signatures: readonly RootSignature[] };

const FORMAT = 1;
const FILES_MAX = 1_024;
const HEADERS_MAX = 64;
const PATH = /^\/(?:[A-Za-z0-9_-][A-Za-z0-9._-]*(?:\/[A-Za-z0-9_-][A-Za-z0-9._-]*)*)?$/;
const HEADER = /^[a-z][a-z0-9-]*$/;
const LINE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/** The bytes to sign under `TAG.release`: canonical JSON. @see SPEC.md §8.3 */
export function encodeRelease(release: Release): Bytes {
  const files = [...release.files].map(([path, { sha256, size, type }]): [string, Json] => [
    path,
    { sha256: toHex(exactly(sha256, 32)), size, type },
  ]);
  return encodeUtf8(
    canonicalJson({
      files: Object.fromEntries(files),
      format: FORMAT,
      headers: Object.fromEntries(release.headers),
      made: release.made,
      number: release.number,
      origin: release.origin,
    }),
  );
}

/** @throws {ParseError} `not_utf8`, `not_json`, `not_canonical`, `bad_field`, hex codes. */
export function parseRelease(bytes: Uint8Array): Release {
  const json = parseCanonicalJson(decodeUtf8(bytes, 'release'), 'release');
  const { files, format, headers, made, number, origin } = fieldsOf(json, 'release', [
    'files',
    'format',
    'headers',
    'made',
    'number',
    'origin',
  ]);
  if (format !== FORMAT) throw new ParseError('bad_field', 'release.format');
  const release = {
    number: wholeNumber(number, 'release.number', 1, 0xffff_ffff),
    origin: line(origin, 'release.origin'),
    made: wholeNumber(made, 'release.made', 0, Number.MAX_SAFE_INTEGER),
    headers: mapOf(headers, 'release.headers', { names: HEADER, max: HEADERS_MAX }, line),
    files: mapOf(files, 'release.files', { names: PATH, max: FILES_MAX }, releaseFile),
  };
  if (!release.headers.has('content-security-policy') || !release.files.has('/'))
    throw new ParseError('bad_field', 'release');
  return release;
}

/** The published document: canonical JSON of the manifest and its signatures, in ascending order of root. */
export function encodeSignedRelease({ manifest, signatures }: SignedRelease): Bytes {
  const ordered = [...signatures].sort((a, b) => a.rootIndex - b.rootIndex);
  return encodeUtf8(
    canonicalJson({
      manifest: parseCanonicalJson(decodeUtf8(manifest, 'release'), 'release'),
      signatures: ordered.map(({ rootIndex, signature }) => ({
        root: rootIndex,
        signature: toBase64(exactly(signature, 64)),
      })),
    }),
  );
}

/** @throws {ParseError} as `parseRelease`; base64 codes; `not_canonical` unless the roots rise. */
export function parseSignedRelease(bytes: Uint8Array): SignedRelease {
  const where = 'signed_release';
  const json = parseCanonicalJson(decodeUtf8(bytes, where), where);
  const { manifest, signatures } = fieldsOf(json, where, ['manifest', 'signatures']);
  if (!isList(signatures)) throw new ParseError('bad_field', where);
  let last = -1;
  return {
    manifest: encodeUtf8(canonicalJson(manifest)),
    signatures: signatures.map((one) => {
      const { root, signature } = fieldsOf(one, where, ['root', 'signature']);
      const rootIndex = wholeNumber(root, where, 0, 31);
      if (rootIndex <= last) throw new ParseError('not_canonical', where);
      last = rootIndex;
      return { rootIndex, signature: fromBase64(line(signature, where), where, 64) };
    }),
  };
}

/**
 * Verifies a published release against a pinned ROOTSET.
 * @param origin - the log's name.
 * @throws {ParseError} if it is malformed.
 * @throws {VerificationError} `release_signatures_short` unless a threshold of roots signed it; `release_origin` if
 * it is of another instance.
 * @see SPEC.md §8.3
 * Security: says nothing about the ledger; whoever checks also demands its entry, and that it is the newest.
 */
export function verifyRelease(
  verifier: SignatureVerifier,
  bytes: Uint8Array,
  expected: { readonly rootset: Uint8Array; readonly origin: string },
): Release {
  const { manifest, signatures } = parseSignedRelease(bytes);
  const release = parseRelease(manifest);
  const signed = { tag: TAG.release, message: manifest };
  const rootset = parseRootset(expected.rootset);
  checkRootSignatures(verifier, rootset, signed, signatures, 'release_signatures_short');
  if (release.origin !== expected.origin) fail('release_origin');
  return release;
}

type Fields<K extends string> = Readonly<Record<K, Json>>;

function fieldsOf<K extends string>(json: Json, where: string, names: readonly K[]): Fields<K> {
  if (!isRecord(json)) throw new ParseError('bad_field', where);
  if (Object.keys(json).join() !== names.join()) throw new ParseError('bad_field', where);
  return json as Fields<K>;
}

function mapOf<T>(
  json: Json,
  where: string,
  { names, max }: { readonly names: RegExp; readonly max: number },
  read: (value: Json, where: string) => T,
): ReadonlyMap<string, T> {
  if (!isRecord(json)) throw new ParseError('bad_field', where);
  const members = Object.entries(json);
  if (members.length > max || !members.every(([name]) => names.test(name)))
    throw new ParseError('bad_field', where);
  return new Map(members.map(([name, value]) => [name, read(value, where)]));
}

function releaseFile(json: Json, where: string): ReleaseFile {
  const { sha256, size, type } = fieldsOf(json, where, ['sha256', 'size', 'type']);
  return {
    sha256: fromHex(line(sha256, where), where, 32),
    size: wholeNumber(size, where, 0, Number.MAX_SAFE_INTEGER),
    type: line(type, where),
  };
}

function line(json: Json, where: string): string {
  if (typeof json !== 'string' || !LINE.test(json)) throw new ParseError('bad_field', where);
  return json;
}

function wholeNumber(json: Json, where: string, min: number, max: number): number {
  const isWhole = typeof json === 'number' && Number.isSafeInteger(json) && json >= min && json <= max;
  if (!isWhole) throw new ParseError('bad_field', where);
  return json;
}

function isList(json: Json): json is readonly Json[] {
  return Array.isArray(json);
}

function isRecord(json: Json): json is Readonly<Record<string, Json>> {
  return typeof json === 'object' && json !== null && !isList(json);
}
