/** The verified service, made once for the life of the page. */
import { makeApiClient } from '@app/api-client';
import { type ClientDeps, connect, type Service, type Trust } from '@app/client';
import {
  decodeDigits,
  decodeWords,
  encodeDigits,
  encodeWords,
  nobleSealing,
  WORD_LANGUAGES,
} from '@app/crypto/seal';
import { nobleSigning } from '@app/crypto/sign';
import { nobleVerifier } from '@app/crypto/verify';
import { type Bytes, decodeUtf8, fromBase64, ParseError } from '@app/encoding';
import type { ShownCode } from '../protocol.js';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

/** The pure-JavaScript providers: no WebAssembly anywhere on this origin. */
export const deps: ClientDeps = {
  signing: nobleSigning(),
  verifier: nobleVerifier(),
  sealing: nobleSealing(),
  random: { bytes: (n) => crypto.getRandomValues(new Uint8Array(n)) },
  now: () => Math.floor(Date.now() / 1000),
  sleep,
};

const api = makeApiClient({ baseUrl: self.location.origin, sleep });

/** The pins, one more file of this page: whoever can change it can change the page. */
async function pins(): Promise<Trust> {
  const file: unknown = JSON.parse(decodeUtf8(await api.readFile('trust.json'), 'trust'));
  const { rootset, policy } = Object(file) as { rootset?: unknown; policy?: unknown };
  if (typeof rootset !== 'string' || typeof policy !== 'string')
    throw new ParseError('trust_malformed', 'trust');
  return { rootset: fromBase64(rootset, 'trust.rootset'), policy };
}

let trust: Trust | undefined;
let current: Service | undefined;
let accepts = false;

/**
 * Verifies the directory anew.
 * @throws as `connect` of the client library. Nothing is sealed to a directory that does not hold.
 */
export async function verifiedService(acceptStale: boolean): Promise<Service> {
  current = undefined;
  accepts = acceptStale;
  trust ??= await pins();
  current = await connect(deps, api, trust, { acceptStale });
  return current;
}

/** The service as verified last, or now. */
export async function service(): Promise<Service> {
  return current ?? verifiedService(accepts);
}

/** A code for the eyes of the person alone. */
export function shownCode(code: Bytes, language: string): ShownCode {
  const list = WORD_LANGUAGES.find((one) => one === language);
  return { digits: encodeDigits(code), ...(list && { words: encodeWords(code, list) }) };
}

/** @throws as `decodeWords` and `decodeDigits`. */
export function readCode(text: string): Bytes {
  return /\p{Nd}/u.test(text) && !/\p{L}/u.test(text) ? decodeDigits(text) : decodeWords(text);
}
