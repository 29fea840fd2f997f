import { JSON_BODY_MAX_BYTES } from '@app/contracts';
import { LedgerFacts, openLedgerServices, requireSoundLedger, startUpAudit } from '@app/ledger';
import { clockFromEnv, loadConfig, makeLogger, runMain, systemRandom } from '@app/platform';
import { createServer, serve } from '@app/platform/nest';
import { DeskConfig, deskEnvironment } from './config.js';
import { DeskModule } from './desk.module.js';

await runMain(async () => {
  const log = makeLogger('desk');
  const env = loadConfig(deskEnvironment, process.env);
  const services = await openLedgerServices({
    name: 'desk',
    databaseUrl: env.SAFE_CONDUCT_DATABASE_URL,
    rootsetFile: env.SAFE_CONDUCT_ROOTSET_FILE,
    ledgerDir: env.SAFE_CONDUCT_LEDGER_DIR,
    clock: clockFromEnv(),
    random: systemRandom,
  });
  await requireSoundLedger(services);
  const facts = { organisation: env.SAFE_CONDUCT_ORGANISATION, maxAttachmentBytes: 0 };
  const config = new DeskConfig(services.rootset);
  const app = await createServer(DeskModule.with(services, facts, config), {
    log,
    bodyLimitBytes: JSON_BODY_MAX_BYTES,
    surface: 'staff',
    checkHealth: async () => {
      await services.work.read((tx) => startUpAudit(tx, services.store));
    },
    landing: () => app.get(LedgerFacts).landing('staff'),
  });
  await serve(app, { log, host: env.SAFE_CONDUCT_HOST, port: env.SAFE_CONDUCT_PORT });
});
