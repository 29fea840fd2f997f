/** The end of the job, from outside: the whole ledger, every opening, and the times recomputed from them alone. */
import { parsePolicy, type Policy, type ResponseTime } from '@app/casework';
import { type ApiClient } from '@app/api-client';
import { checkOpenings, openMailbox, responseTimesFromLedger, storedResponseTimes } from '@app/client';
import type { Openings, ResponseTime as StoredTime } from '@app/contracts';
import { Invariant, parseCanonicalJson } from '@app/encoding';
import { collect } from '../outside/collect.js';
import { type Job, pseudonymOf, utc } from './job.js';
import { untilProven } from './reporter-steps.js';

const PAGE = 4_096;
/** A case of somebody else may move between reading the ledger and asking the database. */
const ATTEMPTS = 5;
const PAUSE_MS = 3_000;

export async function prove(job: Job): Promise<void> {
  const service = await job.service();
  for (const one of job.cases) await untilProven(job, await openMailbox(service, one.code));
  job.say('\nVerified from outside');
  const own = new Set(job.cases.map(pseudonymOf));
  const { size, times } = await provenTimes(job);
  job.say(`  fsck: ${String(size)} entries, nothing wrong`);
  job.say('  response times, from the ledger alone:');
  for (const time of times.filter(({ casePseudonym }) => own.has(casePseudonym))) job.say(`    ${row(time)}`);
  const others = times.filter(({ casePseudonym }) => !own.has(casePseudonym)).length;
  if (others > 0) job.say(`    and ${String(others)} of other cases`);
  job.say(`  ${String(times.length)} times equal those of the database to the second.`);
}

/** @throws {Invariant} naming a clock that differs, when it still does after {@link ATTEMPTS} looks. */
async function provenTimes(job: Job): Promise<{ size: number; times: LedgerTime[] }> {
  const { api } = job.staff.oversight.service;
  for (let attempt = 1; ; attempt++) {
    const { report, entries } = await collect(job.options.publicApi, job.options.trustFile, (done, total) => {
      job.options.progress(`${String(done)} of ${String(total)} entries`);
    });
    if (report.findings.length > 0) throw new Invariant(JSON.stringify(report.findings));
    const times = await timesFromLedger(api, report.size, entries);
    const stored = await storedResponseTimes(api);
    const different = firstDifference(times, stored);
    if (different === undefined) return { size: report.size, times };
    if (attempt === ATTEMPTS) throw new Invariant(`ledger and database differ: ${different}`);
    await job.deps.sleep(PAUSE_MS);
  }
}

type LedgerTime = { readonly casePseudonym: string } & ResponseTime;

/** Every response time, recomputed from openings that were checked against the ledger's entries. */
async function timesFromLedger(
  api: ApiClient,
  size: number,
  entries: ReadonlyMap<number, Uint8Array<ArrayBuffer>>,
): Promise<LedgerTime[]> {
  const openings: Openings['openings'] = [];
  for (let from = 0; from < size; from += PAGE) {
    const to = Math.min(size, from + PAGE);
    openings.push(...(await api.call('openings', { query: { from, to } })).openings);
  }
  const histories = checkOpenings(entries, openings);
  const policies = new Map<string, Policy>();
  for (const hash of new Set(histories.map(({ policyHash }) => policyHash))) {
    const body = await api.call('policy', { params: { hash } });
    policies.set(hash, parsePolicy(parseCanonicalJson(body, 'policy')));
  }
  return responseTimesFromLedger(histories, policies).flatMap(({ casePseudonym, times }) =>
    times.map((time) => ({ casePseudonym, ...time })),
  );
}

/** The clock in which the two differ, or the number of clocks if that does. */
function firstDifference(times: readonly LedgerTime[], stored: readonly StoredTime[]): string | undefined {
  const known = new Map(stored.map((time) => [nameOf(time), time]));
  const different = times.find((time) => {
    const theirs = known.get(nameOf(time));
    const values = [time.stoppedAt, time.grossSeconds, time.lapsedAt].map((value) => value ?? null);
    return (
      theirs === undefined ||
      [theirs.stoppedAt, theirs.grossSeconds, theirs.lapsedAt].join() !== values.join()
    );
  });
  if (different !== undefined) return nameOf(different);
  return times.length === stored.length ? undefined : `${String(times.length)} and ${String(stored.length)}`;
}

function nameOf(time: Pick<StoredTime, 'casePseudonym' | 'clock' | 'instance' | 'startedAt'>): string {
  return [time.casePseudonym, time.clock, time.instance, time.startedAt].join(' ');
}

function row({ casePseudonym, clock, grossSeconds, targetSeconds, lapsedAt }: LedgerTime): string {
  const took = grossSeconds === undefined ? 'running' : `${String(grossSeconds)} s`;
  const due = targetSeconds === undefined ? 'no target' : `target ${String(targetSeconds)} s`;
  const late = lapsedAt === undefined ? '' : `, LAPSED at ${utc(lapsedAt)}`;
  return `${casePseudonym.slice(0, 8)}  ${clock.padEnd(4)} ${took.padStart(8)}  ${due}${late}`;
}
