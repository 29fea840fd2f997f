import { makeRemoteSigner, makeSigner, sodiumSigning } from '@app/crypto/sign';
import { sodiumVerifier } from '@app/crypto/verify';
import { decodeUtf8 } from '@app/encoding';
import {
  clockConfigSchema,
  clockFromEnv,
  keyConfigShape,
  loadConfig,
  makeLogger,
  openKeySource,
  plainServer,
  readFileStrict,
  runMain,
  servePlain,
} from '@app/platform';
import { ALGORITHM_COSIGNATURE, deriveKeyId, parseVkey } from '@app/tlog';
import { z } from 'zod';
import { routesOf, Witness } from './witness.js';

const environment = z.object({
  ...clockConfigSchema.shape,
  ...keyConfigShape('SAFE_CONDUCT_WITNESS'),
  SAFE_CONDUCT_HOST: z.string().min(1).default('127.0.0.1'),
  SAFE_CONDUCT_PORT: z.coerce.number().int().min(0).max(65_535).describe('a port from 0 to 65535'),
  SAFE_CONDUCT_PATH_PREFIX: z
    .string()
    .regex(/^(?:\/[\w.~-]+)*$/)
    .default('')
    .describe('a path such as /witness, without a slash at its end'),
  SAFE_CONDUCT_WITNESS_NAME: z.string().min(1).describe('the name in its verifier key'),
  SAFE_CONDUCT_STATE_DIR: z.string().min(1).describe('the folder of its memory'),
  SAFE_CONDUCT_LOG_VKEYS_FILE: z.string().min(1).describe('a file with one verifier key a line'),
});

/** A checkpoint with 16 of the longest signatures, and the longest proof (C2SP signed-note, tlog-witness). */
const MAX_BODY_BYTES = 131_072;

await runMain(async () => {
  const log = makeLogger('witness');
  const env = loadConfig(environment, process.env);
  const source = await openKeySource('SAFE_CONDUCT_WITNESS', env);
  const verifier = await sodiumVerifier();
  const key =
    source.kind === 'seed'
      ? makeSigner(await sodiumSigning(), source.seed)
      : makeRemoteSigner(verifier, source.publicKey, source.sign);
  const vkeys = decodeUtf8(
    await readFileStrict(env.SAFE_CONDUCT_LOG_VKEYS_FILE, MAX_BODY_BYTES),
    'log_vkeys',
  );
  const name = env.SAFE_CONDUCT_WITNESS_NAME;
  const keyId = deriveKeyId(name, ALGORITHM_COSIGNATURE, key.publicKey);
  const witness = new Witness({
    signer: { name, keyId, algorithm: ALGORITHM_COSIGNATURE, sign: (message) => key.signRaw(message) },
    logKeys: vkeys
      .split('\n')
      .filter((line) => line !== '')
      .map((line) => parseVkey(line)),
    verifier,
    clock: clockFromEnv(),
    stateDir: env.SAFE_CONDUCT_STATE_DIR,
  });
  await witness.checkState();
  const routes = routesOf(witness, env.SAFE_CONDUCT_PATH_PREFIX);
  const server = plainServer({ log, maxBodyBytes: MAX_BODY_BYTES, ...routes });
  await servePlain(server, { log, host: env.SAFE_CONDUCT_HOST, port: env.SAFE_CONDUCT_PORT });
});
