import { encodeUtf8 } from '@app/encoding';

const ALPHABET = 'qpzry9x8gf2tvdw0s3jn54khce6mua7l';
const GENERATOR = [0x3b6a57b2, 0x26508e6d, 0x1ea119fa, 0x3d4233dd, 0x2a1462b3];

/** Bech32 (BIP 173) without its length limit, as age uses it; lower case. */
export function encodeBech32(prefix: string, bytes: Uint8Array): string {
  const words = toWords(bytes);
  const ascii = [...encodeUtf8(prefix)];
  const expanded = [...ascii.map((c) => c >> 5), 0, ...ascii.map((c) => c & 31)];
  const mod = polymod([...expanded, ...words, 0, 0, 0, 0, 0, 0]) ^ 1;
  const checksum = Array.from({ length: 6 }, (_, i) => (mod >> (5 * (5 - i))) & 31);
  return `${prefix}1${[...words, ...checksum].map((w) => ALPHABET.charAt(w)).join('')}`;
}

function toWords(bytes: Uint8Array): number[] {
  const words: number[] = [];
  let bits = 0;
  let pending = 0;
  for (const byte of bytes) {
    bits = ((bits << 8) | byte) & 0xfff;
    pending += 8;
    while (pending >= 5) {
      pending -= 5;
      words.push((bits >> pending) & 31);
    }
  }
  if (pending > 0) words.push((bits << (5 - pending)) & 31);
  return words;
}

function polymod(values: readonly number[]): number {
  let checksum = 1;
  for (const value of values) {
    const top = checksum >>> 25;
    checksum = ((checksum & 0x1ffffff) << 5) ^ value;
    GENERATOR.forEach((g, i) => {
      if (((top >> i) & 1) === 1) checksum ^= g;
    });
  }
  return checksum;
}
