/** Sessions at the desk: opened with the key of the certificate, each request signed by a key of this device. */
import type { ApiClientOptions } from '@app/api-client';
import { SESSION_PROOF_HEADER } from '@app/contracts';
import { makeSigner, type Signer } from '@app/crypto/sign';
import { encodeSessionChallenge, encodeSessionRequest, sha256, TAG } from '@app/crypto/verify';
import { type Bytes, fromHex, type Instant, toBase64, toHex } from '@app/encoding';
import type { Service } from './service.js';

/** Renewed when it has less than this left. */
const SESSION_MARGIN_SECONDS = 30;

type Authorize = NonNullable<ApiClientOptions['authorize']>;

type Holder = { readonly signer: Signer; readonly certificateHash: Bytes };

type Session = {
  readonly token: string;
  readonly expires: Instant;
  readonly idleSeconds: number;
  /** The server's clock less ours. */
  readonly skew: number;
  usedAt: Instant;
};

/**
 * Signs the requests of a session, and opens the next one when it is over or when a request was refused for want of a
 * fresh one.
 * @param nonce - of the unlock just done. @param again - unlocks again, and gives the nonce of that.
 */
export function sessionAuthorizer(
  service: Service,
  holder: Holder,
  nonce: string,
  again: () => Promise<string>,
): Authorize {
  const { deps } = service;
  // Lives as long as this closure and is written nowhere.
  const device = makeSigner(deps.signing, deps.random.bytes(32));
  let current: Promise<Session> | undefined;
  let unused: string | undefined = nonce;
  const open = async (): Promise<Session> => {
    const fresh = unused ?? (await again());
    unused = undefined;
    return openSession(service, holder, device.publicKey, fresh);
  };
  // Requests at the same time share one session, and the opening of it.
  const session = async (mustBeFresh: boolean): Promise<Session> => {
    const known = (current ??= open());
    const one = await known.catch((error: unknown) => {
      if (current === known) current = undefined;
      throw error;
    });
    if (!mustBeFresh && !isOver(one, deps.now())) return one;
    if (current === known) current = open();
    return session(false);
  };
  return async ({ method, pathWithQuery, body }, _, refusedFor) => {
    const one = await session(refusedFor === 'step_up_required');
    one.usedAt = deps.now();
    const { token, skew } = one;
    const time = one.usedAt + skew;
    const bodyHash = sha256(body ?? new Uint8Array());
    const tokenHash = sha256(fromHex(token, 'session.token', 32));
    const signed = encodeSessionRequest({ tokenHash, method, pathWithQuery, bodyHash, time });
    const signature = toBase64(device.sign(TAG.request, signed));
    return {
      authorization: `Bearer ${token}`,
      [SESSION_PROOF_HEADER]: `${String(time)}.${signature}`,
    };
  };
}

function isOver({ expires, usedAt, idleSeconds }: Session, now: Instant): boolean {
  return Math.min(expires, usedAt + idleSeconds) < now + SESSION_MARGIN_SECONDS;
}

async function openSession(
  { api, deps, directory }: Service,
  { signer, certificateHash }: Holder,
  deviceKey: Bytes,
  nonce: string,
): Promise<Session> {
  const challenge = encodeSessionChallenge({
    origin: directory.keyset.origin,
    nonce: fromHex(nonce, 'vault.nonce', 32),
    certificateHash,
    deviceKey,
  });
  const opened = await api.call('openSession', {
    body: {
      certificateHash: toHex(certificateHash),
      nonce,
      deviceKey: toHex(deviceKey),
      signature: toBase64(signer.sign(TAG.session, challenge)),
    },
  });
  const now = deps.now();
  const skew = opened.now - now;
  return { ...opened, expires: opened.expires - skew, skew, usedAt: now };
}
