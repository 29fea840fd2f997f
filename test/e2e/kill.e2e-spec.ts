import { checkOpenings, type MailboxView, openMailbox } from '@app/client';
import type { Openings } from '@app/contracts';
import { toHex } from '@app/encoding';
import { afterEach, describe, expect, it } from '@jest/globals';
import { readFileSync } from 'node:fs';
import pg from 'pg';
import { collect } from '../../apps/cli/src/outside/collect.js';
import type { Step } from '../../apps/cli/src/demo/job.js';
import { STEPS } from '../../apps/cli/src/demo/steps.js';
import { lastSteps } from '../support/last-steps.js';
import { LaterLife } from '../support/later-life.js';
import { laterSteps } from '../support/later-steps.js';
import { hasRedis, startTestRedis, type TestRedis } from '../support/redis.js';
import { type Fetch, type Stage, startStage } from '../support/stage.js';

/**
 * Every process is killed once a run, each in the middle of another step: run r kills process p in step
 * FIRST + (p x STRIDE + r x SHIFT) of the steps. SAFE_CONDUCT_KILL_ALL=1 makes as many runs as there are steps, so that
 * every process is killed in every step.
 */
const VICTIMS = ['intake', 'desk', 'worker', 'signer', 'witness-1', 'postgres', 'redis'] as const;
type Victim = (typeof VICTIMS)[number];
const STRIDE = 3;
const SHIFT = 8;
/** Verifying the directory is the client's alone. */
const KILLABLE = STEPS.slice(1);
const RUNS = process.env.SAFE_CONDUCT_KILL_ALL === '1' ? KILLABLE.length : 4;
const SHIFT_OF_ALL = RUNS > 4 ? 1 : SHIFT;

/** Before a request leaves, while it is under way, or when it was answered and the answer is lost. */
const MOMENTS = ['before', 'during', 'after'] as const;
type Moment = (typeof MOMENTS)[number];

/** After so long a step is taken to change nothing. */
const READING_MS = 1_500;
const LIMIT_MS = 420_000;
const LAPSE_SECONDS = 30;

const withRedis = hasRedis('kill -9 of Redis, and of the others with the queue on Redis');
/** In these runs the cases live on, and every process dies once more: p in later step 1 + p x STRIDE_LATER. */
const LIVING_ON = [0];
const STRIDE_LATER = 9;
/** One run with the queue on PostgreSQL, the others on Redis if it is there. */
const runs = Array.from({ length: RUNS }, (_, run) => ({
  run,
  moment: MOMENTS[run % MOMENTS.length] ?? 'before',
  queue: run % 4 === 0 || !withRedis ? ('PostgreSQL' as const) : ('Redis' as const),
}));

/** Lets the next request that changes something meet a kill; reading alone does if a step changes nothing. */
class Disturbance {
  #kill: { readonly moment: Moment; readonly run: () => void } | undefined;

  arm(moment: Moment, run: () => void): void {
    this.#kill = { moment, run };
  }

  /** @returns whether it was still waiting for a request. */
  disarm(): boolean {
    const waited = this.#kill !== undefined;
    this.#kill = undefined;
    return waited;
  }

  readonly fetch: Fetch = async (url, init) => {
    const kill = this.#takeFor(url, init.method);
    if (kill?.moment === 'before') kill.run();
    const answering = fetch(url, init);
    if (kill?.moment === 'during') setImmediate(kill.run);
    const answer = await answering;
    if (kill?.moment !== 'after') return answer;
    kill.run();
    throw new TypeError('the answer is lost');
  };

  #takeFor(url: string, method: string) {
    const isPreparing = /\/(nonces|challenge|session|vault)$/.test(new URL(url).pathname);
    if (method === 'GET' || isPreparing) return undefined;
    const kill = this.#kill;
    this.#kill = undefined;
    return kill;
  }
}

