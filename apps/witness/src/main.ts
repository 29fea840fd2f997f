import { makeSigner, sodiumSigning } from '@app/crypto/sign';
import { sodiumVerifier } from '@app/crypto/verify';
import { decodeUtf8, fromHex } from '@app/encoding';
import {
  clockConfigSchema,
  clockFromEnv,
  loadConfig,
  makeLogger,
  plainServer,
  readFileStrict,
  runMain,
  servePlain,
} from '@app/platform';
import { ALGORITHM_COSIGNATURE, deriveKeyId, parseVkey } from '@app/tlog';
import { z } from 'zod';
import { Witness } from './witness.js';

const environment = z.object({
  ...clockConfigSchema.shape,
  SAFE_CONDUCT_HOST: z.string().min(1).default('127.0.0.1'),
  SAFE_CONDUCT_PORT: z.coerce.number().int().min(0).max(65_535).describe('a port from 0 to 65535'),
  SAFE_CONDUCT_WITNESS_NAME: z.string().min(1).describe('the name in its verifier key'),
  SAFE_CONDUCT_WITNESS_KEY_FILE: z.string().min(1).describe('the path of a key file'),
  SAFE_CONDUCT_STATE_DIR: z.string().min(1).describe('the folder of its memory'),
  SAFE_CONDUCT_LOG_VKEYS_FILE: z.string().min(1).describe('a file with one verifier key a line'),
});

const MAX_BODY_BYTES = 65_536;
const KEY_FILE_MAX_BYTES = 128;

await runMain(async () => {
  const log = makeLogger('witness');
  const env = loadConfig(environment, process.env);
  const keyFile = await readFileStrict(env.SAFE_CONDUCT_WITNESS_KEY_FILE, KEY_FILE_MAX_BYTES);
  const seed = fromHex(decodeUtf8(keyFile, 'witness_key').trim(), 'witness_key', 32);
  const vkeys = decodeUtf8(
    await readFileStrict(env.SAFE_CONDUCT_LOG_VKEYS_FILE, MAX_BODY_BYTES),
    'log_vkeys',
  );
  const key = makeSigner(await sodiumSigning(), seed);
  const name = env.SAFE_CONDUCT_WITNESS_NAME;
  const keyId = deriveKeyId(name, ALGORITHM_COSIGNATURE, key.publicKey);
  const witness = new Witness({
    signer: { name, keyId, algorithm: ALGORITHM_COSIGNATURE, sign: (message) => key.signRaw(message) },
    logKeys: vkeys
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => parseVkey(line)),
    verifier: await sodiumVerifier(),
    clock: clockFromEnv(),
    stateDir: env.SAFE_CONDUCT_STATE_DIR,
  });
  await witness.checkState();
  const post = { '/add-checkpoint': (body: string) => witness.addCheckpoint(body) };
  const server = plainServer({ log, maxBodyBytes: MAX_BODY_BYTES, post });
  await servePlain(server, { log, host: env.SAFE_CONDUCT_HOST, port: env.SAFE_CONDUCT_PORT });
});
