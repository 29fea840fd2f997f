/** The long form of the histories over HTTP: as many as the given minutes allow. */
import { randomInt } from 'node:crypto';
import { parseArgs } from 'node:util';
import { startTestServer } from '../support/database.js';
import { historiesOverHttp } from '../support/http-histories.js';
import { makeOrganisation } from '../support/ledger-stage.js';

const SEEDS = 2 ** 31;
const AT_ONCE = 12;

const { values } = parseArgs({
  options: {
    http: { type: 'boolean' },
    minutes: { type: 'string', default: '10' },
    seed: { type: 'string' },
  },
});
const minutes = Number(values.minutes);
const first = values.seed === undefined ? randomInt(SEEDS) : Number(values.seed);
if (!(minutes > 0) || !Number.isInteger(first)) {
  process.stderr.write('--minutes takes a number above 0, --seed a whole number.\n');
  process.exit(2);
}

const until = Date.now() + minutes * 60_000;
let [runs, recorded, failed] = [0, 0, false];
const server = await startTestServer();
const organisation = await makeOrganisation();
try {
  while (!failed && Date.now() < until) {
    const seeds = Array.from({ length: AT_ONCE }, (_, i) => (first + runs + i) % SEEDS);
    process.stderr.write(`seed ${String(seeds[0])}\n`);
    const { told, faults } = await historiesOverHttp(server, organisation, seeds, until);
    for (const fault of faults) process.stderr.write(`${JSON.stringify(fault, undefined, 2)}\n`);
    failed = faults.length > 0;
    runs += AT_ONCE;
    recorded += told.recorded;
  }
} finally {
  await server.stop();
}
process.stdout.write(
  failed
    ? 'Histories over HTTP failed.\n'
    : `${String(runs)} histories with ${String(recorded)} acts over HTTP: row, ledger and response times agree.\n`,
);
process.exitCode = failed ? 1 : 0;
