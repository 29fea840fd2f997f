/** What oversight reads of the ledger beside its files, and nobody else. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestServer, type TestServer } from '../support/database.js';
import { makeOrganisation } from '../support/ledger-stage.js';
import { OfficeStage } from '../support/office-stage.js';

const PAGE = 1_000;
/** Beyond the ledger's own. */
const FIRST = 100_000;

let server: TestServer;
let office: OfficeStage;

beforeAll(async () => {
  server = await startTestServer();
  office = await OfficeStage.open(await makeOrganisation(), await server.makeDatabase());
}, 60_000);
afterAll(async () => {
  await office.close();
  await server.stop();
}, 30_000);

describe('the published checkpoints', () => {
  const page = async (name: string, after: number, upTo: number) =>
    (await office.session(name)).service.api.call('checkpoints', { query: { after, upTo } });

  it('are there for oversight alone', async () => {
    for (const name of ['focal-1', 'official', 'official-second', 'alternate'])
      await expect(page(name, 0, FIRST)).rejects.toMatchObject({ code: 'not_found', status: 404 });
    const unknown = office.api('staff').authorizedBy(() => Promise.resolve({ authorization: 'Bearer 00' }));
    const asked = unknown.call('checkpoints', { query: { after: 0, upTo: FIRST } });
    await expect(asked).rejects.toMatchObject({ code: 'unauthorized' });
    const { notes } = await page('oversight', 0, FIRST);
    expect(notes.length).toBeGreaterThan(0);
    expect(notes.at(-1)).toBe(await office.api().call('checkpoint', {}));
  });

  it('come a page at a time, each once, up to the size that was asked for', async () => {
    const all = Array.from({ length: 2 * PAGE }, (_, i) => `note ${String(FIRST + i)}`);
    const rows = `from generate_series(${String(FIRST)}, ${String(FIRST + all.length - 1)}) i`;
    await office.ledger.owner.query(`insert into log_checkpoints select i, 'note ' || i, 1 ${rows}`);
    await office.ledger.owner.query(`insert into log_quorums select i, 'note ' || i, 1 ${rows}`);
    const before = FIRST - 1;
    const first = await page('oversight', before, FIRST + all.length);
    expect(first).toEqual({ notes: all.slice(0, PAGE), next: FIRST + PAGE - 1 });
    const second = await page('oversight', first.next ?? 0, FIRST + all.length);
    expect(second).toEqual({ notes: all.slice(PAGE), next: FIRST + all.length - 1 });
    expect(await page('oversight', second.next ?? 0, FIRST + all.length)).toEqual({ notes: [], next: null });
    const bounded = await page('oversight', before, FIRST + 2);
    expect(bounded).toEqual({ notes: all.slice(0, 3), next: null });
  });
});
