import { sodiumVerifier } from '@app/crypto/verify';
import { JobQueues, queueStoreOf } from '@app/jobs';
import { httpSigner, httpWitness, openLedgerServices } from '@app/ledger';
import {
  clockFromEnv,
  errorCode,
  EXIT,
  loadConfig,
  type Log,
  makeLogger,
  runMain,
  StartupError,
  systemRandom,
} from '@app/platform';
import { makeNestLogger } from '@app/platform/nest';
import type { INestApplicationContext } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { workerConfigSchema } from './config.js';
import { loadNotices, NO_NOTICES } from './notices/settings.js';
import { WorkerModule } from './worker.module.js';
import { WorkerService } from './worker.service.js';

await runMain(async () => {
  const config = loadConfig(workerConfigSchema, process.env);
  const store = queueStoreOf(config);
  if (store === undefined) {
    throw new StartupError('Set SAFE_CONDUCT_QUEUE_URL or SAFE_CONDUCT_REDIS_URL.', EXIT.configuration);
  }
  const { SAFE_CONDUCT_NOTICES_FILE: noticesFile } = config;
  const notices = noticesFile === undefined ? NO_NOTICES : await loadNotices(noticesFile);
  const log = makeLogger('worker');
  const services = await openLedgerServices({
    name: 'worker',
    databaseUrl: config.SAFE_CONDUCT_DATABASE_URL,
    rootsetFile: config.SAFE_CONDUCT_ROOTSET_FILE,
    ledgerDir: config.SAFE_CONDUCT_LEDGER_DIR,
    clock: clockFromEnv(),
    random: systemRandom,
  });
  const parts = {
    services,
    log,
    queues: await JobQueues.open(store, log),
    directoryDir: config.SAFE_CONDUCT_DIRECTORY_DIR,
    notices,
    parties: {
      signer: httpSigner(config.SAFE_CONDUCT_SIGNER_URL),
      witnesses: config.SAFE_CONDUCT_WITNESS_URLS.map((url) => httpWitness(url)),
      verifier: await sodiumVerifier(),
    },
  };
  // eslint-disable-next-line @typescript-eslint/no-unsafe-class-instance-assignment -- Nest declares its options as a class and documents a literal
  const app = await NestFactory.createApplicationContext(WorkerModule.forRoot(parts), {
    abortOnError: false,
    logger: makeNestLogger(log),
  });
  endOnSignals(app, log);
  await app.get(WorkerService).start();
  log.info('ready');
  process.send?.({ event: 'ready' });
});

/** Running jobs end, then the process does; one that is killed instead leaves nothing half done. */
function endOnSignals(app: INestApplicationContext, log: Log): void {
  let ending = false;
  const end = async (signal: string): Promise<void> => {
    if (ending) return;
    ending = true;
    log.info('stopping', { signal });
    try {
      await app.close();
      log.info('stopped');
      process.exit(0);
    } catch (error) {
      log.error('stop.failed', { code: errorCode(error) });
      process.exit(EXIT.defect);
    }
  };
  process.on('SIGTERM', (signal) => void end(signal));
  process.on('SIGINT', (signal) => void end(signal));
}
