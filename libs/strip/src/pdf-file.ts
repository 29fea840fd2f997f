/** Where the objects of a PDF file are (ISO 32000-1, 7.5): SPEC.md §7.2. */
import type { Bytes } from '@app/encoding';
import type { Findings } from './codes.js';
import { type Budget, inflate } from './inflate.js';
import { hasText, u8 } from './numbers.js';
import { integerOf, nameOf, type PdfDict, PdfLexer, type PdfValue } from './pdf-syntax.js';

export interface PdfObject {
  readonly value: PdfValue;
  /** What follows the dictionary of a stream, packed as it stands. */
  readonly stream?: Uint8Array;
}

type Place = { readonly at: number } | { readonly inside: number; readonly index: number } | undefined;

const MAX_SECTIONS = 1_000;
const TAIL = 2_048;

export class PdfFile {
  readonly root: PdfValue;
  readonly hasInfo: boolean;
  readonly sections: number;
  readonly #bytes: Bytes;
  readonly #budget: Budget;
  readonly #found: Findings;
  readonly #places = new Map<number, Place>();
  readonly #packed = new Map<number, PdfObject[]>();
  /** No two objects share bytes, so reading them all takes no more than there are. */
  #left: number;

  constructor(bytes: Bytes, budget: Budget, found: Findings) {
    this.#bytes = bytes;
    this.#budget = budget;
    this.#found = found;
    this.#left = bytes.length;
    const trailers = this.#trailers();
    if (trailers.some((trailer) => trailer.has('Encrypt'))) found.refuse('encrypted');
    this.root = trailers[0]?.get('Root') ?? found.refuse();
    this.hasInfo = trailers.some((trailer) => trailer.has('Info'));
    this.sections = trailers.length;
  }

  /** The newest object of this number; undefined if there is none. */
  object(number: number): PdfObject | undefined {
    const place = this.#places.get(number);
    if (place === undefined) return undefined;
    if ('at' in place) return this.#objectAt(place.at, number).object;
    return this.#packedIn(place.inside)[place.index];
  }

