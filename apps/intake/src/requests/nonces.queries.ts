import { NonceRow, type Tx } from '@app/persistence';

/** Seconds a nonce is good for. */
export const NONCE_SECONDS = 300;

export async function addNonces(tx: Tx, nonces: readonly Uint8Array[], expiresAt: number): Promise<void> {
  await tx.insert(
    NonceRow,
    nonces.map((nonce) => ({ nonce: Buffer.from(nonce), purpose: 'mailbox' as const, expiresAt })),
  );
}

/** Spends a nonce: true once, if it is known and in date. Uses nonces_pkey. */
export async function takeNonce(
  tx: Tx,
  purpose: NonceRow['purpose'],
  nonce: Uint8Array,
  now: number,
): Promise<boolean> {
  const taken = await tx
    .createQueryBuilder()
    .delete()
    .from(NonceRow)
    .where('nonce = :nonce and purpose = :purpose and expires_at > :now', {
      nonce: Buffer.from(nonce),
      purpose,
      now,
    })
    .execute();
  return taken.affected === 1;
}
