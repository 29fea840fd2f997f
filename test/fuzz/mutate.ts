/** Mutations of good inputs: from a flipped bit to a repeated line, a number with a leading zero, a wrong type. */
import { canonicalJson, type Bytes, type Json } from '@app/encoding';
import { createHash } from 'node:crypto';
import type { Format, Input } from './format.js';

/** Reproducible randomness, not for anything that must be random. */
export type Dice = {
  /** A whole number from 0 to n - 1. */
  roll(n: number): number;
  pick<T>(list: readonly T[]): T;
};

/** The dice of one run: the same seed, name and run give the same throws. */
export function diceOf(seed: string, name: string, run: number): Dice {
  const digest = createHash('sha256')
    .update(`${seed}\n${name}\n${String(run)}`)
    .digest();
  let state = digest.readUInt32BE(0);
  let weyl = digest.readUInt32BE(4);
  const next = (): number => {
    weyl = (weyl + 0x9e3779b9) >>> 0;
    state = Math.imul(state ^ (state >>> 16) ^ weyl, 0x21f0aaad) >>> 0;
    state = Math.imul(state ^ (state >>> 15), 0x735a2d97) >>> 0;
    return (state ^ (state >>> 15)) >>> 0;
  };
  const roll = (n: number): number => (n <= 1 ? 0 : next() % n);
  return { roll, pick: <T>(list: readonly T[]) => list[roll(list.length)] as T };
}

/** One to four mutations of one of the samples. */
export function mutant(format: Format, dice: Dice): Input {
  let input = dice.pick(format.samples);
  for (let left = 1 + dice.roll(dice.pick([1, 1, 2, 4])); left > 0; left--) {
    input = mutateOnce(format, input, dice);
  }
  return input;
}

function mutateOnce(format: Format, input: Input, dice: Dice): Input {
  if (typeof input !== 'string') return dice.pick(BYTES)(input, dice, dice.pick(format.samples) as Bytes);
  if (format.kind === 'json' && dice.roll(3) > 0) return mutateValue(input, dice);
  return dice.pick(TEXT)(input, dice, dice.pick(format.samples) as string);
}

type Mutation<T> = (input: T, dice: Dice, other: T) => T;

const LENGTHS = [0, 1, 2, 0x7f, 0x80, 0xff, 0x100, 0x7fff, 0xffff, 0x10000, 0x7fffffff, 0xffffffff];

const BYTES: readonly Mutation<Bytes>[] = [
  (b, dice) => edited(b, dice.roll(b.length), (x) => x ^ (1 << dice.roll(8))),
  (b, dice) => edited(b, dice.roll(b.length), () => dice.pick([0, 1, 2, 0x0a, 0x20, 0x7f, 0x80, 0xff])),
  (b, dice) => edited(b, dice.roll(b.length), (x) => x + dice.pick([1, 255])),
  (b, dice) => b.slice(0, dice.roll(b.length)),
  (b, dice) => b.slice(dice.roll(b.length)),
  (b, dice) => joined(b, junk(dice, 1 + dice.roll(dice.pick([1, 4, 64])))),
  (b, dice) => joined(b, new Uint8Array(1 + dice.roll(dice.pick([1, 64, 4096])))),
  (b, dice) => replaced(b, dice, junk(dice, dice.roll(4))),
  (b, dice) => replaced(b, dice, b.slice(dice.roll(b.length)).slice(0, dice.roll(64))),
  (b, dice, other) => joined(b.slice(0, dice.roll(b.length)), other.slice(dice.roll(other.length))),
  (b, dice, other) => replaced(b, dice, other.slice(dice.roll(other.length)).slice(0, dice.roll(128))),
  setLength,
  setLength,
];

/** Puts a whole number where a length may be: in one, two, four or eight bytes. */
function setLength(b: Bytes, dice: Dice): Bytes {
  const size = dice.pick([1, 2, 4, 8]);
  if (b.length < size) return b;
  const at = dice.roll(b.length - size + 1);
  const near = [b.length, b.length - at - size, b.length - at - size + 1, b.length - at - size - 1];
  const value = BigInt(dice.pick([...LENGTHS, ...near])) + BigInt(dice.pick([0, 0, 1])) * 2n ** 53n;
  const out = Uint8Array.from(b);
  for (let i = 0; i < size; i++) out[at + size - 1 - i] = Number((value >> BigInt(8 * i)) & 255n);
  return out;
}

