import path from 'node:path';
import { makeRemoteSigner, makeSigner, sodiumSigning } from '@app/crypto/sign';
import { sodiumVerifier } from '@app/crypto/verify';
import {
  keyConfigShape,
  loadConfig,
  makeLogger,
  openKeySource,
  plainServer,
  runMain,
  servePlain,
} from '@app/platform';
import { ALGORITHM_ED25519, deriveKeyId } from '@app/tlog';
import { z } from 'zod';
import { CheckpointSigner } from './checkpoint-signer.js';

const environment = z.object({
  SAFE_CONDUCT_HOST: z.string().min(1).default('127.0.0.1'),
  SAFE_CONDUCT_PORT: z.coerce.number().int().min(0).max(65_535).describe('a port from 0 to 65535'),
  SAFE_CONDUCT_LOG_ORIGIN: z.string().min(1).describe("the log's origin line"),
  ...keyConfigShape('SAFE_CONDUCT_SIGNER'),
  SAFE_CONDUCT_STATE_DIR: z.string().min(1).describe('the folder of its memory'),
});

const MAX_BODY_BYTES = 16_384;

await runMain(async () => {
  const log = makeLogger('signer');
  const env = loadConfig(environment, process.env);
  const source = await openKeySource('SAFE_CONDUCT_SIGNER', env);
  const key =
    source.kind === 'seed'
      ? makeSigner(await sodiumSigning(), source.seed)
      : makeRemoteSigner(await sodiumVerifier(), source.publicKey, source.sign);
  const name = env.SAFE_CONDUCT_LOG_ORIGIN;
  const keyId = deriveKeyId(name, ALGORITHM_ED25519, key.publicKey);
  const noteSigner = { name, keyId, algorithm: ALGORITHM_ED25519, sign: (m: Uint8Array) => key.signRaw(m) };
  const signer = new CheckpointSigner(noteSigner, path.join(env.SAFE_CONDUCT_STATE_DIR, 'signed'));
  await signer.checkState();
  const server = plainServer({
    log,
    maxBodyBytes: MAX_BODY_BYTES,
    post: { '/sign': (body) => signer.sign(body) },
  });
  await servePlain(server, { log, host: env.SAFE_CONDUCT_HOST, port: env.SAFE_CONDUCT_PORT });
});
