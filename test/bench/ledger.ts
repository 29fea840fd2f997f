/**
 * What the ledger costs: a business transaction with its entry and the sequencer running, the same transaction
 * without a ledger, and with a hash chain whose head every transaction locks.
 */
import { createHash, randomBytes } from 'node:crypto';
import type { DataSource } from 'typeorm';
import { decide, encodeConsentMatrix, makeConsentMatrix, nextDue, parsePolicy } from '@app/casework';
import { type SignatureVerifier, sodiumVerifier } from '@app/crypto/verify';
import { fromHex, parseCanonicalJson } from '@app/encoding';
import { Directory, LedgerAppender } from '@app/ledger';
import { CaseRow, connect, insertSealed, type SealedItems, type Tx, UnitOfWork } from '@app/persistence';
import { systemClock, systemRandom } from '@app/platform';
import { appendToFrontier, emptyFrontier, frontierRoot, leafHash } from '@app/tlog';
import { deriveEntries } from '../../libs/ledger/src/entries.js';
import { startTestServer, type TestDatabase, type TestServer } from '../support/database.js';
import { TestOrganisation } from '../support/organisation.js';
import { until } from '../support/until.js';
import { Child } from './child.js';
import { type Figure, median, quantile } from './report.js';
import type { SequencerAnswer, Tick } from './sequencer.js';

const CLIENTS = 16;
const TICK_SECONDS = 1;
const SUITE_BYTES = { box: 1_787, object: 5_755, publicKey: 1_216 };

export type LedgerPlan = { readonly rounds: number; readonly seconds: number };

/** One way of doing the same business. */
type Variant = {
  readonly name: string;
  readonly source: DataSource;
  /** Inserts the case and records that it did. */
  readonly open: (tx: Tx, opened: Opened) => Promise<void>;
};

type Accept = Extract<ReturnType<typeof decide>, { readonly ok: true }>;
type Opened = {
  readonly pseudonym: Buffer;
  readonly decision: Accept;
  readonly policyHash: Buffer;
  readonly role: string;
};

const CONSENTS = encodeConsentMatrix(makeConsentMatrix([{ K1: 'g', K2: 'g' }]));

const base64 = (length: number): string => randomBytes(length).toString('base64');
/** Sealed before the clock starts, as a client does on its own machine. */
const SEALED = {
  publicKey: base64(SUITE_BYTES.publicKey),
  box: base64(SUITE_BYTES.box),
  object: base64(SUITE_BYTES.object),
};
const UNIQUE_BYTES = 12;

/** The same length, and another content than any before. */
function unique(sealed: string): string {
  const start = base64(UNIQUE_BYTES);
  return start + sealed.slice(start.length);
}

function sealedItems(role: string): SealedItems {
  return {
    compartments: [{ compartment: 0, epoch: 1, publicKey: SEALED.publicKey }],
    boxes: [{ kind: 'role' as const, role, roleEpoch: 1 }, { kind: 'reporter' as const }].map(
      (recipient) => ({
        compartment: 0,
        epoch: 1,
        recipient,
        box: unique(SEALED.box),
      }),
    ),
    objects: [{ compartment: 0, epoch: 1, file: unique(SEALED.object) }],
  };
}

/** The columns of a case whose first event is decided. */
function columnsOf({ pseudonym, role, policyHash }: Opened) {
  return {
    pseudonym,
    threadId: randomBytes(16),
    mailboxId: randomBytes(16),
    mailboxKey: randomBytes(32),
    submissionHash: randomBytes(32),
    roleId: Buffer.from(fromHex(role, 'role', 16)),
    policyHash,
  };
}

async function insertCase(tx: Tx, opened: Opened, lastCommitment: Buffer): Promise<void> {
  const { next, event } = opened.decision;
  await tx.insert(CaseRow, {
    ...columnsOf(opened),
    state: next,
    phase: next.phase,
    escalated: next.flags.escalated,
    eventNumber: next.eventNumber,
    lastCommitment,
    nextDeadline: nextDue(next) ?? null,
    assignee: null,
    routedTo: null,
    receivedAt: event.at,
  });
}

/** The usual tamper-evident table: each row names the hash of the one before, so each waits for the one before. */
async function chain(tx: Tx, opened: Opened): Promise<void> {
  await insertCase(tx, opened, randomBytes(32));
  const [head] = await tx.query<{ hash: Buffer }[]>('select hash from chain_head for update');
  const entry = randomBytes(44);
  const hash = createHash('sha256')
    .update(head?.hash ?? '')
    .update(entry)
    .digest();
  await tx.query('insert into chain (entry, hash) values ($1, $2)', [entry, hash]);
  await tx.query('update chain_head set hash = $1', [hash]);
}