function edited(b: Bytes, at: number, edit: (x: number) => number): Bytes {
  const out = Uint8Array.from(b);
  if (at < out.length) out[at] = edit(out[at] ?? 0) & 255;
  return out;
}

function replaced(b: Bytes, dice: Dice, put: Uint8Array): Bytes {
  const at = dice.roll(b.length + 1);
  return joined(b.slice(0, at), put, b.slice(at + dice.roll(dice.pick([1, 2, 8, 64]))));
}

function joined(...parts: readonly Uint8Array[]): Bytes {
  return Uint8Array.from(Buffer.concat(parts));
}

function junk(dice: Dice, length: number): Bytes {
  return Uint8Array.from({ length }, () => dice.roll(256));
}

/** What the textual forms are made of, what looks like it, and what breaks careless readers. */
const FRAGMENTS = [
  ...[
    '\n',
    '\n\n',
    '\r',
    '\r\n',
    '\t',
    ' ',
    '\u00a0',
    '\u2028',
    '\u2014 ',
    '-',
    '+',
    '=',
    '==',
    '/',
    '_',
    ':',
  ],
  ...['0', '00', '1', '-1', '0x', '1e3', '\u0661', '9007199254740993', 'A', 'a', '.', '..', '\\', '"', '#'],
  ...[
    '\u0000',
    '\u007f',
    '\u0085',
    '\ufeff',
    '\ud800',
    '\udc00',
    '\u{1f512}',
    'e\u0301',
    '\u202e',
    'K',
    '\u0130',
  ],
  ...['old ', 'index ', 'extra ', 'x000/', '.p/256', 'none', '__proto__', 'null', '[', ']', '{', '}', ','],
];

const TEXT: readonly Mutation<string>[] = [
  (t, dice) => put(t, dice, dice.pick(FRAGMENTS), 0),
  (t, dice) => put(t, dice, dice.pick(FRAGMENTS), 1),
  (t, dice) => put(t, dice, '', 1 + dice.roll(4)),
  (t, dice) => put(t, dice, String.fromCharCode(dice.roll(dice.pick([128, 0x3000, 0x10000]))), 1),
  (t, dice) => t.slice(0, dice.roll(t.length)),
  (t, dice) => t.slice(dice.roll(t.length)),
  (t, dice, other) => t.slice(0, dice.roll(t.length)) + other.slice(dice.roll(other.length)),
  (t, dice) => flipCase(t, dice),
  (t, dice) => withLines(t, (lines) => lines.toSpliced(dice.roll(lines.length), 1)),
  (t, dice) => withLines(t, (lines) => lines.toSpliced(dice.roll(lines.length), 0, dice.pick(lines))),
  (t, dice) => withLines(t, (lines) => lines.with(dice.roll(lines.length), dice.pick(lines))),
  (t, dice, other) =>
    withLines(t, (lines) => lines.with(dice.roll(lines.length), dice.pick(other.split('\n')))),
  (t, dice) => t + dice.pick(['\n', ' ', t, '\u0000', '=']),
  (t, dice) => replaceMatch(t, dice, /\d+/g, (n) => otherNumber(n, dice)),
  (t, dice) => replaceMatch(t, dice, /\d+/g, (n) => otherNumber(n, dice)),
  (t, dice) => replaceMatch(t, dice, /[A-Za-z0-9+/]{8,}={0,2}/g, (b) => otherBase64(b, dice)),
  (t, dice) => replaceMatch(t, dice, /[A-Za-z0-9+/]{8,}={0,2}/g, (b) => otherBase64(b, dice)),
];

function put(t: string, dice: Dice, text: string, length: number): string {
  const at = dice.roll(t.length + 1);
  return t.slice(0, at) + text + t.slice(at + length);
}

function flipCase(t: string, dice: Dice): string {
  const at = dice.roll(t.length);
  const char = t.charAt(at);
  return (
    t.slice(0, at) + (char === char.toLowerCase() ? char.toUpperCase() : char.toLowerCase()) + t.slice(at + 1)
  );
}

