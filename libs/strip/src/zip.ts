/** ZIP as Office Open XML uses it (APPNOTE.TXT; ISO/IEC 29500-2): SPEC.md §5.1. */
import { bytesEqual, concatBytes, decodeUtf8, encodeUtf8, type Bytes } from '@app/encoding';
import { deflateSync } from 'fflate';
import type { Findings } from './codes.js';
import { type Budget, inflate } from './inflate.js';
import { crc32, joinBytes, u16le, u32, u32le } from './numbers.js';

const LOCAL = 0x504b0304;
const CENTRAL = 0x504b0102;
const END = 0x504b0506;
const END_LENGTH = 22;
const MAX_ENTRIES = 10_000;
/** The first moment a ZIP can name, 1980-01-01 00:00. */
const DATE = 0x21;
const ENCRYPTED = 0x2041;

/** A file in the archive; its content is inflated when it is asked for. */
export interface ZipEntry {
  readonly name: string;
  read(): Bytes;
}

interface Header {
  readonly name: Uint8Array;
  readonly method: number;
  readonly crc: number;
  readonly packed: number;
  readonly size: number;
  readonly offset: number;
  readonly next: number;
}

/** @throws StripError `malformed` unless names, lengths and places all agree; `encrypted`; `too_large`. */
export function readZip(input: Bytes, budget: Budget, found: Findings): ZipEntry[] {
  const end = endOfZip(input, found);
  const count = u16le(input, end + 10);
  if (count > MAX_ENTRIES) found.refuse('too_large');
  const headers: Header[] = [];
  let at = u32le(input, end + 16);
  for (let i = 0; i < count; i++) {
    const header = centralHeader(input, at, found);
    headers.push(header);
    at = header.next;
  }
  found.need(at === end);
  apart(input, headers, found);
  return headers.flatMap((header) => entryOf(input, header, budget, found));
}

function endOfZip(input: Bytes, found: Findings): number {
  for (let at = input.length - END_LENGTH; at >= Math.max(0, input.length - END_LENGTH - 0xffff); at--) {
    if (u32(input, at) !== END || at + END_LENGTH + u16le(input, at + 20) !== input.length) continue;
    if (u16le(input, at + 10) === 0xffff || u32le(input, at + 16) === 0xffffffff) found.refuse('too_large');
    found.need(u16le(input, at + 8) === u16le(input, at + 10) && u32le(input, at + 4) === 0);
    found.need(u32le(input, at + 16) + u32le(input, at + 12) === at);
    if (at + END_LENGTH < input.length) found.removed.add('container_data');
    return at;
  }
  return found.refuse();
}

function centralHeader(input: Bytes, at: number, found: Findings): Header {
  found.need(u32(input, at) === CENTRAL);
  if ((u16le(input, at + 8) & ENCRYPTED) !== 0) found.refuse('encrypted');
  const [name, extra, comment] = [28, 30, 32].map((field) => u16le(input, at + field)) as [
    number,
    number,
    number,
  ];
  const next = at + 46 + name + extra + comment;
  found.need(next <= input.length);
  if (extra + comment > 0 || u16le(input, at + 12) !== 0 || u16le(input, at + 14) !== DATE)
    found.removed.add('container_data');
  return {
    name: input.subarray(at + 46, at + 46 + name),
    method: u16le(input, at + 10),
    crc: u32le(input, at + 16),
    packed: u32le(input, at + 20),
    size: u32le(input, at + 24),
    offset: u32le(input, at + 42),
    next,
  };
}

/** Where an entry's data begins, behind its local header. */
function dataStart(input: Bytes, { offset, name, method }: Header, found: Findings): number {
  found.need(u32(input, offset) === LOCAL && u16le(input, offset + 8) === method);
  const nameEnd = offset + 30 + u16le(input, offset + 26);
  found.need(bytesEqual(input.subarray(offset + 30, nameEnd), name));
  return nameEnd + u16le(input, offset + 28);
}

/** No two entries share bytes. */
function apart(input: Bytes, headers: readonly Header[], found: Findings): void {
  let end = 0;
  for (const header of headers.toSorted((a, b) => a.offset - b.offset)) {
    found.need(header.offset >= end);
    end = dataStart(input, header, found) + header.packed;
    found.need(end <= input.length);
  }
}

function entryOf(input: Bytes, header: Header, budget: Budget, found: Findings): ZipEntry[] {
  const name = nameOf(header.name, found);
  if (name.endsWith('/')) return [];
  found.need(header.method === 0 || header.method === 8);
  const read = (): Bytes => {
    const from = dataStart(input, header, found);
    const packed = input.subarray(from, from + header.packed);
    found.need(header.method === 8 || header.size === header.packed);
    const data = inflate(packed, header.method === 8 ? 'deflate' : 'stored', budget, found, header.size);
    found.need(data.length === header.size && crc32(data) === header.crc);
    return data;
  };
  return [{ name, read }];
}

/** A path below the root of the archive, with no way out of it. */
function nameOf(bytes: Uint8Array, found: Findings): string {
  let name;
  try {
    name = decodeUtf8(bytes, 'name');
  } catch {
    return found.refuse();
  }
  const parts = name.replace(/\/$/, '').split('/');
  found.need(parts.every((part) => part !== '' && part !== '.' && part !== '..'));
  found.need(!/[\\:\p{Cc}]/u.test(name));
  return name;
}

/** The same archive for the same files: no times, no comments, no extra fields. */
export function writeZip(files: Iterable<{ readonly name: string; readonly data: Bytes }>): Bytes {
  const parts: Uint8Array[] = [];
  const directory: Uint8Array[] = [];
  let offset = 0;
  for (const { name, data } of files) {
    const deflated = deflateSync(data, { level: 6 });
    const packed = deflated.length < data.length ? deflated : data;
    const path = encodeUtf8(name);
    const common = commonHeader(path, data, packed);
    const tail = new Uint8Array(16);
    new DataView(tail.buffer).setUint32(12, offset, true);
    const local = concatBytes(encodeUtf8('PK\x03\x04'), common, new Uint8Array(2), path);
    directory.push(encodeUtf8('PK\x01\x02'), Uint8Array.of(20, 3), common, tail, path);
    parts.push(local, packed);
    offset += local.length + packed.length;
  }
  const central = joinBytes(directory);
  const end = new DataView(new ArrayBuffer(END_LENGTH));
  end.setUint32(0, END);
  end.setUint16(8, directory.length / 5, true);
  end.setUint16(10, directory.length / 5, true);
  end.setUint32(12, central.length, true);
  end.setUint32(16, offset, true);
  return joinBytes([...parts, central, new Uint8Array(end.buffer)]);
}

/** What local and central header have in common, from the version needed to the length of the name. */
function commonHeader(path: Uint8Array, data: Uint8Array, packed: Uint8Array): Bytes {
  const view = new DataView(new ArrayBuffer(24));
  view.setUint16(0, 20, true);
  view.setUint16(2, 0x800, true);
  view.setUint16(4, packed === data ? 0 : 8, true);
  view.setUint16(8, DATE, true);
  view.setUint32(10, crc32(data), true);
  view.setUint32(14, packed.length, true);
  view.setUint32(18, data.length, true);
  view.setUint16(22, path.length, true);
  return new Uint8Array(view.buffer);
}
