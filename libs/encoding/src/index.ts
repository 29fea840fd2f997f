export {
  type Bytes,
  bytesEqual,
  compareBytes,
  concatBytes,
  decodeUtf8,
  encodeUtf8,
  type Instant,
} from './bytes.js';
export { Invariant, ParseError, VerificationError } from './errors.js';
export { canonicalJson, type Json, parseCanonicalJson } from './json.js';
export { Reader, Writer } from './struct.js';
export { fromBase64, fromHex, parseDecimal, toBase64, toHex } from './text.js';
