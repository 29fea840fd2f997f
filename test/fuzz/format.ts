/** What the fuzzer knows of a format: good inputs, and a way to read one and write it back. */
import { OpenError } from '@app/crypto/seal';
import { type Bytes, type Json, ParseError, VerificationError } from '@app/encoding';
import { isDeepStrictEqual } from 'node:util';

/** Bytes, or text as UTF-16 so that a lone surrogate can be tried too. */
export type Input = Bytes | string;

export type Format = {
  readonly name: string;
  /** What mutations look for: text that is JSON is also changed as a value. */
  readonly kind: 'bytes' | 'text' | 'json';
  readonly samples: readonly Input[];
  /** Share of the runs, next to the 1 of the others. */
  readonly weight: number;
  /**
   * Reads an input and writes what it understood.
   * @returns undefined for a format with more than one spelling, once it has been looked at.
   * @throws one of the project's typed errors if it refuses the input.
   */
  recode(input: Input): Input | undefined;
};

type Options = { readonly weight?: number };

export function bytesFormat(
  name: string,
  samples: readonly Uint8Array[],
  recode: (bytes: Bytes) => Uint8Array | undefined,
  { weight = 1 }: Options = {},
): Format {
  const owned = samples.map((sample) => Uint8Array.from(sample));
  return {
    name,
    kind: 'bytes',
    samples: owned,
    weight,
    recode: (b) => recode(b as Bytes) as Input | undefined,
  };
}

export function textFormat(
  name: string,
  samples: readonly string[],
  recode: (text: string) => string | undefined,
  { weight = 1 }: Options = {},
): Format {
  return { name, kind: 'text', samples, weight, recode: (text) => recode(text as string) };
}

export function jsonFormat(
  name: string,
  samples: readonly string[],
  recode: (text: string) => string | undefined,
  { weight = 1 }: Options = {},
): Format {
  return { name, kind: 'json', samples, weight, recode: (text) => recode(text as string) };
}

/** For a format with more than one spelling: what is written back is the one that stays. */
export function settles<T>(parse: (json: Json) => T, encode: (value: T) => Json): (json: Json) => undefined {
  return (json) => {
    const written = encode(parse(json));
    if (!isDeepStrictEqual(encode(parse(written)), written))
      throw new Error('it does not read what it writes');
  };
}

/** The outcome of an input. Anything but these is a defect. */
export type Outcome = { readonly accepted: true } | { readonly accepted: false; readonly code: string };

/** @throws what is not one of the project's typed errors; Error if an accepted input is not written back as it was. */
export function tryInput(format: Format, input: Input): Outcome {
  try {
    const written = format.recode(input);
    if (written !== undefined && !isDeepStrictEqual(plain(written), plain(input))) {
      throw new Error('accepted, but written back differently');
    }
    return { accepted: true };
  } catch (error) {
    if (isTyped(error)) return { accepted: false, code: error.code };
    throw error;
  }
}

export function isTyped(error: unknown): error is { readonly name: string; readonly code: string } {
  return error instanceof ParseError || error instanceof VerificationError || error instanceof OpenError;
}

function plain(input: Input): Input {
  return typeof input === 'string' ? input : Uint8Array.from(input);
}
