/** age v1 files through typage; the provider decides who wraps the file key. Opening code: clients only. */
import { Decrypter, Encrypter, type Identity, type Recipient } from 'age-encryption';
import type { Bytes } from '@app/encoding';

/** Seals to one recipient: a Bech32 string for typage's own implementation, or an object. */
export async function sealAge(recipient: string | Recipient, plaintext: Uint8Array): Promise<Bytes> {
  const encrypter = new Encrypter();
  encrypter.addRecipient(recipient);
  return (await encrypter.encrypt(plaintext)) as Bytes;
}

/** Opens with one identity; rejects with whatever typage throws. */
export async function openAge(identity: string | Identity, file: Uint8Array): Promise<Bytes> {
  const decrypter = new Decrypter();
  decrypter.addIdentity(identity);
  return (await decrypter.decrypt(file, 'uint8array')) as Bytes;
}