describe('the main job while processes are killed', () => {
  let stage: Stage | undefined;
  let redis: TestRedis | undefined;

  afterEach(async () => {
    await stage?.stop();
    await redis?.stop();
    stage = redis = undefined;
  }, LIMIT_MS);

  it.each(runs)(
    'run $run, queue on $queue: every process dies $moment a request, and nothing is lost or doubled',
    async ({ run, moment, queue }) => {
      redis = queue === 'Redis' ? await startTestRedis() : undefined;
      const disturbance = new Disturbance();
      stage = await startStage({
        lapseSeconds: LAPSE_SECONDS,
        fetch: disturbance.fetch,
        ...(redis && { redisUrl: redis.url }),
      });
      const killed: Victim[] = [];
      for (const step of STEPS) {
        const victim = victimIn(step, run);
        if (victim === undefined || (victim === 'redis' && redis === undefined)) {
          await stage.job.run(step);
        } else {
          killed.push(victim);
          await runDisturbed(stage, step, disturbance, { victim, moment, redis });
        }
      }
      const expected = VICTIMS.filter((victim) => victim !== 'redis' || redis !== undefined);
      expect([...killed].sort()).toEqual([...expected].sort());
      await everythingHolds(stage);
      if (RUNS > 4 || LIVING_ON.includes(run)) await liveOn(stage, disturbance, redis);
    },
    LIMIT_MS,
  );
});

/** Each process dies once; before, during and after a request in turn. */
async function liveOn(stage: Stage, disturbance: Disturbance, redis: TestRedis | undefined): Promise<void> {
  const life = new LaterLife(stage.job, (name) => `Later: ${name}.`);
  const steps = [...laterSteps(life), ...lastSteps(life)];
  const killed: Victim[] = [];
  for (const [at, step] of steps.entries()) {
    const index = (at - 1) / STRIDE_LATER;
    const victim = VICTIMS[index];
    const moment = MOMENTS[index % MOMENTS.length];
    if (victim === undefined || moment === undefined || (victim === 'redis' && redis === undefined)) {
      await stage.job.run(step);
    } else {
      killed.push(victim);
      await runDisturbed(stage, step, disturbance, { victim, moment, redis });
    }
  }
  expect(killed).toEqual(VICTIMS.filter((victim) => victim !== 'redis' || redis !== undefined));
  await everythingIsKept(stage, life);
}

type Kill = {
  readonly victim: Victim;
  readonly moment: Moment;
  readonly redis: TestRedis | undefined;
};

/** A step that changes nothing loses the process somewhere in its reading, or right after it. */
async function runDisturbed(
  { job, stack }: Stage,
  step: Step,
  disturbance: Disturbance,
  { victim, moment, redis }: Kill,
): Promise<void> {
  const restarts: Promise<void>[] = [];
  const now = (): void => {
    restarts.push(kill(victim, stack, redis));
  };
  const ifStillArmed = (): void => {
    if (disturbance.disarm()) now();
  };
  disturbance.arm(moment, now);
  const reading = setTimeout(ifStillArmed, READING_MS);
  await job.run(step);
  clearTimeout(reading);
  ifStillArmed();
  await Promise.all(restarts);
}

function victimIn(step: Step, run: number): Victim | undefined {
  const at = KILLABLE.indexOf(step);
  return VICTIMS.find((_, index) => (index * STRIDE + run * SHIFT_OF_ALL) % KILLABLE.length === at);
}

async function kill(victim: Victim, stack: Stage['stack'], redis: TestRedis | undefined): Promise<void> {
  if (victim === 'redis') return redis?.crash();
  if (victim !== 'postgres') {
    killProcess(stack.processes.find(({ name }) => name === victim)?.pid);
    return;
  }
  const postmaster = stack.databasePid();
  const children = readFileSync(`/proc/${String(postmaster)}/task/${String(postmaster)}/children`, 'utf8');
  for (const pid of [postmaster, ...children.split(' ').filter(Boolean).map(Number)]) killProcess(pid);
}

/** One that is between its death and its next start has been killed already. */
function killProcess(pid: number | undefined): void {
  if (pid === undefined) throw new Error('no such process');
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as { code?: string }).code !== 'ESRCH') throw error;
  }
}

const HANDLED = [
  'SUBMITTED',
  'ASSIGNED',
  'ACKNOWLEDGED',
  'TRIAGE_STARTED',
  'SCOPED',
  'CONTACTED',
  'ROUTED',
  'ACCEPTED',
  'INTERVENTION_DRAFTED',
  'INTERVENTION_CLEARED',
  'INTERVENTION_SENT',
  'REPORTER_MSG',
];

