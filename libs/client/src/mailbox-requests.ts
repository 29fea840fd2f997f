/** Requests in the name of a mailbox: signed with a key that the receipt code alone makes (libs/crypto SPEC.md §9.1). */
import type { ApiClient, Authorize } from '@app/api-client';
import { type EventReceipt, MAILBOX_SIGNATURE_HEADER } from '@app/contracts';
import type { ReporterKeys } from '@app/crypto/seal';
import { makeSigner } from '@app/crypto/sign';
import { encodeMailboxRequest, sha256, TAG } from '@app/crypto/verify';
import { type Bytes, fromHex, type Instant, toBase64, toHex } from '@app/encoding';
import type { Service } from './service.js';

const NONCE_BATCH = 16;
/** Of the five minutes a nonce is good for, by this client's own clock. */
const NONCE_SECONDS = 240;

/** The API in the name of one mailbox. */
export type MailboxApi = {
  readonly api: ApiClient;
  readonly keys: ReporterKeys;
  /** Whether the statement an event commits to is a request that this client signed. */
  readonly isOwnStatement: (receipt: EventReceipt) => boolean;
};

/** Binds the API to a mailbox; nonces are fetched in batches, so that their number says little. */
export function withMailbox(service: Service, keys: ReporterKeys): MailboxApi {
  const { deps, api, directory } = service;
  const signer = makeSigner(deps.signing, keys.mailboxAuthSeed);
  const nonces = makeNoncePool(api, deps.now);
  const signed = new Set<string>();
  const authorize: Authorize = async ({ method, pathWithQuery, body }) => {
    const nonce = await nonces();
    const transcript = encodeMailboxRequest({
      origin: directory.keyset.origin,
      method,
      pathWithQuery,
      mailboxId: keys.mailboxId,
      bodyHash: sha256(body ?? new Uint8Array(0)),
      nonce,
    });
    const signature = signer.sign(TAG.mailbox, transcript);
    if (method === 'POST') signed.add(statementKey(toHex(sha256(transcript)), toHex(sha256(signature))));
    const parts = [toHex(keys.mailboxId), toHex(signer.publicKey), toHex(nonce), toBase64(signature)];
    return { [MAILBOX_SIGNATURE_HEADER]: parts.join('.') };
  };
  return {
    api: api.authorizedBy(authorize),
    keys,
    isOwnStatement: (receipt) => signed.has(statementKey(receipt.statementHash, receipt.signatureHash)),
  };
}

function statementKey(statementHash: string, signatureHash: string): string {
  return `${statementHash} ${signatureHash}`;
}

function makeNoncePool(api: ApiClient, now: () => Instant): () => Promise<Bytes> {
  let pool: { readonly nonce: Bytes; readonly until: Instant }[] = [];
  let refill: Promise<void> | undefined;
  const fill = async (): Promise<void> => {
    const { nonces } = await api.call('nonces', { body: { count: NONCE_BATCH } });
    const until = now() + NONCE_SECONDS;
    pool = nonces.map((nonce) => ({ nonce: fromHex(nonce, 'nonce', 16), until }));
  };
  return async () => {
    for (;;) {
      pool = pool.filter(({ until }) => until > now());
      const next = pool.pop();
      if (next !== undefined) return next.nonce;
      refill ??= fill().finally(() => {
        refill = undefined;
      });
      await refill;
    }
  };
}