  /** The trailers, newest first. */
  #trailers(): PdfDict[] {
    const trailers: PdfDict[] = [];
    const seen = new Set<number>();
    for (let next: number | undefined = this.#start(); next !== undefined;) {
      this.#found.need(!seen.has(next) && next < this.#bytes.length);
      seen.add(next);
      if (seen.size > MAX_SECTIONS) this.#found.refuse('too_large');
      const trailer: PdfDict = this.#section(next);
      trailers.push(trailer);
      const hybrid = integerOf(trailer.get('XRefStm'));
      if (hybrid !== undefined) this.#crossReferences(hybrid);
      this.#found.need(!trailer.has('Prev') || integerOf(trailer.get('Prev')) !== undefined);
      next = integerOf(trailer.get('Prev'));
    }
    return trailers;
  }

  #start(): number {
    const end = this.#bytes.length;
    for (let at = end - 9; at >= Math.max(0, end - TAIL); at--)
      if (hasText(this.#bytes, at, 'startxref')) return this.#lexer(at + 9).integer();
    return this.#found.refuse();
  }

  #lexer(at: number): PdfLexer {
    return new PdfLexer(this.#bytes, at, this.#found);
  }

  #section(at: number): PdfDict {
    const lexer = this.#lexer(at);
    if (lexer.word() !== 'xref') return this.#crossReferences(at);
    for (let word = lexer.word(); word !== 'trailer'; word = lexer.word()) {
      this.#found.need(/^\d{1,10}$/.test(word));
      const count = lexer.integer();
      for (let number = Number(word); number < Number(word) + count; number++) {
        const place = lexer.integer();
        lexer.integer();
        const type = lexer.word();
        this.#found.need(type === 'n' || type === 'f');
        this.#put(number, type === 'n' ? { at: place } : undefined);
      }
    }
    return lexer.dict();
  }

  #put(number: number, place: Place): void {
    if (!this.#places.has(number)) this.#places.set(number, place);
  }

  /** A stream of cross-references. */
  #crossReferences(at: number): PdfDict {
    const { object } = this.#objectAt(at);
    const { value, stream } = object;
    if (value.kind !== 'dict' || stream === undefined || nameOf(value.dict.get('Type')) !== 'XRef')
      return this.#found.refuse();
    const data = this.#unpacked(value.dict, stream);
    const widths = this.#integers(value.dict.get('W'));
    const size = integerOf(value.dict.get('Size')) ?? this.#found.refuse();
    const ranges = value.dict.has('Index') ? this.#integers(value.dict.get('Index')) : [0, size];
    this.#found.need(widths.length === 3 && widths.every((w) => w <= 6) && widths.some((w) => w > 0));
    this.#rows(data, widths as [number, number, number], ranges);
    return value.dict;
  }

  #rows(data: Uint8Array, [w0, w1, w2]: [number, number, number], ranges: readonly number[]): void {
    let from = 0;
    const field = (width: number): number => {
      let value = 0;
      for (let i = 0; i < width; i++) value = value * 256 + u8(data, from++);
      return value;
    };
    for (let i = 0; i + 1 < ranges.length; i += 2) {
      const first = ranges[i] as number;
      for (let number = first; number < first + (ranges[i + 1] as number); number++) {
        const type = w0 === 0 ? 1 : field(w0);
        const [a, b] = [field(w1), field(w2)];
        this.#put(number, type === 1 ? { at: a } : type === 2 ? { inside: a, index: b } : undefined);
      }
    }
  }

  #integers(value: PdfValue | undefined): number[] {
    if (value?.kind !== 'array') return this.#found.refuse();
    return value.items.map((item) => integerOf(item) ?? this.#found.refuse());
  }

  /** `number generation obj … endobj` at this place. */
  #objectAt(at: number, expected?: number): { object: PdfObject } {
    const lexer = this.#lexer(at);
    const number = lexer.integer();
    this.#found.need(expected === undefined || number === expected);
    lexer.integer();
    lexer.expect('obj');
    const value = lexer.value();
    let stream;
    let word = lexer.word();
    if (word === 'stream' && value.kind === 'dict') {
      stream = this.#stream(value.dict, lexer);
      word = lexer.word();
    }
    this.#found.need(word === 'endobj');
    this.#left -= lexer.at - at;
    this.#found.need(this.#left >= 0);
    return { object: stream === undefined ? { value } : { value, stream } };
  }

  #stream(dict: PdfDict, lexer: PdfLexer): Uint8Array {
    if (hasText(this.#bytes, lexer.at, '\r\n')) lexer.at += 2;
    else this.#found.need(this.#bytes[lexer.at++] === 10);
    const from = lexer.at;
    lexer.at += this.#length(dict.get('Length'));
    const stream = this.#bytes.subarray(from, lexer.at);
    this.#found.need(lexer.at < this.#bytes.length);
    lexer.expect('endstream');
    return stream;
  }

  #length(value: PdfValue | undefined): number {
    if (value?.kind !== 'ref') return integerOf(value) ?? this.#found.refuse();
    const place = this.#places.get(value.number);
    if (place === undefined || !('at' in place)) return this.#found.refuse('unsupported');
    const lexer = this.#lexer(place.at);
    this.#found.need(lexer.integer() === value.number);
    lexer.integer();
    lexer.expect('obj');
    return lexer.integer();
  }

  /** The objects of an object stream. */
  #packedIn(number: number): PdfObject[] {
    const known = this.#packed.get(number);
    if (known !== undefined) return known;
    const place = this.#places.get(number);
    if (place === undefined || !('at' in place)) return this.#found.refuse();
    const { value, stream } = this.#objectAt(place.at, number).object;
    if (value.kind !== 'dict' || stream === undefined) return this.#found.refuse();
    const data = this.#unpacked(value.dict, stream);
    const count = integerOf(value.dict.get('N')) ?? this.#found.refuse();
    const first = integerOf(value.dict.get('First')) ?? this.#found.refuse();
    this.#found.need(count <= data.length);
    const head = new PdfLexer(data, 0, this.#found);
    const starts = Array.from({ length: count }, () => (head.integer(), head.integer()));
    this.#found.need(starts.every((start, i) => start > (starts[i - 1] ?? -1)));
    const objects = starts.map((start, i) => {
      const end = first + (starts[i + 1] ?? data.length - first);
      return { value: new PdfLexer(data.subarray(0, end), first + start, this.#found).value() };
    });
    this.#packed.set(number, objects);
    return objects;
  }

  /** The content of a stream that holds structure: deflated or plain, with or without a PNG predictor. */
  #unpacked(dict: PdfDict, stream: Uint8Array): Uint8Array {
    const filter = single(dict.get('Filter'));
    if (filter !== undefined && nameOf(filter) !== 'FlateDecode') this.#found.refuse('unsupported');
    const method = filter === undefined ? 'stored' : 'zlib';
    const data = inflate(stream, method, this.#budget, this.#found);
    const parameters = single(dict.get('DecodeParms'));
    if (parameters?.kind !== 'dict') return data;
    const predictor = integerOf(parameters.dict.get('Predictor')) ?? 1;
    if (predictor === 1) return data;
    if (predictor < 10) this.#found.refuse('unsupported');
    return this.#unpredicted(data, integerOf(parameters.dict.get('Columns')) ?? 1);
  }

  #unpredicted(data: Uint8Array, columns: number): Uint8Array {
    this.#found.need(columns > 0 && columns <= data.length);
    const rows = Math.floor(data.length / (columns + 1));
    const out = new Uint8Array(rows * columns);
    for (let row = 0; row < rows; row++) {
      const filter = u8(data, row * (columns + 1));
      if (filter > 2) this.#found.refuse('unsupported');
      for (let i = 0; i < columns; i++) {
        const at = row * columns + i;
        const above = filter === 2 && row > 0 ? u8(out, at - columns) : 0;
        const left = filter === 1 && i > 0 ? u8(out, at - 1) : 0;
        out[at] = u8(data, row * (columns + 1) + 1 + i) + above + left;
      }
    }
    return out;
  }
}

/** A value that may stand alone or as the one item of an array. */
export function single(value: PdfValue | undefined): PdfValue | undefined {
  if (value?.kind !== 'array') return value;
  return value.items.length <= 1 ? value.items[0] : value;
}
