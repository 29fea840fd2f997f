import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import { startTestServer, type TestServer } from '../support/database.js';
import { makeOrganisation } from '../support/ledger-stage.js';
import { OfficeStage } from '../support/office-stage.js';
import type { TestOrganisation } from '../support/organisation.js';
import { ANSWERS } from './attacks/answers.js';
import { type Attack, findings, NOT_CAUGHT } from './attacks/attack.js';
import { HISTORY } from './attacks/history.js';
import { KEYS } from './attacks/keys.js';
import { RESIDUAL } from './attacks/residual.js';

let server: TestServer;
let organisation: TestOrganisation;
let office: OfficeStage;

beforeAll(async () => {
  server = await startTestServer();
  organisation = await makeOrganisation();
}, 60_000);
afterAll(() => server.stop(), 30_000);

beforeEach(async () => {
  office = await OfficeStage.open(organisation, await server.makeDatabase());
}, 30_000);
afterEach(() => office.close(), 30_000);

const named = (attacks: readonly Attack[]): [string, Attack][] =>
  attacks.map((row) => {
    const by = typeof row.by === 'string' ? `${row.by} (${row.code})` : 'nobody, and the text says so';
    return [`${row.attack}: caught by ${by}`, row];
  });

it('finds nothing where nobody attacks', async () => {
  await office.submit();
  await office.pass(2);
  expect(await findings(office)).toBe(NOT_CAUGHT);
}, 60_000);

describe.each([
  ['whoever owns the history', HISTORY],
  ['a server that lies', ANSWERS],
  ['whoever controls the KEYSET', KEYS],
  ['an attacker whom nobody catches', RESIDUAL],
])('%s', (_, attacks) => {
  it.each(named(attacks))(
    '%s',
    async (__, { run, code, by }) => {
      expect(await run(office)).toBe(code);
      if (typeof by === 'string') return;
      const headings = readFileSync(by.file, 'utf8')
        .split('\n')
        .filter((line) => line.startsWith('#'));
      expect(headings.map((line) => line.replace(/^#+ /, ''))).toContain(by.heading);
    },
    60_000,
  );
});
