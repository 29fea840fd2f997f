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
  const [, taken] = await tx.query<[unknown, number]>(
    'delete from nonces where nonce = $1 and purpose = $2 and expires_at > $3',
    [Buffer.from(nonce), purpose, now],
  );
  return taken === 1;
}
