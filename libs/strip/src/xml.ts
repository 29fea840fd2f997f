/** XML as text: tags are looked at one by one, and what nobody objects to is copied as it stands. SPEC.md §5.2. */
import { decodeUtf8, encodeUtf8, type Bytes } from '@app/encoding';
import type { Findings } from './codes.js';

export interface Attribute {
  readonly name: string;
  /** As it stands between the quotes. */
  value: string;
}

export interface Tag {
  readonly name: string;
  /** The name without its prefix. */
  readonly local: string;
  attributes: Attribute[];
}

/** `keep` the element with the attributes it now has, `empty` it of what is inside, or `drop` it all. */
export type Verdict = 'keep' | 'empty' | 'drop';

const MAX_DEPTH = 512;
const NAME = /[^\s=<>"'/!?&]+/y;
const ATTRIBUTE = /\s+([^\s=<>"'/!?&]+)\s*=\s*(?:"([^"<]*)"|'([^'<]*)')/y;
const TAG_END = /\s*(\/?)>/y;
const CLOSING = /([^\s<>/]+)\s*>/y;

/** The name without its prefix. */
export const localOf = (name: string): string => name.slice(name.indexOf(':') + 1);

/**
 * Rewrites a document; comments and processing instructions go.
 * @throws StripError `malformed` unless every element is closed and there is one root; `unsupported` for UTF-16.
 */
export function rewriteXml(bytes: Uint8Array, visit: (tag: Tag) => Verdict, found: Findings): Bytes {
  return encodeUtf8(new Rewriter(textOf(bytes, found), visit, found).run());
}

function textOf(bytes: Uint8Array, found: Findings): string {
  if ((bytes[0] === 0xff && bytes[1] === 0xfe) || (bytes[0] === 0xfe && bytes[1] === 0xff))
    found.refuse('unsupported');
  try {
    return decodeUtf8(bytes, 'xml').replace(/^\ufeff/, '');
  } catch {
    return found.refuse();
  }
}

class Rewriter {
  readonly #text: string;
  readonly #visit: (tag: Tag) => Verdict;
  readonly #found: Findings;
  readonly #out: string[] = [];
  readonly #open: string[] = [];
  /** Nothing is written while so many elements are open, or more. */
  #silent = Infinity;
  #roots = 0;

  constructor(text: string, visit: (tag: Tag) => Verdict, found: Findings) {
    this.#text = text;
    this.#visit = visit;
    this.#found = found;
  }

  run(): string {
    let at = 0;
    for (;;) {
      const next = this.#text.indexOf('<', at);
      const between = this.#text.slice(at, next < 0 ? undefined : next);
      this.#found.need(this.#open.length > 0 || between.trim() === '');
      this.#write(between);
      if (next < 0) break;
      at = this.#markup(next);
    }
    this.#found.need(this.#open.length === 0 && this.#roots === 1);
    return this.#out.join('');
  }

  #write(text: string): void {
    if (this.#open.length < this.#silent) this.#out.push(text);
  }

  #markup(at: number): number {
    if (this.#text.startsWith('<?', at)) {
      const end = this.#past('?>', at);
      if (at === 0) this.#write(this.#text.slice(at, end));
      return end;
    }
    if (this.#text.startsWith('<!--', at)) {
      this.#found.removed.add('comment');
      return this.#past('-->', at + 4);
    }
    if (this.#text.startsWith('<![CDATA[', at)) {
      this.#found.need(this.#open.length > 0);
      const end = this.#past(']]>', at);
      this.#write(this.#text.slice(at, end));
      return end;
    }
    return this.#text.startsWith('</', at) ? this.#close(at) : this.#start(at);
  }

  #past(mark: string, from: number): number {
    const at = this.#text.indexOf(mark, from);
    this.#found.need(at >= 0);
    return at + mark.length;
  }

  #match(pattern: RegExp, at: number): RegExpExecArray {
    pattern.lastIndex = at;
    return pattern.exec(this.#text) ?? this.#found.refuse();
  }

  #close(at: number): number {
    const [all, name] = this.#match(CLOSING, at + 2);
    this.#found.need(name === this.#open.at(-1));
    const silent = this.#open.length > this.#silent;
    this.#open.pop();
    if (this.#open.length < this.#silent) this.#silent = Infinity;
    if (!silent) this.#write(`</${all}`);
    return at + 2 + all.length;
  }

  #start(at: number): number {
    const [name] = this.#match(NAME, at + 1);
    const attributes: Attribute[] = [];
    let next = at + 1 + name.length;
    ATTRIBUTE.lastIndex = next;
    for (let m = ATTRIBUTE.exec(this.#text); m !== null; m = ATTRIBUTE.exec(this.#text)) {
      attributes.push({ name: m[1] ?? '', value: m[2] ?? (m[3] ?? '').replaceAll('"', '&quot;') });
      next = ATTRIBUTE.lastIndex;
    }
    const [tail, slash] = this.#match(TAG_END, next);
    next += tail.length;
    this.#element(this.#text.slice(at, next), { name, local: localOf(name), attributes }, slash === '/');
    return next;
  }

  #element(raw: string, tag: Tag, closed: boolean): void {
    if (this.#open.length === 0) this.#roots++;
    this.#found.need(this.#roots === 1);
    const before = tag.attributes.map(({ name, value }) => `${name}=${value}`).join('\n');
    const verdict = this.#open.length < this.#silent ? this.#visit(tag) : 'keep';
    const after = tag.attributes.map(({ name, value }) => `${name}=${value}`).join('\n');
    if (verdict !== 'drop') this.#write(before === after ? raw : written(tag, closed));
    if (closed) return;
    this.#open.push(tag.name);
    if (this.#open.length > MAX_DEPTH) this.#found.refuse('too_large');
    if (verdict !== 'keep' && this.#silent === Infinity)
      this.#silent = verdict === 'empty' ? this.#open.length : this.#open.length - 0.5;
  }
}

function written({ name, attributes }: Tag, closed: boolean): string {
  const list = attributes.map((a) => ` ${a.name}="${a.value}"`).join('');
  return `<${name}${list}${closed ? '/' : ''}>`;
}
