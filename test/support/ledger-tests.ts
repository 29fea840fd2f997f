/**
 * What the files that test a ledger share: one PostgreSQL and one organisation a file, and for each test a ledger of
 * its own. The bindings are live: `eachLedger` sets them before every test.
 */
import type { LedgerServices } from '@app/ledger';
import { afterAll, afterEach, beforeAll, beforeEach } from '@jest/globals';
import { openTestCase } from './case-maker.js';
import { startTestServer, type TestDatabase, type TestServer } from './database.js';
import { LedgerStage, makeOrganisation } from './ledger-stage.js';
import type { TestOrganisation } from './organisation.js';

export let server: TestServer;
export let organisation: TestOrganisation;
export let database: TestDatabase;
export let stage: LedgerStage;
/** With intake's database role. */
export let intake: LedgerServices;

/** Registers the hooks. They run in the order of registration: what a file cleans up itself comes before this call. */
export function eachLedger(): void {
  beforeAll(async () => {
    server = await startTestServer();
    organisation = await makeOrganisation();
  }, 60_000);
  afterAll(() => server.stop(), 30_000);

  beforeEach(async () => {
    database = await server.makeDatabase();
    stage = await LedgerStage.open(organisation, database);
    intake = await stage.services('sc_intake');
  }, 30_000);
  afterEach(() => stage.close(), 30_000);
}

/** A case at the focal point. */
export const openCase = (options: { readonly consented?: boolean } = {}): Promise<{ pseudonym: string }> =>
  openTestCase(intake, { role: organisation.role('focal_point'), ...options });
