/**
 * How fast reports reach an officer: jobs of triage a second, beside jobs on the same queue store that insert one row;
 * and a backlog as it waits after an outage of the worker.
 */
import type { Log } from '@app/platform';
import { makeLogger, systemClock } from '@app/platform';
import { type Delivery, JobQueues, type QueueStore, Relay } from '@app/jobs';
import type { LedgerServices } from '@app/ledger';
import { connect } from '@app/persistence';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DataSource } from 'typeorm';
import { AssignService } from '../../apps/worker/src/cases/assign.service.js';
import { WatchService } from '../../apps/worker/src/cases/watch.service.js';
import { DirectoryService } from '../../apps/worker/src/directory/directory.service.js';
import { queueSpec } from '../../libs/jobs/src/queues.js';
import { openStore } from '../../libs/jobs/src/store.js';
import { openTestCase } from '../support/case-maker.js';
import { startTestServer } from '../support/database.js';
import { openTestServices, TestOrganisation } from '../support/organisation.js';
import { hasRedis, startTestRedis } from '../support/redis.js';
import { until } from '../support/until.js';
import { type Figure, median } from './report.js';

export type TriagePlan = { readonly rounds: number; readonly jobs: number; readonly waiting: number };

const QUEUE = 'triage.assign';
const CLIENTS = 8;
const LIMIT_MS = 600_000;
const log: Log = makeLogger('bench', { write: () => undefined });

type Bench = {
  readonly owner: DataSource;
  readonly intake: LedgerServices;
  readonly worker: LedgerServices;
  readonly assign: AssignService;
  readonly role: string;
};

