/**
 * The load on the intake server, in a process of its own: reports sealed and signed beforehand, sent by so many
 * clients at once; and the same bytes put straight into PostgreSQL by as many connections.
 */
import { randomBytes } from 'node:crypto';
import { Agent, request } from 'node:http';
import pg from 'pg';
import { type Fetch, makeApiClient } from '@app/api-client';
import { encodeConsentMatrix, makeConsentMatrix, type ReportBody } from '@app/casework';
import { connect, prepareReport, type Service } from '@app/client';
import { submissionReceiptSchema } from '@app/contracts';
import { makeReporterCode } from '@app/crypto/seal';
import { makeDeps } from '../../apps/cli/src/client.js';
import { readTrust } from '../../apps/cli/src/stack/evaluation-files.js';
import { answer } from './child.js';

export type LoadQuestion =
  | { readonly kind: 'prepare'; readonly count: number }
  | { readonly kind: 'intake' }
  | { readonly kind: 'postgres'; readonly count: number; readonly rows: number; readonly rowBytes: number };
export type LoadAnswer = {
  readonly done: number;
  readonly ms: number;
  readonly latencies: readonly number[];
};

type Signed = {
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: Uint8Array;
};

const [publicUrl = '', trustFile = '', databaseUrl = '', clientCount = '16'] = process.argv.slice(2);
const CLIENTS = Number(clientCount);
const deps = await makeDeps({});

const REPORT: ReportBody = {
  version: 2,
  safety: { declared_urgent: 'no', language: 'en' },
  submitter: { relation: 'VICTIM', name: 'A. Person', contact: 'Only through this mailbox.' },
  persons: [{ unit: 'INDIVIDUAL', names: 'A. Person', relation: 'SC-A' }],
  engagements: [
    { body: 'HRC', stage: 'PAST', when: { value: '2026-09', precision: 'DAY_UNKNOWN' }, modality: 'VID' },
  ],
  acts: [
    {
      what: 'They came to the house and asked who had invited me. '.repeat(20),
      types: ['F08'],
      country: 'FRA',
    },
  ],
  concerned: { state: 'FRA' },
  consent: {
    matrix: encodeConsentMatrix(makeConsentMatrix([{ K1: 'g', K2: 'g', K3: 'N' }])),
    risks_explained: true,
  },
};

class Captured extends Error {}

/** Requests as the client library makes them, kept instead of sent. */
async function sign(service: Service, kept: Signed[]): Promise<void> {
  const made = await prepareReport(service, {
    report: REPORT,
    files: [],
    code: makeReporterCode(deps.random),
  });
  if (!made.ok) throw new Error('the report of the benchmark is not one');
  const { api } = made.prepared.mailbox;
  const before = kept.length;
  await api.call('submit', { body: made.prepared.submission }).catch(() => undefined);
  if (kept.length !== before + 1) throw new Error('no request was captured');
}

/** A service whose submissions go into `kept`. */
async function capturing(kept: Signed[]): Promise<Service> {
  const send: Fetch = (url, init) => {
    const path = url.slice(publicUrl.length);
    if (path !== '/v1/threads') return fetch(url, init);
    kept.push({ path, headers: init.headers, body: init.body ?? new Uint8Array(0) });
    return Promise.reject(new Captured());
  };
  return connect(deps, makeApiClient({ baseUrl: publicUrl, fetch: send }), readTrust(trustFile));
}

const agent = new Agent({ keepAlive: true, maxSockets: CLIENTS });

function post({ path, headers, body }: Signed): Promise<{ status: number; text: string }> {
  return new Promise((resolve, reject) => {
    const outgoing = request(
      publicUrl + path,
      { method: 'POST', agent, headers: { ...headers, 'content-length': body.length } },
      (response) => {
        let text = '';
        response.setEncoding('utf8');
        response.on('data', (chunk: string) => (text += chunk));
        response.on('end', () => {
          resolve({ status: response.statusCode ?? 0, text });
        });
      },
    );
    outgoing.on('error', reject);
    outgoing.end(body);
  });
}

/** Runs `work` on every task by so many clients at once, each taking the next when it is done. */
async function byClients<T>(
  tasks: T[],
  work: (task: T, client: number) => Promise<void>,
): Promise<LoadAnswer> {
  const latencies: number[] = [];
  const began = performance.now();
  const run = async (client: number): Promise<void> => {
    for (let task = tasks.shift(); task !== undefined; task = tasks.shift()) {
      const start = performance.now();
      await work(task, client);
      latencies.push(performance.now() - start);
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, (_, client) => run(client)));
  return { done: latencies.length, ms: performance.now() - began, latencies };
}

const waiting: Signed[] = [];

async function prepare(count: number): Promise<LoadAnswer> {
  const began = performance.now();
  const service = await capturing(waiting);
  for (let i = 0; i < count; i++) await sign(service, waiting);
  return { done: count, ms: performance.now() - began, latencies: [] };
}

async function sendAll(): Promise<LoadAnswer> {
  return byClients(waiting, async (signed) => {
    const { status, text } = await post(signed);
    const isReceipt = status === 201 || status === 200;
    if (!isReceipt) throw new Error(`a report was refused: ${String(status)} ${text.slice(0, 300)}`);
    submissionReceiptSchema.parse(JSON.parse(text));
  });
}

let pool: pg.Client[] | undefined;

async function connections(): Promise<pg.Client[]> {
  if (pool !== undefined) return pool;
  pool = Array.from({ length: CLIENTS }, () => new pg.Client({ connectionString: databaseUrl }));
  for (const client of pool) await client.connect();
  await pool[0]?.query(
    'create table if not exists bench_rows (id bigint generated always as identity primary key, data bytea not null)',
  );
  await pool[0]?.query('alter table bench_rows alter column data set storage external');
  return pool;
}

/** Each transaction: begin, one insert of so many rows, commit. */
async function insertRows(count: number, rows: number, rowBytes: number): Promise<LoadAnswer> {
  const clients = await connections();
  const values = Array.from({ length: rows }, (_, i) => `($${String(i + 1)})`).join(',');
  const insert = { name: 'insert', text: `insert into bench_rows (data) values ${values}` };
  const data = Array.from({ length: CLIENTS }, () =>
    Array.from({ length: rows }, () => randomBytes(rowBytes)),
  );
  const tasks = Array.from({ length: count }, (_, i) => i);
  return byClients(tasks, async (_, client) => {
    const connection = clients[client];
    await connection?.query('begin');
    await connection?.query({ ...insert, values: data[client] ?? [] });
    await connection?.query('commit');
  });
}

process.once('disconnect', () => {
  process.exit(0);
});

answer((question: LoadQuestion): Promise<LoadAnswer> => {
  switch (question.kind) {
    case 'prepare':
      return prepare(question.count);
    case 'intake':
      return sendAll();
    case 'postgres':
      return insertRows(question.count, question.rows, question.rowBytes);
  }
});
