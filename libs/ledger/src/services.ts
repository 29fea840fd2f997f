/** What every server holds of database and ledger, opened in one place and ended in one place. */
import { sodiumVerifier } from '@app/crypto/verify';
import { connect, UnitOfWork } from '@app/persistence';
import { type Clock, EXIT, type Random, readFileStrict, StartupError } from '@app/platform';
import { LedgerAppender } from './appender.js';
import { startUpAudit } from './audit.js';
import { Directory } from './directory.js';
import { LedgerFault } from './fault.js';
import { diskStore, type LedgerStore } from './store.js';

const POOL_SIZE = 10;
const ROOTSET_MAX_BYTES = 4_096;

export type LedgerServicesConfig = {
  /** The process, as the database shows it. */
  readonly name: string;
  /** Names the process's own database role. */
  readonly databaseUrl: string;
  readonly rootsetFile: string;
  readonly ledgerDir: string;
  readonly clock: Clock;
  readonly random: Random;
};

export type LedgerServices = {
  readonly work: UnitOfWork;
  readonly directory: Directory;
  readonly appender: LedgerAppender;
  readonly store: LedgerStore;
  /** Bytes of the pinned ROOTSET. */
  readonly rootset: Uint8Array;
  readonly clock: Clock;
  readonly random: Random;
  close(): Promise<void>;
};

export async function openLedgerServices(config: LedgerServicesConfig): Promise<LedgerServices> {
  const { clock, random } = config;
  const rootset = await readFileStrict(config.rootsetFile, ROOTSET_MAX_BYTES);
  const source = await connect({ url: config.databaseUrl, poolSize: POOL_SIZE, name: config.name });
  const work = new UnitOfWork(source, () => (random.bytes(1)[0] ?? 0) / 256);
  const directory = new Directory({ work, rootset, verifier: await sodiumVerifier(), clock });
  return {
    work,
    directory,
    appender: new LedgerAppender(directory, random),
    store: diskStore(config.ledgerDir),
    rootset,
    clock,
    random,
    close: () => source.destroy(),
  };
}

/**
 * Refuses to start a server on a ledger that contradicts itself: what it took in would stand on one of two histories.
 * @param onFault - before the refusal.
 * @throws {StartupError} naming the code.
 */
export async function requireSoundLedger(
  { work, store }: Pick<LedgerServices, 'work' | 'store'>,
  onFault: (fault: LedgerFault) => Promise<void> = () => Promise.resolve(),
): Promise<void> {
  try {
    await work.read((tx) => startUpAudit(tx, store));
  } catch (error) {
    if (!(error instanceof LedgerFault)) throw error;
    await onFault(error);
    throw unsoundLedger(error);
  }
}

/** The sentence for a server that must not start. */
export function unsoundLedger({ code }: LedgerFault): StartupError {
  return new StartupError(
    `The ledger contradicts itself (${code}); nothing was changed, a person must look at it.`,
    EXIT.defect,
  );
}
