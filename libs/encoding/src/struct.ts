/** TLS-presentation structs (RFC 8446 §3): big-endian integers, length-prefixed vectors, no padding. */
import { type Bytes, concatBytes, encodeUtf8 } from './bytes.js';
import { Invariant, ParseError } from './errors.js';

const U32 = 2 ** 32;

/** Builds a struct; a value that does not fit its field is a defect of the caller. */
export class Writer {
  readonly #parts: Uint8Array[] = [];

  u8(n: number): this {
    return this.#integer(n, 1);
  }

  u16(n: number): this {
    return this.#integer(n, 2);
  }

  u32(n: number): this {
    return this.#integer(n, 4);
  }

  /** @param n - at most 2^53 - 1. */
  u64(n: number): this {
    return this.#integer(n, 8);
  }

  /** Appends bytes as they are; they are copied by `finish`. */
  bytes(b: Uint8Array): this {
    this.#parts.push(b);
    return this;
  }

  vec8(b: Uint8Array): this {
    return this.#integer(b.length, 1).bytes(b);
  }

  vec16(b: Uint8Array): this {
    return this.#integer(b.length, 2).bytes(b);
  }

  vec32(b: Uint8Array): this {
    return this.#integer(b.length, 4).bytes(b);
  }

  /** Appends the UTF-8 of a constant or already validated text, without a length. */
  ascii(s: string): this {
    return this.bytes(encodeUtf8(s));
  }

  zeros(n: number): this {
    return this.bytes(new Uint8Array(n));
  }

  finish(): Bytes {
    return concatBytes(...this.#parts);
  }

  #integer(n: number, size: number): this {
    if (!Number.isSafeInteger(n) || n < 0 || (size < 8 && n >= 2 ** (8 * size))) {
      throw new Invariant(`integer does not fit u${String(8 * size)}`);
    }
    const out = new Uint8Array(8);
    const view = new DataView(out.buffer);
    view.setUint32(0, Math.floor(n / U32));
    view.setUint32(4, n % U32);
    return this.bytes(out.subarray(8 - size));
  }
}

/** Reads a struct to its last byte. Every `ParseError` names `where` and nothing of the content. */
export class Reader {
  readonly #bytes: Uint8Array;
  readonly #where: string;
  #offset = 0;

  constructor(bytes: Uint8Array, where: string) {
    this.#bytes = bytes;
    this.#where = where;
  }

  get remaining(): number {
    return this.#bytes.length - this.#offset;
  }

  u8(): number {
    return this.#integer(1);
  }

  u16(): number {
    return this.#integer(2);
  }

  u32(): number {
    return this.#integer(4);
  }

  /** @throws {ParseError} `out_of_range` above 2^53 - 1. */
  u64(): number {
    return this.#integer(8);
  }

  /** A copy of the next n bytes. */
  bytes(n: number): Bytes {
    if (n > this.remaining) throw this.#error('truncated');
    const out = new Uint8Array(n);
    out.set(this.#bytes.subarray(this.#offset, this.#offset + n));
    this.#offset += n;
    return out;
  }

  vec8(max = 0xff): Bytes {
    return this.#vector(this.u8(), max);
  }

  vec16(max = 0xffff): Bytes {
    return this.#vector(this.u16(), max);
  }

  vec32(max: number): Bytes {
    return this.#vector(this.u32(), max);
  }

  magic(ascii: string): void {
    for (const expected of encodeUtf8(ascii)) {
      if (this.u8() !== expected) throw this.#error('bad_magic');
    }
  }

  zeros(n: number): void {
    if (this.bytes(n).some((b) => b !== 0)) throw this.#error('not_zero');
  }

  done(): void {
    if (this.remaining !== 0) throw this.#error('trailing_bytes');
  }

  #vector(length: number, max: number): Bytes {
    if (length > max) throw this.#error('out_of_range');
    return this.bytes(length);
  }

  #integer(size: number): number {
    if (size > this.remaining) throw this.#error('truncated');
    let n = 0;
    for (let i = 0; i < size; i++) n = n * 256 + (this.#bytes[this.#offset + i] as number);
    if (!Number.isSafeInteger(n)) throw this.#error('out_of_range');
    this.#offset += size;
    return n;
  }

  #error(code: string): ParseError {
    return new ParseError(code, this.#where);
  }
}
