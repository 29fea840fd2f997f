/**
 * The lists that people look at all day, over ten thousand, a hundred thousand and a million cases: what a page costs
 * must not follow from how many cases there are. Through the real desk over HTTP.
 */
import { nextDue } from '@app/casework';
import { fromHex } from '@app/encoding';
import { randomBytes } from 'node:crypto';
import type { DataSource } from 'typeorm';
import {
  CLOSED,
  FOCAL,
  history,
  MONITORED,
  OFFICIAL,
  type Step,
  T0,
  TO,
} from '../../libs/casework/test/histories.js';
import { encodePlace } from '../../apps/desk/src/place.js';
import { startTestServer } from '../support/database.js';
import { makeOrganisation, START } from '../support/ledger-stage.js';
import { OfficeStage } from '../support/office-stage.js';
import type { TestOrganisation } from '../support/organisation.js';
import { type Figure, quantile } from './report.js';

export type ListsPlan = { readonly sizes: readonly number[]; readonly requests: number };

const OFFICES = 20;
const DAY = 86_400;
const MONTHS = 96;
const WARM_UP = 20;
const GROWTH_AIM = 1.5;

/** Where cases stand, of a hundred: few are open. */
const MIX: readonly (readonly [share: number, steps: readonly Step[], isOpen: boolean])[] = [
  [1, TO.received, true],
  [1, TO.inTriage, true],
  [1, TO.accepted, true],
  [2, TO.sent, true],
  [4, MONITORED, false],
  [91, CLOSED, false],
];

type Template = {
  readonly kind: number;
  readonly month: number;
  readonly state: string;
  readonly phase: string;
  readonly escalated: boolean;
  readonly routed: boolean;
  readonly events: number;
  readonly due: number | null;
  readonly received: number;
};

/** One case of each kind and month; open ones came in the last weeks. */
function templates(organisation: TestOrganisation): Template[] {
  return Array.from({ length: MONTHS }, (_, month) =>
    MIX.map(([, steps, isOpen], kind): Template => {
      const { state } = history(...steps);
      const received = START - DAY - (isOpen ? (month % 28) * DAY : month * 30 * DAY);
      const shifted = JSON.stringify(state)
        .replaceAll(OFFICIAL.roleId, organisation.role('senior_official'))
        .replace(/:(\d{10})\b/g, (_match, at: string) => `:${String(Number(at) - T0 + received)}`);
      const due = nextDue(state);
      return {
        ...{ kind, month, state: shifted, received },
        phase: state.phase,
        escalated: state.flags.escalated,
        routed: state.routedTo !== undefined,
        events: state.eventNumber,
        due: due === undefined ? null : due - T0 + received,
      };
    }),
  ).flat();
}

/** The kind of each of a hundred cases. */
const KINDS = MIX.flatMap(([share], kind) => Array.from({ length: share }, () => kind));

/** Rows of cases `from` to `to`, made inside the database; their ledger entries are no part of what is measured. */
const FILL = `
insert into cases (pseudonym, thread_id, mailbox_id, mailbox_key, submission_hash, role_id, policy_hash, state, phase,
  escalated, assignee, routed_to, event_number, last_commitment, next_deadline, received_at)
select decode(md5(i::text), 'hex'), decode(md5('t' || i), 'hex'), decode(md5('m' || i), 'hex'), h.hash, h.hash, t.role,
  (select hash from policies limit 1), t.state, t.phase, t.escalated,
  case when t.events > 1 then decode(md5('officer' || i % 60), 'hex') end,
  case when t.routed then $3::bytea end, t.events, h.hash, t.due, t.received
from generate_series($1::bigint, $2::bigint) i
  join bench_templates t on t.kind = ('{${KINDS.join(',')}}'::int[])[1 + i % 100]
    and t.month = (i / 100) % ${String(MONTHS)} and t.office = (i / 7) % ${String(OFFICES)}
  cross join lateral (select sha256(i::text::bytea) as hash) h`;
const FILL_DELAYS = `
insert into lapse_delays
select pseudonym, 'C3', 1, received_at, received_at + event_number from cases
where get_byte(pseudonym, 0) < 13 on conflict do nothing`;

async function prepare(owner: DataSource, organisation: TestOrganisation): Promise<void> {
  const others = Array.from({ length: OFFICES - 1 }, () => randomBytes(16).toString('hex'));
  await owner.query(
    `create table bench_templates as
     select t.kind, t.month, o.n - 1 as office, decode(o.role, 'hex') as role, t.phase, t.escalated, t.routed, t.events,
       t.due, t.received, replace(t.state, $2, o.role)::jsonb as state
     from jsonb_to_recordset($1::jsonb) as t (kind integer, month integer, state text, phase text, escalated boolean,
         routed boolean, events integer, due bigint, received bigint)
       cross join unnest($3::text[]) with ordinality as o (role, n)`,
    [JSON.stringify(templates(organisation)), FOCAL.roleId, [organisation.role('focal_point'), ...others]],
  );
  await owner.query('analyze bench_templates');
}

