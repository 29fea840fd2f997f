/** A broken promise, shown to somebody who was not there. */
import type { Promised } from '@app/contracts';
import { type Keyset, type SignatureVerifier, verifyPromise } from '@app/crypto/verify';
import { type Bytes, bytesEqual, fromBase64 } from '@app/encoding';
import type { CollectedLedger } from './audit.js';
import { refuse } from './deps.js';

/**
 * Verifies that the service broke a promise: it signed that an entry would be in the ledger by a time, and a ledger
 * that its witnesses saw after that time does not have it.
 *
 * @param keyset - verified; it names the key of promises.
 * @param entry - the 44 bytes that were promised.
 * @param ledger - whole and without findings.
 * @throws {VerificationError} `promise_signature` if it was not promised; `promise_not_due` if the ledger was seen too
 * early to tell; `promise_kept` if the entry is there; `entries_uncovered` for a ledger with gaps.
 * @see libs/crypto SPEC.md §8.1
 */
export function verifyBrokenPromise(
  verifier: SignatureVerifier,
  keyset: Pick<Keyset, 'origin' | 'promisePublicKey'>,
  { entry, promise }: { readonly entry: Bytes; readonly promise: Promised },
  { checkpoint, report, entries }: CollectedLedger,
): void {
  const { time, maxDelaySeconds } = promise;
  const message = { origin: keyset.origin, entry, time, maxDelaySeconds };
  const signature = fromBase64(promise.signature, 'promise.signature', 64);
  verifyPromise(verifier, keyset.promisePublicKey, message, signature);
  const { origin, size } = checkpoint.checkpoint;
  const isWhole = report.findings.length === 0 && entries.size === size && origin === keyset.origin;
  if (!isWhole) refuse('entries_uncovered');
  if (checkpoint.quorumTime <= time + maxDelaySeconds) refuse('promise_not_due');
  if ([...entries.values()].some((other) => bytesEqual(other, entry))) refuse('promise_kept');
}
