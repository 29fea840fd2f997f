/**
 * Brings a database that was restored from a backup back to its log, out of a mirror. Run by the database's owner
 * while no server runs; says as one JSON line what came back and what is lost.
 */
import { sodiumVerifier } from '@app/crypto/verify';
import { VerificationError } from '@app/encoding';
import { diskStore, LedgerFault, recoverFromMirror } from '@app/ledger';
import { connect } from '@app/persistence';
import {
  clockConfigSchema,
  clockFromEnv,
  EXIT,
  loadConfig,
  makeLogger,
  readFileStrict,
  runMain,
  StartupError,
} from '@app/platform';
import { FileMissing, parsePolicy } from '@app/tlog';
import { z } from 'zod';

const POLICY_MAX_BYTES = 65_536;

const environment = z.object({
  ...clockConfigSchema.shape,
  SAFE_CONDUCT_DATABASE_URL: z
    .string()
    .startsWith('postgres')
    .describe('a PostgreSQL URL of the owner of the database'),
  SAFE_CONDUCT_MIRROR_DIR: z.string().min(1).describe('a folder with a verified copy of the ledger'),
  SAFE_CONDUCT_TLOG_POLICY_FILE: z.string().min(1).describe('the pinned tlog-policy'),
});

const WHY: Readonly<Record<string, string>> = {
  recovery_behind: 'The mirror has nothing that this database lacks.',
  recovery_foreign:
    'The mirror is not a continuation of this database: it was added to after it was restored, or is of another log. Restore the backup again, and recover before anything else starts.',
};

await runMain(async () => {
  const env = loadConfig(environment, process.env);
  const policyFile = await readFileStrict(env.SAFE_CONDUCT_TLOG_POLICY_FILE, POLICY_MAX_BYTES);
  const source = await connect({ url: env.SAFE_CONDUCT_DATABASE_URL, poolSize: 2, name: 'recover' });
  try {
    const verifier = await sodiumVerifier();
    const deps = {
      mirror: diskStore(env.SAFE_CONDUCT_MIRROR_DIR),
      policy: parsePolicy(Buffer.from(policyFile).toString('utf8')),
      verifier,
      now: clockFromEnv().now(),
    };
    const recovered = await source.transaction((tx) => recoverFromMirror(tx, deps));
    makeLogger('recover').info('recovered');
    process.stdout.write(`${JSON.stringify(recovered)}\n`);
  } catch (error) {
    throw asSentence(error);
  } finally {
    await source.destroy();
  }
});

function asSentence(error: unknown): unknown {
  if (error instanceof LedgerFault) {
    return new StartupError(
      `${WHY[error.code] ?? 'The ledger contradicts itself.'} (${error.code})`,
      EXIT.defect,
    );
  }
  if (error instanceof FileMissing)
    return new StartupError('The mirror is incomplete: run fsck on it.', EXIT.defect);
  if (error instanceof VerificationError) {
    return new StartupError(`The mirror's checkpoint does not hold (${String(error.code)}).`, EXIT.defect);
  }
  return error;
}