const EVENTS = [
  [...HANDLED, 'CONFIRM'],
  [...HANDLED, 'DISPUTE'],
  ['SUBMITTED', 'ASSIGNED', 'LAPSED', 'ESCALATED'],
];

/** `prove`, the last step, has shown that fsck over HTTP passes and that the times agree. */
async function everythingHolds(stage: Stage): Promise<void> {
  const { stack, job } = stage;
  const service = await job.service();
  const views: MailboxView[] = [];
  for (const { code } of job.cases) views.push(await openMailbox(service, code));
  expect(views.map(eventsOf)).toEqual(EVENTS);
  job.cases.forEach(({ invented, accepted }, index) => {
    const { reply, letters } = invented;
    const isHandled = index < 2;
    const texts = [
      letters.acknowledgement,
      letters.update,
      letters.handover,
      reply,
      index === 0 ? '' : reply,
    ];
    expect(views[index]?.conversation.map(({ text }) => text)).toEqual(isHandled ? texts : []);
    // The promise each reporter holds is about the first event of the one case there is.
    expect(views[index]?.history.events[0]?.entry).toEqual(accepted?.entry);
  });

  const entries = await ledgerAgrees(stage, views);
  for (const { accepted } of job.cases) {
    const index = [...entries].find(
      ([, entry]) => toHex(entry) === toHex(accepted?.entry ?? new Uint8Array(0)),
    );
    expect(index).toBeDefined();
  }
  expect(await countsIn(stack.databaseUrl)).toEqual({ cases: 3, undelivered: 0, boxes: 0, blobs: 3 });
}

/** Nothing that anybody was promised is missing, also of cases whose content was erased. */
async function everythingIsKept(stage: Stage, life: LaterLife): Promise<void> {
  const views: MailboxView[] = [];
  for (const code of life.lastCodes) views.push(await life.mailbox(code));
  await ledgerAgrees(stage, views);
  expect(views.map(({ history }) => history.last.event.type)).toEqual([
    'ERASED',
    'MAILBOX_CLOSED',
    'CLOSED_OUT_OF_SCOPE',
    'ERASED',
  ]);
  expect(await countsIn(stage.stack.databaseUrl)).toEqual({ cases: 4, undelivered: 0, boxes: 0, blobs: 2 });
}

/** The ledger alone tells the same events of the same cases as their mailboxes do. */
async function ledgerAgrees(
  { stack, job }: Stage,
  views: readonly MailboxView[],
): Promise<ReadonlyMap<number, Uint8Array>> {
  const { report, entries } = await collect(stack.ledgerDir, stack.trustFile);
  expect(report.findings).toEqual([]);
  const openings: Openings['openings'] = [];
  for (let from = 0; from < report.size; from += 4_096) {
    const query = { from, to: Math.min(report.size, from + 4_096) };
    openings.push(...(await job.staff.oversight.service.api.call('openings', { query })).openings);
  }
  const histories = checkOpenings(entries, openings);
  const inLedger = histories.map((of) => `${of.casePseudonym} ${String(of.openings.length)}`);
  const inMailboxes = views.map((of) => `${of.casePseudonym} ${String(of.history.events.length)}`);
  expect(inLedger.sort()).toEqual(inMailboxes.sort());
  return entries;
}

/** A lapse may be recorded before or after the automatic assignment of the same second. */
function eventsOf({ history }: MailboxView): string[] {
  return history.events.map(({ event }) => event.type);
}

async function countsIn(url: string): Promise<unknown> {
  const client = new pg.Client({ connectionString: url });
  await client.connect();
  try {
    const { rows } = await client.query(
      `select (select count(*)::int from cases) as cases, (select count(*)::int from outbox) as undelivered,
              (select count(*)::int from escalation_boxes where case_pseudonym in
                (select pseudonym from cases where escalated)) as boxes,
              (select count(*)::int from case_blobs) as blobs`,
    );
    return rows[0];
  } finally {
    await client.end();
  }
}
