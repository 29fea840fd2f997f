/** Ed25519 note keys for tests, on node:crypto: not the implementation that verifies them. */
import { createHash, createPrivateKey, createPublicKey, sign } from 'node:crypto';

type Bytes = Uint8Array<ArrayBuffer>;

/** RFC 8410 §7: a PKCS#8 Ed25519 private key is this prefix and the 32-byte seed. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

export type NoteKey = {
  readonly name: string;
  readonly keyId: number;
  readonly algorithm: number;
  readonly publicKey: Bytes;
  readonly sign: (message: Uint8Array) => Bytes;
};

/** A signer that is its own verifier key; the same seed gives the same key. */
export function noteKey(name: string, algorithm: number, seed: Uint8Array | string): NoteKey {
  const seedBytes = typeof seed === 'string' ? createHash('sha256').update(seed).digest() : seed;
  const der = Buffer.concat([PKCS8_PREFIX, seedBytes]);
  const privateKey = createPrivateKey({ key: der, format: 'der', type: 'pkcs8' });
  const spki = createPublicKey(privateKey).export({ format: 'der', type: 'spki' });
  const publicKey = new Uint8Array(spki.subarray(-32));
  const id = createHash('sha256')
    .update(`${name}\n`)
    .update(Uint8Array.of(algorithm))
    .update(publicKey)
    .digest();
  return {
    name,
    keyId: id.readUInt32BE(0),
    algorithm,
    publicKey,
    sign: (message) => new Uint8Array(sign(null, message, privateKey)),
  };
}