async function openCases({ intake, role }: Bench, count: number): Promise<string[]> {
  const opened: string[] = [];
  let left = count;
  const client = async (): Promise<void> => {
    while (left-- > 0) opened.push((await openTestCase(intake, { role })).pseudonym);
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return opened;
}

async function countOf(owner: DataSource, sql: string): Promise<number> {
  const [row] = await owner.query<{ n: number }[]>(`select count(*)::int as n from ${sql}`);
  return row?.n ?? NaN;
}

const UNASSIGNED = 'cases where assignee is null';

/** @returns jobs a second. */
async function ours(bench: Bench, store: QueueStore, jobs: number, firstId: number): Promise<number> {
  const cases = await openCases(bench, jobs);
  const queues = await JobQueues.open(store, log);
  try {
    await queues.work(QUEUE, (payload) => bench.assign.assign(payload.case));
    const deliveries = cases.map((of, i): Delivery => ({
      outboxId: firstId + i,
      queue: QUEUE,
      payload: { case: of },
    }));
    const began = performance.now();
    await queues.deliver(deliveries);
    await until(async () => (await countOf(bench.owner, UNASSIGNED)) === 0, LIMIT_MS);
    return (jobs / (performance.now() - began)) * 1000;
  } finally {
    await queues.close();
  }
}

/** The same queue store, the same options, and of our code nothing. @returns jobs a second. */
async function plain({ owner }: Bench, of: QueueStore, jobs: number): Promise<number> {
  const { concurrency, keepCompletedSeconds, attempts } = queueSpec(QUEUE);
  await owner.query(
    'create table if not exists bench_jobs (id bigint generated always as identity, data text)',
  );
  await owner.query('truncate bench_jobs');
  const store = await openStore(of);
  // A queue of the table that nothing else uses here.
  const queue = store.makeQueue('notice.send');
  const insert = async (): Promise<void> => {
    await owner.query('insert into bench_jobs (data) values ($1)', ['0'.repeat(32)]);
  };
  const worker = store.makeWorker('notice.send', insert, concurrency);
  for (const emitter of [queue, worker]) emitter.on('error', () => undefined);
  try {
    await worker.waitUntilReady();
    const opts = { attempts, removeOnComplete: { age: keepCompletedSeconds } };
    const began = performance.now();
    await queue.addBulk(Array.from({ length: jobs }, () => ({ name: 'plain', data: { case: '0' }, opts })));
    await until(async () => (await countOf(owner, 'bench_jobs')) === jobs, LIMIT_MS);
    return (jobs / (performance.now() - began)) * 1000;
  } finally {
    await worker.close();
    await queue.close();
    await store.end();
  }
}

async function benchJobs(bench: Bench, store: QueueStore, plan: TriagePlan): Promise<Figure> {
  const [found, beside]: [number[], number[]] = [[], []];
  for (let round = -1; round < plan.rounds; round++) {
    const rate = await ours(bench, store, plan.jobs, 1 + (round + 1) * plan.jobs);
    const bare = await plain(bench, store, plan.jobs);
    if (round < 0) continue;
    found.push(rate);
    beside.push(bare);
  }
  return {
    name: `jobs of triage, queue on ${store.kind}`,
    value: median(found),
    unit: '/s',
    baseline: { name: '/s that insert one row', value: median(beside) },
    ratio: median(found.map((rate, i) => rate / (beside[i] ?? NaN))),
    aim: { atLeast: 0.5 },
  };
}

/** As intake leaves them while no worker is there. */
async function leaveWaiting(bench: Bench, count: number): Promise<void> {
  await openCases(bench, count);
  await bench.owner.query(
    `insert into outbox (queue, payload, created_at)
     select '${QUEUE}', jsonb_build_object('case', encode(pseudonym, 'hex')), received_at from ${UNASSIGNED}`,
  );
}

/** The worker starts again: relay, watch and processor, as it has them. */
async function benchOutage(bench: Bench, store: QueueStore, waiting: number): Promise<Figure[]> {
  const before = await countOf(bench.owner, 'cases');
  await leaveWaiting(bench, waiting);
  const queues = await JobQueues.open(store, log);
  const relay = new Relay(bench.worker.work, queues, log);
  const watch = new WatchService(bench.worker.work, queues, systemClock);
  let ms: number;
  try {
    await queues.work('clock.watch', () => watch.watch());
    await queues.work(QUEUE, (payload) => bench.assign.assign(payload.case));
    await queues.every('clock.watch', 1);
    const began = performance.now();
    relay.start();
    await until(async () => (await countOf(bench.owner, UNASSIGNED)) === 0, LIMIT_MS);
    ms = performance.now() - began;
  } finally {
    await relay.stop();
    await queues.close();
  }
  await checkAssigned(bench.owner, before + waiting);
  return [
    {
      name: `${String(waiting)} reports that waited for the worker, until each has an officer`,
      value: ms / 1000,
      unit: 's',
    },
    { name: 'the same, reports', value: (waiting / ms) * 1000, unit: '/s' },
    {
      name: 'the same, most cases of an officer less the fewest',
      value: await spread(bench.owner),
      unit: 'cases',
      aim: { atMost: 1 },
    },
  ];
}

/** How uneven the cases lie, of those who have any. */
async function spread(owner: DataSource): Promise<number> {
  const [row] = await owner.query<{ n: number }[]>(
    `select (max(held) - min(held))::int as n from (
       select count(*) as held from cases group by assignee) by_officer`,
  );
  return row?.n ?? NaN;
}

/** Each was given once, and the loads that are kept are the true ones. */
async function checkAssigned(owner: DataSource, expected: number): Promise<void> {
  const assigned = await countOf(owner, 'cases where event_number = 2 and assignee is not null');
  const [row] = await owner.query<{ n: number }[]>('select sum(open_cases)::int as n from assignee_loads');
  if (assigned !== expected || row?.n !== expected) {
    throw new Error(
      `${String(expected)} reports, ${String(assigned)} given once, loads of ${String(row?.n)}`,
    );
  }
}

async function withDatabase<T>(work: (bench: Bench, databaseUrl: string) => Promise<T>): Promise<T> {
  const server = await startTestServer();
  const folder = mkdtempSync(path.join(tmpdir(), 'sc-bench-triage-'));
  const opened: LedgerServices[] = [];
  let owner: DataSource | undefined;
  try {
    const organisation = await TestOrganisation.make(systemClock.now() - 60);
    organisation.write(folder);
    const database = await server.makeDatabase();
    owner = await connect({ url: database.ownerUrl, poolSize: 5, name: 'bench' });
    for (const role of ['sc_worker', 'sc_intake'] as const) {
      opened.push(await openTestServices(database.url(role), folder, systemClock));
    }
    const [worker, intake] = opened as [LedgerServices, LedgerServices];
    const directory = new DirectoryService(worker, folder, log);
    await directory.refresh();
    const assign = new AssignService(worker, directory);
    const role = organisation.role('focal_point');
    return await work({ owner, intake, worker, assign, role }, database.ownerUrl);
  } finally {
    for (const services of opened) await services.close();
    await owner?.destroy();
    rmSync(folder, { recursive: true, force: true });
    await server.stop();
  }
}

export async function benchTriage(plan: TriagePlan): Promise<Figure[]> {
  const onPostgres = await withDatabase(async (bench, url) => {
    const store = { kind: 'postgres', url } as const;
    return [await benchJobs(bench, store, plan), ...(await benchOutage(bench, store, plan.waiting))];
  });
  if (!hasRedis('triage with the queue on Redis')) return onPostgres;
  const redis = await startTestRedis();
  try {
    const store = { kind: 'redis', url: redis.url } as const;
    return [...onPostgres, await withDatabase((bench) => benchJobs(bench, store, plan))];
  } finally {
    await redis.stop();
  }
}
