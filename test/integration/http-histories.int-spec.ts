/** Random histories through the real servers: what they store, what the ledger says and what oversight is given. */
import { expect, it } from '@jest/globals';
import { randomInt } from 'node:crypto';
import { startTestServer } from '../support/database.js';
import { historiesOverHttp } from '../support/http-histories.js';
import { makeOrganisation } from '../support/ledger-stage.js';

const HISTORIES = 24;
const AT_ONCE = 12;
/** Rounds stop after this; what was done by then is compared. */
const LIMIT_MS = 30_000;
const FIRST = process.env.HISTORY_SEED === undefined ? randomInt(2 ** 31) : Number(process.env.HISTORY_SEED);

it('are told alike by the row, by a replay of the ledger and by the response times', async () => {
  const server = await startTestServer();
  const organisation = await makeOrganisation();
  try {
    for (let first = FIRST; first < FIRST + HISTORIES; first += AT_ONCE) {
      const seeds = Array.from({ length: AT_ONCE }, (_, i) => first + i);
      const until = Date.now() + (LIMIT_MS * AT_ONCE) / HISTORIES;
      const { told, faults } = await historiesOverHttp(server, organisation, seeds, until);
      expect({ first, faults }).toEqual({ first, faults: [] });
      expect(told.recorded).toBeGreaterThan(0);
      expect(told.forced).toBeGreaterThan(0);
    }
  } finally {
    await server.stop();
  }
}, 180_000);
