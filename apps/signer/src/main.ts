import path from 'node:path';
import { makeSigner, sodiumSigning } from '@app/crypto/sign';
import { decodeUtf8, fromHex } from '@app/encoding';
import { loadConfig, makeLogger, plainServer, readFileStrict, runMain, servePlain } from '@app/platform';
import { ALGORITHM_ED25519, deriveKeyId } from '@app/tlog';
import { z } from 'zod';
import { CheckpointSigner } from './checkpoint-signer.js';

const environment = z.object({
  SAFE_CONDUCT_HOST: z.string().min(1).default('127.0.0.1'),
  SAFE_CONDUCT_PORT: z.coerce.number().int().min(0).max(65_535).describe('a port from 0 to 65535'),
  SAFE_CONDUCT_LOG_ORIGIN: z.string().min(1).describe("the log's origin line"),
  SAFE_CONDUCT_SIGNER_KEY_FILE: z.string().min(1).describe('the path of a key file'),
  SAFE_CONDUCT_STATE_DIR: z.string().min(1).describe('the folder of its memory'),
});

const MAX_BODY_BYTES = 16_384;
const KEY_FILE_MAX_BYTES = 128;

await runMain(async () => {
  const log = makeLogger('signer');
  const env = loadConfig(environment, process.env);
  const keyFile = await readFileStrict(env.SAFE_CONDUCT_SIGNER_KEY_FILE, KEY_FILE_MAX_BYTES);
  const seed = fromHex(decodeUtf8(keyFile, 'signer_key').trim(), 'signer_key', 32);
  const key = makeSigner(await sodiumSigning(), seed);
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
