/** The evaluation stack as it is built: how long it takes to be ready, what it holds, how many reports it takes in. */
import { chmodSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import pg from 'pg';
import { DEFAULT_POLICY } from '@app/casework';
import { startEmbeddedPostgres } from '@app/embedded';
import { makeDeps } from '../../apps/cli/src/client.js';
import type { Stack, startStack } from '../../apps/cli/src/stack/stack.js';
import { until } from '../support/until.js';
import { Child } from './child.js';
import type { LoadAnswer, LoadQuestion } from './load.js';
import { type Figure, median, quantile } from './report.js';

const CLIENTS = 16;
const IDLE_MS = 5_000;

export type StackPlan = { readonly rounds: number; readonly reports: number };

type Started = { readonly stack: Stack; readonly ms: number; readonly steps: ReadonlyMap<string, number> };

async function start(dataDir: string): Promise<Started> {
  const built = new URL('../../dist/apps/cli/src/stack/stack.js', import.meta.url).href;
  const { startStack: startBuilt } = (await import(built)) as { readonly startStack: typeof startStack };
  const deps = await makeDeps({});
  const began = performance.now();
  const times: [string, number][] = [];
  const stack = await startBuilt({
    deps,
    dataDir,
    publicPort: 0,
    staffPort: 0,
    organisation: 'Benchmark',
    policy: { ...DEFAULT_POLICY, tick_seconds: 1 },
    env: { SAFE_CONDUCT_ORDINARY_REPORTS_PER_MINUTE: '1000000' },
    onStep: (step) => times.push([step, performance.now()]),
  });
  const end = performance.now();
  const steps = new Map(times.map(([step, at], i) => [step, (times[i + 1]?.[1] ?? end) - at]));
  return { stack, ms: end - began, steps };
}

/** Memory of one process that is held in RAM, MiB; Linux only. */
function residentMib(pid: number): number {
  const status = readFileSync(`/proc/${String(pid)}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) / 1024;
}

function memory(stack: Stack): Figure[] {
  return stack.processes.map(({ name, pid }) => ({
    name: `memory of ${name} at idle`,
    value: residentMib(pid ?? 0),
    unit: 'MiB',
  }));
}

/** Processor time of one process so far, ms; Linux only, where a tick is 10 ms. */
function processorMs(pid: number): number {
  const fields =
    readFileSync(`/proc/${String(pid)}/stat`, 'utf8')
      .split(') ')[1]
      ?.split(' ') ?? [];
  return (Number(fields[11]) + Number(fields[12])) * 10;
}

/** What one report is in the database: rows and bytes, as a bare transaction would write them. */
async function sizeOfReport(client: pg.Client): Promise<{ rows: number; rowBytes: number }> {
  const tables = [
    'cases',
    'compartments',
    'boxes',
    'escalation_boxes',
    'objects',
    'log_outbox',
    'event_payloads',
  ];
  const cases = await countOf(client, 'cases');
  let rows = 1;
  let bytes = 0;
  for (const table of tables) {
    const filter = table === 'log_outbox' ? 'where case_pseudonym is not null and event_number = 1' : '';
    const { rows: found } = await client.query<{ n: string; size: string }>(
      `select count(*) as n, coalesce(sum(octet_length(t::text)) / 2, 0)::bigint as size from ${table} t ${filter}`,
    );
    rows += Number(found[0]?.n) / cases;
    bytes += Number(found[0]?.size) / cases;
  }
  return { rows: Math.round(rows), rowBytes: Math.round(bytes / Math.round(rows)) };
}

async function countOf(client: pg.Client, table: string): Promise<number> {
  const { rows } = await client.query<{ n: string }>(`select count(*) as n from ${table}`);
  return Number(rows[0]?.n);
}

/** Every accepted report has a case and, soon, its place in the ledger. */
async function checkAccepted(client: pg.Client, accepted: number): Promise<void> {
  const cases = await countOf(client, 'cases');
  if (cases !== accepted)
    throw new Error(`${String(accepted)} reports were accepted, ${String(cases)} are stored`);
  await until(
    async () => (await countOf(client, 'log_outbox')) === (await countOf(client, 'log_sequence')),
    120_000,
  );
}

async function benchIntake(stack: Stack, dataDir: string, plan: StackPlan): Promise<Figure[]> {
  const postgres = await startEmbeddedPostgres({ home: path.join(dataDir, 'postgres') });
  const databaseUrl = postgres.url('safe_conduct');
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  const child = new Child('load.ts', [stack.publicUrl, stack.trustFile, databaseUrl, String(CLIENTS)]);
  const ask = (question: LoadQuestion): Promise<LoadAnswer> => child.ask<LoadAnswer>(question);
  const send = async (count: number): Promise<LoadAnswer> => {
    await ask({ kind: 'prepare', count });
    return ask({ kind: 'intake' });
  };
  try {
    const intake = stack.processes.find(({ name }) => name === 'intake')?.pid ?? 0;
    let accepted = (await send(plan.reports)).done;
    const size = await sizeOfReport(client);
    await ask({ kind: 'postgres', count: plan.reports, ...size });
    const rates: number[] = [];
    const bare: number[] = [];
    const latencies: number[] = [];
    let spentMs = 0;
    for (let round = 0; round < plan.rounds; round++) {
      await ask({ kind: 'prepare', count: plan.reports });
      const before = processorMs(intake);
      const sent = await ask({ kind: 'intake' });
      spentMs += processorMs(intake) - before;
      accepted += sent.done;
      rates.push((sent.done / sent.ms) * 1000);
      latencies.push(...sent.latencies);
      const inserted = await ask({ kind: 'postgres', count: 2 * plan.reports, ...size });
      bare.push((inserted.done / inserted.ms) * 1000);
    }
    await checkAccepted(client, accepted);
    const baseline = `bare transactions/s of ${String(size.rows)} rows, ${String(size.rows * size.rowBytes)} bytes`;
    return [
      {
        name: `sealed reports accepted by ${String(CLIENTS)} clients at once`,
        value: median(rates),
        unit: '/s',
        baseline: { name: baseline, value: median(bare) },
        ratio: median(rates.map((rate, i) => rate / (bare[i] ?? NaN))),
        aim: { atLeast: 0.5 },
      },
      {
        name: 'the same, processor time of intake for a report',
        value: spentMs / latencies.length,
        unit: 'ms',
      },
      { name: 'the same, time to the promise, p99', value: quantile(latencies, 0.99), unit: 'ms' },
    ];
  } finally {
    await child.stop();
    await client.end();
  }
}

export async function benchStack(plan: StackPlan): Promise<Figure[]> {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'sc-bench-stack-'));
  chmodSync(dataDir, 0o711);
  let running: Stack | undefined;
  try {
    const cold = await start(dataDir);
    running = cold.stack;
    await running.stop();
    const warm = await start(dataDir);
    running = warm.stack;
    await sleep(IDLE_MS);
    const atIdle = memory(running);
    const taken = await benchIntake(running, dataDir, plan);
    const steps = (of: Started, which: string): Figure[] =>
      [...of.steps].map(([step, ms]) => ({ name: `  ${which}: ${step}`, value: ms / 1000, unit: 's' }));
    return [
      ...taken,
      { name: 'cold start to ready', value: cold.ms / 1000, unit: 's' },
      ...steps(cold, 'cold'),
      { name: 'warm start to ready', value: warm.ms / 1000, unit: 's', aim: { atMost: 3 } },
      ...steps(warm, 'warm'),
      ...atIdle,
    ];
  } finally {
    await running?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}