const CHAIN = `
create table chain (id bigint generated always as identity primary key, entry bytea not null, hash bytea not null);
create table chain_head (one boolean primary key default true, hash bytea not null);
insert into chain_head values (true, '');
`;
const WAITING = `
select count(*)::int as n from log_outbox o
where not exists (select 1 from log_sequence s where s.outbox_id = o.id)`;

async function openSource(database: TestDatabase): Promise<DataSource> {
  return connect({ url: database.ownerUrl, poolSize: CLIENTS, name: 'bench' });
}

function directoryOf(source: DataSource, { made }: TestOrganisation, verifier: SignatureVerifier): Directory {
  return new Directory({ work: workOn(source), rootset: made.rootset, verifier, clock: systemClock });
}

function workOn(source: DataSource): UnitOfWork {
  return new UnitOfWork(source, () => (systemRandom.bytes(1)[0] ?? 0) / 256);
}

type Measured = { readonly rate: number; readonly latencies: readonly number[] };

/** So many clients for so long, each transaction a new case with its sealed rows. */
async function measure(
  variant: Variant,
  common: Omit<Opened, 'pseudonym'>,
  seconds: number,
  onDone: (pseudonym: Buffer, atMs: number) => void,
): Promise<Measured> {
  const work = workOn(variant.source);
  const latencies: number[] = [];
  const began = performance.now();
  const end = began + 1000 * seconds;
  const client = async (): Promise<void> => {
    while (performance.now() < end) {
      const pseudonym = randomBytes(16);
      const items = sealedItems(common.role);
      const start = performance.now();
      await work.run(async (tx) => {
        await variant.open(tx, { ...common, pseudonym });
        await insertSealed(tx, { casePseudonym: pseudonym, eventNumber: 1, author: 'reporter' }, items);
      });
      latencies.push(performance.now() - start);
      onDone(pseudonym, Date.now());
    }
  };
  await Promise.all(Array.from({ length: CLIENTS }, client));
  return { rate: (latencies.length / (performance.now() - began)) * 1000, latencies };
}

/** Periods from each commit to the commit of the tick that gave it its place. */
async function periods(
  source: DataSource,
  committed: ReadonlyMap<string, number>,
  ticks: readonly Tick[],
): Promise<number[]> {
  const rows = await source.query<{ pseudonym: Buffer; seq: number }[]>(
    'select o.case_pseudonym as pseudonym, s.seq from log_outbox o join log_sequence s on s.outbox_id = o.id where o.case_pseudonym is not null',
  );
  if (rows.length !== committed.size) throw new Error('an entry has no place, or one too many has');
  return rows.map(({ pseudonym, seq }) => {
    const tick = ticks.find(({ size }) => size > seq);
    const at = committed.get(pseudonym.toString('hex'));
    if (tick === undefined || at === undefined) throw new Error('an entry that no tick brought');
    return (tick.atMs - at) / (1000 * TICK_SECONDS);
  });
}

/** The tree grown here is the one of its entries. */
async function checkTree(source: DataSource): Promise<void> {
  const isWhole = await workOn(source).read(async (tx) => {
    const [head] = await tx.query<{ size: number; root: Buffer }[]>('select size, root from log_state');
    const entries = await deriveEntries(tx, 0, head?.size ?? 0);
    const root = frontierRoot(
      appendToFrontier(
        emptyFrontier,
        entries.map(({ entry }) => leafHash(entry)),
      ),
    );
    return head?.root.equals(root) === true;
  });
  if (!isWhole) throw new Error('the tree is not the one of its entries');
}

function figures(of: ReadonlyMap<string, readonly Measured[]>, integration: readonly number[]): Figure[] {
  const rates = (name: string): number[] => (of.get(name) ?? []).map(({ rate }) => rate);
  const p99 = (name: string): number[] =>
    (of.get(name) ?? []).map(({ latencies }) => quantile(latencies, 0.99));
  const ratio = (a: readonly number[], b: readonly number[]): number =>
    median(a.map((x, i) => x / (b[i] ?? NaN)));
  return [
    {
      name: `cases opened with their entry, ${String(CLIENTS)} clients, sequencer running`,
      value: median(rates('ledger')),
      unit: '/s',
      baseline: { name: '/s without a ledger', value: median(rates('bare')) },
      ratio: ratio(rates('ledger'), rates('bare')),
      aim: { atLeast: 0.7 },
    },
    {
      name: 'the same, against a chain with one head',
      value: median(rates('ledger')),
      unit: '/s',
      baseline: { name: '/s with a locked chain', value: median(rates('chain')) },
      ratio: ratio(rates('ledger'), rates('chain')),
      aim: { atLeast: 3 },
    },
    {
      name: 'the same, time of a transaction, p99',
      value: median(p99('ledger')),
      unit: 'ms',
      baseline: { name: 'ms without a ledger', value: median(p99('bare')) },
      ratio: ratio(p99('ledger'), p99('bare')),
      aim: { atMost: 2 },
    },
    {
      name: 'from commit to a place in the ledger, p99',
      value: quantile(integration, 0.99),
      unit: 'periods',
      aim: { atMost: 1.5 },
    },
    { name: 'the same, median', value: median(integration), unit: 'periods' },
  ];
}

