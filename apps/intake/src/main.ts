import { JSON_BODY_MAX_BYTES, PAGE_POLICY, PART_BYTES } from '@app/contracts';
import { makeSigner, sodiumSigning } from '@app/crypto/sign';
import { decodeUtf8, fromHex } from '@app/encoding';
import { LedgerFacts, openLedgerServices, requireSoundLedger, startUpAudit } from '@app/ledger';
import { clockFromEnv, loadConfig, makeLogger, readFileStrict, runMain, systemRandom } from '@app/platform';
import { createServer, serve } from '@app/platform/nest';
import { intakeEnvironment } from './config.js';
import { IntakeModule } from './intake.module.js';
import { reporterPage } from './page.js';
import { PromiseSigner } from './promise-signer.js';

const KEY_FILE_MAX_BYTES = 128;

await runMain(async () => {
  const log = makeLogger('intake');
  const env = loadConfig(intakeEnvironment, process.env);
  const keyFile = await readFileStrict(env.SAFE_CONDUCT_PROMISE_KEY_FILE, KEY_FILE_MAX_BYTES);
  const seed = fromHex(decodeUtf8(keyFile, 'promise_key').trim(), 'promise_key', 32);
  const services = await openLedgerServices({
    name: 'intake',
    databaseUrl: env.SAFE_CONDUCT_DATABASE_URL,
    rootsetFile: env.SAFE_CONDUCT_ROOTSET_FILE,
    ledgerDir: env.SAFE_CONDUCT_LEDGER_DIR,
    clock: clockFromEnv(),
    random: systemRandom,
  });
  await requireSoundLedger(services);
  const promises = new PromiseSigner(makeSigner(await sodiumSigning(), seed), services.directory);
  const facts = {
    organisation: env.SAFE_CONDUCT_ORGANISATION,
    maxAttachmentBytes: env.SAFE_CONDUCT_MAX_ATTACHMENT_BYTES,
  };
  const ordinary = env.SAFE_CONDUCT_ORDINARY_REPORTS_PER_MINUTE;
  const page = await reporterPage(env.SAFE_CONDUCT_PAGE_DIR, env.SAFE_CONDUCT_TRUST_FILE);
  const app = await createServer(IntakeModule.with(services, facts, promises, ordinary), {
    log,
    bodyLimitBytes: JSON_BODY_MAX_BYTES,
    surface: 'public',
    rawBodies: { 'application/octet-stream': PART_BYTES },
    checkHealth: async () => {
      await services.work.read((tx) => startUpAudit(tx, services.store));
    },
    ...(page && { page, csp: PAGE_POLICY }),
    landing: () => app.get(LedgerFacts).landing('public'),
  });
  await serve(app, { log, host: env.SAFE_CONDUCT_HOST, port: env.SAFE_CONDUCT_PORT });
});
