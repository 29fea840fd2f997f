/** The one step that changes schemas, run before the servers start: the database's, and the queue's beside it. */
import { migrateQueueStore } from '@app/jobs';
import { migrate } from '@app/persistence';
import { loadConfig, makeLogger, runMain } from '@app/platform';
import { z } from 'zod';

const password = z.string().min(1).optional();

const migrateConfigSchema = z.object({
  SAFE_CONDUCT_DATABASE_URL: z
    .string()
    .startsWith('postgres')
    .describe('a PostgreSQL URL of the owner of the database'),
  SAFE_CONDUCT_INTAKE_PASSWORD: password,
  SAFE_CONDUCT_DESK_PASSWORD: password,
  SAFE_CONDUCT_WORKER_PASSWORD: password,
  SAFE_CONDUCT_AUDIT_PASSWORD: password,
});

await runMain(async () => {
  const config = loadConfig(migrateConfigSchema, process.env);
  const passwords = {
    sc_intake: config.SAFE_CONDUCT_INTAKE_PASSWORD,
    sc_desk: config.SAFE_CONDUCT_DESK_PASSWORD,
    sc_worker: config.SAFE_CONDUCT_WORKER_PASSWORD,
    sc_audit: config.SAFE_CONDUCT_AUDIT_PASSWORD,
  };
  const given = Object.fromEntries(Object.entries(passwords).filter(([, value]) => value !== undefined));
  const ran = await migrate(config.SAFE_CONDUCT_DATABASE_URL, given);
  await migrateQueueStore(config.SAFE_CONDUCT_DATABASE_URL, 'sc_worker');
  makeLogger('migrate').info('migrated', { count: ran.length });
});
