/** One effect for one Idempotency-Key, however often and at however many places at once the request arrives. */
import type { Json } from '@app/encoding';
import { Refused } from '@app/platform';
import type { Tx } from './unit-of-work.js';

export type OnceRequest = {
  /** SHA-256 over who asks and the key she drew. */
  readonly keyHash: Uint8Array;
  /** SHA-256 over all of the request that decides what is done. */
  readonly requestHash: Uint8Array;
  /** Seconds since 1970. */
  readonly now: number;
};

/**
 * Does the work unless it was done under this key before, and keeps what came of it, in one transaction. A refusal
 * rolls back, so nothing is kept of it and a repeat is judged anew.
 * @param work - answers what names its effect: ids and numbers, nothing secret.
 * @returns what the work answered, now or the first time.
 * @throws {Refused} `idempotency_key_reused` if the key stands for another request.
 */
export async function once<T extends Json>(
  tx: Tx,
  { keyHash, requestHash, now }: OnceRequest,
  work: () => Promise<T>,
): Promise<T> {
  const key = Buffer.from(keyHash);
  // A copy that is under way is waited for: what it stores is seen by the statement after this one.
  await tx.query('select pg_advisory_xact_lock($1)', [key.readBigInt64BE().toString()]);
  const [earlier]: { request_hash: Buffer; effect: T }[] = await tx.query(
    'select request_hash, effect from idempotency_keys where key_hash = $1',
    [key],
  );
  if (earlier !== undefined) {
    if (!earlier.request_hash.equals(requestHash)) throw new Refused('idempotency_key_reused');
    return earlier.effect;
  }
  const effect = await work();
  await tx.query(
    'insert into idempotency_keys (key_hash, request_hash, effect, stored_at) values ($1, $2, $3, $4)',
    [key, Buffer.from(requestHash), JSON.stringify(effect), now],
  );
  return effect;
}
