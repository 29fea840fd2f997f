/** The second factor of a password: a time-based code (RFC 6238) from a secret that no database shows (SPEC.md §11.9). */
import { type Bytes, concatBytes, encodeUtf8, type Instant } from '@app/encoding';
import { hkdfExpand, hkdfExtract } from './hazmat/hash.js';
import { hmacSha1 } from './hazmat/hmac-sha1.js';
import { LABEL } from './namespaces.js';
import { exactly } from './struct.js';

export const FACTOR_SECRET_BYTES = 20;
const NONCE_BYTES = 16;
/** Length of a sealed secret. */
export const FACTOR_BYTES = NONCE_BYTES + FACTOR_SECRET_BYTES;
const STEP_SECONDS = 30;
const DIGITS = 6;

/**
 * Hides the secret from whoever reads the database: only the key that proves the password shows it.
 * @param nonce - 16 random bytes, new with every secret.
 */
export function sealFactor(authKey: Uint8Array, nonce: Uint8Array, secret: Uint8Array): Bytes {
  const hidden = masked(authKey, exactly(nonce, NONCE_BYTES), exactly(secret, FACTOR_SECRET_BYTES));
  return concatBytes(nonce, hidden);
}

/** The secret again; with another key, other bytes. */
export function openFactor(authKey: Uint8Array, factor: Uint8Array): Bytes {
  const whole = exactly(factor, FACTOR_BYTES);
  return masked(authKey, whole.subarray(0, NONCE_BYTES), whole.subarray(NONCE_BYTES));
}

/**
 * The step whose code this is, at most one step off; undefined if it is none. A step is to be accepted once.
 * @see RFC 6238 §5.2
 */
export function factorStep(secret: Uint8Array, code: string, now: Instant): number | undefined {
  const current = Math.floor(now / STEP_SECONDS);
  return [current - 1, current, current + 1].find((step) => step >= 0 && factorCode(secret, step) === code);
}

/** Six digits. @see RFC 4226 §5.3 */
export function factorCode(secret: Uint8Array, step: number): string {
  const counter = new DataView(new ArrayBuffer(8));
  counter.setBigUint64(0, BigInt(step));
  const mac = hmacSha1(secret, new Uint8Array(counter.buffer));
  const view = new DataView(mac.buffer, mac.byteOffset, mac.byteLength);
  const value = view.getUint32(view.getUint8(19) & 15) & 0x7fffffff;
  return String(value % 10 ** DIGITS).padStart(DIGITS, '0');
}

const BASE32 = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';

/** The secret as it is typed into an authenticator application (RFC 4648 §6; 20 bytes need no padding). */
export function factorText(secret: Uint8Array): string {
  const bits = Array.from(exactly(secret, FACTOR_SECRET_BYTES), (byte) =>
    byte.toString(2).padStart(8, '0'),
  ).join('');
  return bits.replace(/.{5}/g, (five) => BASE32.charAt(Number.parseInt(five, 2)));
}

function masked(authKey: Uint8Array, nonce: Uint8Array, bytes: Uint8Array): Bytes {
  const prk = hkdfExtract(concatBytes(encodeUtf8(LABEL.factor), nonce), exactly(authKey, 32));
  const pad = hkdfExpand(prk, 'factor', bytes.length);
  return Uint8Array.from(bytes, (byte, i) => byte ^ (pad[i] ?? 0));
}
