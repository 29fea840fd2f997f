/** Looking for secrets in bytes: every canary in every form in which a program might have written it. */

/** Something secret that may be nowhere but where its owner put it. */
export type Canary = { readonly name: string; readonly value: string | Uint8Array };

export type Sighting = { readonly canary: string; readonly form: string; readonly where: string };

/** What is searched: bytes, and a name for where they were. */
export type Surface = { readonly where: string; readonly bytes: Uint8Array };

type Needle = { readonly canary: string; readonly form: string; readonly bytes: Buffer };

/** Shorter ones are found by chance. */
const SHORTEST = 6;
/** Four bytes are spread over a filter of so many bits; what passes is looked up. */
const FILTER_BITS = 22;
const SHIFT = 32 - FILTER_BITS;
const SPREAD = 0x9e3779b1;

/** Every form of a canary that is looked for. */
export function formsOf({ value }: Canary): ReadonlyMap<string, Buffer> {
  const forms = new Map<string, Buffer>();
  const raw = typeof value === 'string' ? Buffer.from(value.normalize('NFC')) : Buffer.from(value);
  forms.set('raw', raw);
  if (typeof value === 'string') {
    forms.set('decomposed', Buffer.from(value.normalize('NFD')));
    forms.set('utf-16', Buffer.from(value.normalize('NFC'), 'utf16le'));
    forms.set('percent', Buffer.from(encodeURIComponent(value.normalize('NFC'))));
    forms.set('json', Buffer.from(escaped(value.normalize('NFC'))));
  }
  forms.set('hex', Buffer.from(raw.toString('hex')));
  forms.set('HEX', Buffer.from(raw.toString('hex').toUpperCase()));
  for (const [before, skipped] of [0, 2, 3].entries()) {
    const padded = Buffer.concat([Buffer.alloc(before), raw]);
    // Characters that the neighbours of the canary have a part in are left out.
    const end = Math.floor((padded.length * 8) / 6);
    for (const encoding of ['base64', 'base64url'] as const) {
      forms.set(`${encoding} +${before}`, Buffer.from(padded.toString(encoding).slice(skipped, end)));
    }
  }
  return forms;
}

function escaped(text: string): string {
  return Array.from({ length: text.length }, (_, i) => text.charCodeAt(i))
    .map((unit) => (unit < 0x80 ? String.fromCharCode(unit) : `\\u${unit.toString(16).padStart(4, '0')}`))
    .join('');
}

/** Finds any of many canaries in one pass over the bytes. */
export class Search {
  readonly #filter = new Uint8Array(1 << FILTER_BITS);
  readonly #needles = new Map<number, Needle[]>();
  #size = 0;

  /** @throws Error for a canary too short to mean anything. */
  constructor(canaries: readonly Canary[]) {
    for (const canary of canaries) {
      for (const [form, bytes] of formsOf(canary)) this.#add({ canary: canary.name, form, bytes });
    }
  }

  /** How many forms are looked for. */
  get size(): number {
    return this.#size;
  }

  #add(needle: Needle): void {
    if (needle.bytes.length < SHORTEST) throw new Error(`too short to look for: ${needle.canary}`);
    const start = needle.bytes.readUInt32LE(0);
    this.#filter[Math.imul(start, SPREAD) >>> SHIFT] = 1;
    this.#needles.set(start, [...(this.#needles.get(start) ?? []), needle]);
    this.#size += 1;
  }

  /** Each canary and form at most once. */
  in({ where, bytes }: Surface): Sighting[] {
    const found = new Map<string, Sighting>();
    // Held here because a look at a global or a private field costs more than all the rest of a round.
    const { imul } = Math;
    const filter = this.#filter;
    const needles = this.#needles;
    const { length } = bytes;
    let window = 0;
    for (let i = 0; i < length; i++) {
      window = (window >>> 8) | ((bytes[i] as number) << 24);
      if (i < 3 || filter[imul(window, SPREAD) >>> SHIFT] === 0) continue;
      for (const { canary, form, bytes: wanted } of needles.get(window >>> 0) ?? []) {
        const from = i - 3;
        if (wanted.equals(bytes.subarray(from, from + wanted.length))) {
          found.set(`${canary} ${form}`, { canary, form, where });
        }
      }
    }
    return [...found.values()];
  }
}
