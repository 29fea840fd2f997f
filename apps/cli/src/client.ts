/** What the command brings to the client library: libsodium, the system's clock and randomness. */
import { randomBytes } from 'node:crypto';
import { type ApiClient, makeApiClient } from '@app/api-client';
import type { ClientDeps } from '@app/client';
import { sodiumSealing } from '@app/crypto/seal';
import { sodiumSigning } from '@app/crypto/sign';
import { sodiumVerifier } from '@app/crypto/verify';

const sleep = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

export async function makeDeps(env: Readonly<Record<string, string | undefined>>): Promise<ClientDeps> {
  const offset = Number(env.SAFE_CONDUCT_CLOCK_OFFSET_SECONDS ?? '0');
  return {
    signing: await sodiumSigning(),
    verifier: await sodiumVerifier(),
    sealing: await sodiumSealing(),
    random: { bytes: (n) => new Uint8Array(randomBytes(n)) },
    now: () => Math.floor(Date.now() / 1000) + offset,
    sleep,
  };
}

/** @param prefix - where a proxy serves it below a path, that path. */
export function apiOf(baseUrl: string, prefix = ''): ApiClient {
  return makeApiClient({ baseUrl, prefix, sleep });
}