/** The same organisation in three databases: with its ledger, without one, and with a chain in its place. */
async function makeVariants(server: TestServer, organisation: TestOrganisation) {
  const databases = [await server.makeDatabase(), await server.makeDatabase(), await server.makeDatabase()];
  const sources = await Promise.all(databases.map(openSource));
  const [ledger, bare, locked] = sources as [DataSource, DataSource, DataSource];
  const verifier = await sodiumVerifier();
  for (const source of sources) {
    const directory = directoryOf(source, organisation, verifier);
    await workOn(source).run(async (tx) => {
      await directory.acceptPolicy(tx, organisation.made.policyText, { tickSeconds: TICK_SECONDS });
      await directory.acceptKeyset(tx, organisation.made.keyset, { tickSeconds: TICK_SECONDS });
    });
  }
  for (const source of [bare, locked]) await source.query('drop trigger cases_need_leaf on cases');
  await locked.query(CHAIN);
  const appender = new LedgerAppender(directoryOf(ledger, organisation, verifier), systemRandom);
  const variants: Variant[] = [
    {
      name: 'ledger',
      source: ledger,
      open: async (tx, opened) => {
        const { event, next } = opened.decision;
        const begun = { row: columnsOf(opened), event, next, payload: { items: [] } };
        await appender.openCase(tx, begun, { tick_seconds: TICK_SECONDS });
      },
    },
    { name: 'bare', source: bare, open: (tx, opened) => insertCase(tx, opened, randomBytes(32)) },
    { name: 'chain', source: locked, open: chain },
  ];
  return { variants, ledger, ledgerUrl: databases[0]?.ownerUrl ?? '' };
}

/** A submission as it is decided, for every case alike. */
function submission(organisation: TestOrganisation): Omit<Opened, 'pseudonym'> {
  const policyBody = organisation.made.policyText;
  const policy = parsePolicy(parseCanonicalJson(policyBody, 'policy'));
  const role = organisation.role('focal_point');
  const act = {
    kind: 'submit',
    declared_urgent: 'no',
    consents: CONSENTS,
    role,
    exclusions: [],
    escalation: false,
  } as const;
  const decision = decide(undefined, act, { now: systemClock.now(), actor: { kind: 'reporter' }, policy });
  if (!decision.ok) throw new Error(decision.refusal.code);
  return { decision, role, policyHash: createHash('sha256').update(policyBody).digest() };
}

/** Rounds of every variant in turn; the first is for warming up. */
async function measureAll(
  variants: readonly Variant[],
  common: Omit<Opened, 'pseudonym'>,
  { rounds, seconds }: LedgerPlan,
): Promise<{ found: Map<string, Measured[]>; committed: Map<string, number> }> {
  const committed = new Map<string, number>();
  const found = new Map<string, Measured[]>(variants.map(({ name }) => [name, []]));
  for (let round = -1; round < rounds; round++) {
    for (const variant of variants) {
      const measured = await measure(variant, common, round < 0 ? 1 : seconds, (pseudonym, atMs) => {
        if (variant.name === 'ledger') committed.set(pseudonym.toString('hex'), atMs);
      });
      if (round >= 0) found.get(variant.name)?.push(measured);
    }
  }
  return { found, committed };
}

export async function benchLedger(plan: LedgerPlan): Promise<Figure[]> {
  const server = await startTestServer();
  const organisation = await TestOrganisation.make(systemClock.now() - 60);
  let sources: DataSource[] = [];
  let sequencer: Child | undefined;
  try {
    const { variants, ledger, ledgerUrl } = await makeVariants(server, organisation);
    sources = variants.map(({ source }) => source);
    sequencer = new Child('sequencer.ts', [ledgerUrl, String(TICK_SECONDS)]);
    await sequencer.ask<SequencerAnswer>();
    const { found, committed } = await measureAll(variants, submission(organisation), plan);
    await until(async () => (await ledger.query<{ n: number }[]>(WAITING))[0]?.n === 0);
    const { ticks } = await sequencer.ask<SequencerAnswer>();
    const integration = await periods(ledger, committed, ticks);
    await checkTree(ledger);
    return figures(found, integration);
  } finally {
    await sequencer?.stop();
    for (const source of sources) await source.destroy();
    await server.stop();
  }
}
