/** Requests in the name of a mailbox: signed with a key that the receipt code alone makes (libs/crypto SPEC.md §9.1). */
import type { ApiClient, Authorize } from '@app/api-client';
import { costsWork, type EventReceipt, MAILBOX_SIGNATURE_HEADER } from '@app/contracts';
import type { ReporterKeys } from '@app/crypto/seal';
import { makeSigner } from '@app/crypto/sign';
import { encodeMailboxRequest, sha256, solveWork, TAG } from '@app/crypto/verify';
import { type Bytes, fromHex, type Instant, toBase64, toHex } from '@app/encoding';
import type { Service } from './service.js';

const NONCE_BATCH = 16;
/** Of the five minutes a nonce is good for, by this client's own clock. */
const NONCE_SECONDS = 240;

/** A request that was signed: what an event's entry commits to, and when. It holds no secret. */
export type SignedRequest = {
  /** SHA-256 of the signed transcript and of its signature, lower-case hex. */
  readonly statementHash: string;
  readonly signatureHash: string;
  readonly signedAt: Instant;
};

/** Requests signed before by the same mailbox, perhaps in a process that is gone. */
export type RequestMemory = {
  readonly earlier: readonly SignedRequest[];
  /** Called before a request that may change something is sent; it is sent once this resolves. */
  readonly keep: (request: SignedRequest) => Promise<void>;
};

const NO_MEMORY: RequestMemory = { earlier: [], keep: () => Promise.resolve() };

/** The API in the name of one mailbox. */
export type MailboxApi = {
  readonly api: ApiClient;
  readonly keys: ReporterKeys;
  /** When this client signed the request an event commits to; undefined if it did not. */
  readonly signedAt: (receipt: EventReceipt) => Instant | undefined;
};

/**
 * Binds the API to a mailbox; nonces are fetched in batches, so that their number says little.
 * @param memory - with it, the answer to a request of an earlier process is recognised.
 */
export function withMailbox(
  service: Service,
  keys: ReporterKeys,
  memory: RequestMemory = NO_MEMORY,
): MailboxApi {
  const { deps, api, directory } = service;
  const signer = makeSigner(deps.signing, keys.mailboxAuthSeed);
  const nonces = makeNoncePool(api, deps.now);
  const signed = new Map(memory.earlier.map((request) => [statementKey(request), request.signedAt]));
  const authorize: Authorize = async ({ method, pathWithQuery, body }) => {
    const { nonce, work } = await nonces(costsWork(method, pathOf(pathWithQuery)));
    const transcript = encodeMailboxRequest({
      origin: directory.keyset.origin,
      method,
      pathWithQuery,
      mailboxId: keys.mailboxId,
      bodyHash: sha256(body ?? new Uint8Array(0)),
      nonce,
    });
    const signature = signer.sign(TAG.mailbox, transcript);
    if (method === 'POST') {
      const request = {
        statementHash: toHex(sha256(transcript)),
        signatureHash: toHex(sha256(signature)),
        signedAt: deps.now(),
      };
      await memory.keep(request);
      signed.set(statementKey(request), request.signedAt);
    }
    const parts = [toHex(keys.mailboxId), toHex(signer.publicKey), toHex(nonce), toBase64(signature)];
    if (work > 0) parts.push(String(await solveWork(nonce, work)));
    return { [MAILBOX_SIGNATURE_HEADER]: parts.join('.') };
  };
  return {
    api: api.authorizedBy(authorize),
    keys,
    signedAt: (receipt) => signed.get(statementKey(receipt)),
  };
}

function pathOf(pathWithQuery: string): string {
  return pathWithQuery.split('?', 1)[0] ?? '';
}

function statementKey({
  statementHash,
  signatureHash,
}: Pick<SignedRequest, 'statementHash' | 'signatureHash'>): string {
  return `${statementHash} ${signatureHash}`;
}

/** `work`: the zero bits that a request of this nonce costs, if it costs any. */
type Nonce = { readonly nonce: Bytes; readonly work: number };

/** What a request costs changes by the minute: one that costs work is never made with a nonce drawn before. */
function makeNoncePool(api: ApiClient, now: () => Instant): (costs: boolean) => Promise<Nonce> {
  let pool: (Nonce & { readonly until: Instant })[] = [];
  let refill: Promise<void> | undefined;
  const fill = async (): Promise<void> => {
    const { nonces, work } = await api.call('nonces', { body: { count: NONCE_BATCH } });
    const until = now() + NONCE_SECONDS;
    pool = nonces.map((nonce) => ({ nonce: fromHex(nonce, 'nonce', 16), work, until }));
  };
  return async (costs) => {
    if (costs) pool = [];
    for (;;) {
      pool = pool.filter(({ until }) => until > now());
      const next = pool.pop();
      if (next !== undefined) return costs ? next : { ...next, work: 0 };
      refill ??= fill().finally(() => {
        refill = undefined;
      });
      await refill;
    }
  };
}