async function fill(
  owner: DataSource,
  organisation: TestOrganisation,
  from: number,
  to: number,
): Promise<void> {
  await owner.transaction(async (tx) => {
    // Triggers bind a case to its ledger entry; this one has none.
    await tx.query('set local session_replication_role = replica');
    await tx.query("set local work_mem = '256MB'");
    const official = Buffer.from(fromHex(organisation.role('senior_official'), 'role', 16));
    await tx.query(FILL, [from, to, official]);
    await tx.query(FILL_DELAYS);
  });
  await owner.query('vacuum analyze cases');
  await owner.query('analyze lapse_delays');
}

/** Places deep in what the focal point, and oversight, can page through. */
async function deepPlaces(owner: DataSource, organisation: TestOrganisation) {
  const role = Buffer.from(fromHex(organisation.role('focal_point'), 'role', 16));
  const queue = await owner.query<{ at: number; pseudonym: Buffer }[]>(
    `select coalesce(next_deadline, 9007199254740991) as at, pseudonym from cases
     where role_id = $1 and get_byte(pseudonym, 1) % 16 = 7 order by 1, 2`,
    [role],
  );
  return queue
    .slice(Math.floor(queue.length / 2))
    .map(({ at, pseudonym }) => ({ at, pseudonym: new Uint8Array(pseudonym) }));
}

type Ask = (n: number) => Promise<unknown>;

/** What is asked, by name; `n` counts the requests of a kind. */
async function questions(office: OfficeStage, organisation: TestOrganisation): Promise<Map<string, Ask>> {
  const { owner } = office.ledger;
  const focal = (await office.session('focal-1')).service.api;
  const oversight = (await office.session('oversight')).service.api;
  const deep = await deepPlaces(owner, organisation);
  const place = (n: number): string => {
    const found = deep[n % deep.length];
    if (found === undefined) throw new Error('no page is deep enough');
    return encodePlace(found);
  };
  const anywhere = (): string => `8${randomBytes(16).toString('hex').slice(1)}`;
  return new Map<string, Ask>([
    ['queue of a focal point, first page', () => focal.call('cases', { query: {} })],
    ['queue, a deep page', (n) => focal.call('cases', { query: { after: place(n) } })],
    ['queue, my own cases', () => focal.call('cases', { query: { mine: 'true' } })],
    ['queue, overdue', () => focal.call('cases', { query: { overdue: 'true' } })],
    ['queue, set apart in a flood', () => focal.call('cases', { query: { quarantined: 'true' } })],
    ['queue, in triage', () => focal.call('cases', { query: { phase: 'IN_TRIAGE' } })],
    ['timeline of oversight, first page', () => oversight.call('responseTimes', { query: {} })],
    ['timeline, a deep page', () => oversight.call('responseTimes', { query: { after: anywhere() } })],
    ['one row by its key', (n) => owner.query('select * from cases where pseudonym = $1', [keyOf(deep, n)])],
  ]);
}

function keyOf(deep: readonly { readonly pseudonym: Uint8Array }[], n: number): Buffer {
  return Buffer.from(deep[n % deep.length]?.pseudonym ?? []);
}

/** Takes turns, so that what else the machine does falls on all alike. @returns p99 in ms, by name. */
async function measure(asks: ReadonlyMap<string, Ask>, requests: number): Promise<Map<string, number>> {
  const times = new Map<string, number[]>([...asks.keys()].map((name) => [name, []]));
  for (let n = -WARM_UP; n < requests; n++) {
    for (const [name, ask] of asks) {
      const began = performance.now();
      await ask(n + WARM_UP);
      if (n >= 0) times.get(name)?.push(performance.now() - began);
    }
  }
  return new Map([...times].map(([name, ms]) => [name, quantile(ms, 0.99)]));
}

function figures(sizes: readonly number[], found: readonly ReadonlyMap<string, number>[]): Figure[] {
  const byKey = found.at(-1)?.get('one row by its key') ?? NaN;
  const names = [...(found[0]?.keys() ?? [])].filter((name) => name !== 'one row by its key');
  return names.flatMap((name) => {
    const p99 = found.map((of) => of.get(name) ?? NaN);
    return sizes.map((size, i): Figure => {
      const isLast = i === sizes.length - 1;
      return {
        name: i === 0 ? `${name}, p99, of ${String(size)} cases` : `  of ${String(size)} cases`,
        value: p99[i] ?? NaN,
        unit: 'ms',
        ...(isLast && {
          baseline: {
            name: `ms of ${String(sizes[0])}; ${byKey.toPrecision(2)} for one row`,
            value: p99[0] ?? NaN,
          },
          ratio: (p99[i] ?? NaN) / (p99[0] ?? NaN),
          aim: { atMost: GROWTH_AIM },
        }),
      };
    });
  });
}

export async function benchLists(plan: ListsPlan): Promise<Figure[]> {
  const server = await startTestServer();
  let office: OfficeStage | undefined;
  try {
    const organisation = await makeOrganisation();
    office = await OfficeStage.open(organisation, await server.makeDatabase());
    const { owner } = office.ledger;
    await prepare(owner, organisation);
    const found: Map<string, number>[] = [];
    let filled = 0;
    for (const size of plan.sizes) {
      const began = performance.now();
      await fill(owner, organisation, filled + 1, size);
      filled = size;
      process.stderr.write(
        `  ${String(size)} cases, ${((performance.now() - began) / 1000).toFixed(0)} s to make\n`,
      );
      found.push(await measure(await questions(office, organisation), plan.requests));
    }
    return figures(plan.sizes, found);
  } finally {
    await office?.close();
    await server.stop();
  }
}