function withLines(t: string, edit: (lines: string[]) => string[]): string {
  return edit(t.split('\n')).join('\n');
}

function replaceMatch(t: string, dice: Dice, form: RegExp, edit: (found: string) => string): string {
  const found = [...t.matchAll(form)];
  if (found.length === 0) return t;
  const { 0: text, index } = dice.pick(found);
  return t.slice(0, index) + edit(text) + t.slice(index + text.length);
}

function otherNumber(n: string, dice: Dice): string {
  const near = String(BigInt(n.slice(0, 30)) + BigInt(dice.pick([1, -1, 7, 256])));
  const others = [`0${n}`, `+${n}`, `-${n}`, `${n}.0`, `${n}e0`, `0x${n}`, ` ${n}`, `${n}n`, ''];
  return dice.pick([
    ...others,
    near,
    '0',
    '4294967296',
    '9007199254740992',
    '1'.repeat(400),
    '\u0663',
    '\uff11',
  ]);
}

function otherBase64(b: string, dice: Dice): string {
  const last = b.replace(/=+$/, '');
  return dice.pick([
    `${b}=`,
    last,
    `${last.slice(0, -1)}${dice.pick(['B', 'x', '/', '_'])}${b.slice(last.length)}`,
    b.replaceAll('+', '-').replaceAll('/', '_'),
    `${b.slice(0, 4)}\n${b.slice(4)}`,
    `${b.slice(0, 4)}====${b.slice(4)}`,
    b.slice(4),
    b + b,
    'AAAA',
  ]);
}

/** Changes a JSON text as a value, if it is JSON still: another type, a field more, less or twice. */
function mutateValue(text: string, dice: Dice): string {
  let value: Json;
  try {
    value = JSON.parse(text) as Json;
  } catch {
    return dice.pick(TEXT)(text, dice, text);
  }
  const changed = changedValue(value, dice);
  try {
    return canonicalJson(changed);
  } catch {
    return JSON.stringify(changed);
  }
}

const VALUES: readonly Json[] = [
  ...[null, true, false, 0, -0, 1, -1, 0.5, 256, 4294967296, 9007199254740992, 1e300, '', '0', 'a', '\ud800'],
  ...[[], {}, [[]], { toString: 1 }, JSON.parse('{"__proto__":{"a":1}}') as Json],
];

function changedValue(value: Json, dice: Dice): Json {
  if (dice.roll(6) === 0) return dice.pick(VALUES);
  if (typeof value === 'string') return dice.pick(TEXT)(value, dice, value);
  if (typeof value === 'number') return dice.pick([value + 1, value - 1, -value, value + 0.5, String(value)]);
  if (value === null || typeof value !== 'object') return dice.pick(VALUES);
  return Array.isArray(value) ? changedList(value as readonly Json[], dice) : changedObject(value, dice);
}

function changedList(list: readonly Json[], dice: Dice): Json {
  const at = dice.roll(list.length);
  const item = list[at] ?? null;
  return dice.pick([
    () => list.toSpliced(at, 1),
    () => [...list, item],
    () => [...list, ...list, ...list, ...list],
    () => list.toReversed(),
    () => list.toSpliced(at, 1, changedValue(item, dice)),
    () => list.toSpliced(at, 1, changedValue(item, dice)),
    () => list.toSpliced(at, 1, changedValue(item, dice)),
  ])();
}

function changedObject(object: Json, dice: Dice): Json {
  const members = Object.entries(object as Readonly<Record<string, Json>>);
  const [key, value] = dice.pick(members.length === 0 ? [['a', null] as const] : members);
  const others = members.filter(([other]) => other !== key);
  const change = dice.roll(8);
  if (change === 0) return Object.fromEntries(others);
  if (change === 1)
    return Object.fromEntries([...members, [dice.pick(['a', '__proto__', 'constructor', '']), 1]]);
  if (change === 2) return Object.fromEntries([...others, [`${key}x`, value]]);
  return Object.fromEntries([...others, [key, changedValue(value, dice)]]);
}
