/** Adding to the ledger inside the caller's transaction: a case changes together with its entry or not at all. */
import { type CaseEvent, type CaseState, encodeDetail, EVENT_TYPES, nextDue } from '@app/casework';
import type { EventReceipt } from '@app/contracts';
import {
  type ActorClass,
  commitEvent,
  commitPayload,
  encodeCaseLeaf,
  encodeKeysetLeafBody,
  encodeOpening,
  encodePublicLeaf,
  type Keyset,
  PUBLIC_LEAF_CLASS,
  type PublicLeafClass,
  sha256,
} from '@app/crypto/verify';
import {
  type Bytes,
  bytesEqual,
  concatBytes,
  decodeUtf8,
  type Instant,
  fromHex,
  Invariant,
  parseCanonicalJson,
  toBase64,
  toHex,
} from '@app/encoding';
import { CaseRow, LogOutboxRow, Parameters, type Tx } from '@app/persistence';
import type { Random } from '@app/platform';

const HASH_BYTES = 32;
const NO_HASH = new Uint8Array(HASH_BYTES);
const DAY_SECONDS = 86_400;

/** What an event binds besides itself. `items` are the SHA-256s of objects, boxes and GRANTs, in the order of the request. */
export type Payload = {
  readonly statement?: Uint8Array;
  readonly signature?: Uint8Array;
  readonly items: readonly Uint8Array[];
};

export type AppendDeps = { readonly random: Random; readonly tickSeconds: number };

/** A case before its first event; the rest of the row follows from the event and the state after it. */
export type NewCase = Pick<
  CaseRow,
  'pseudonym' | 'threadId' | 'mailboxId' | 'mailboxKey' | 'submissionHash' | 'roleId' | 'policyHash'
>;

export type NewEvent = {
  /** As `caseForUpdate` gave it, so locked. */
  readonly row: CaseRow;
  readonly event: CaseEvent;
  readonly next: CaseState;
  readonly payload: Payload;
  /** Changed only if given; null clears. */
  readonly assignee?: Uint8Array | null;
};

/**
 * Inserts a case with its first event.
 * @returns what the participant needs to recompute the entry.
 */
export async function openCase(
  tx: Tx,
  opened: {
    readonly row: NewCase;
    readonly event: CaseEvent;
    readonly next: CaseState;
    readonly payload: Payload;
  },
  deps: AppendDeps,
): Promise<EventReceipt> {
  const { row, event, next, payload } = opened;
  if (next.eventNumber !== 1) throw new Invariant('a case opens with its first event');
  const previous = { pseudonym: row.pseudonym, policyHash: row.policyHash, lastCommitment: NO_HASH };
  const sealed = sealEvent(previous, event, 1, payload, deps);
  return appendEvent(tx, sealed, (sql) => {
    const columns = {
      pseudonym: row.pseudonym,
      thread_id: row.threadId,
      mailbox_id: row.mailboxId,
      mailbox_key: row.mailboxKey,
      submission_hash: row.submissionHash,
      role_id: row.roleId,
      policy_hash: row.policyHash,
      ...derivedColumns(next, sealed.commitment),
      received_at: event.at,
    };
    return `insert into cases (${Object.keys(columns).join(', ')}) values (${sql.list(Object.values(columns))})`;
  });
}

/**
 * Moves a case on by one event.
 * @returns what the participants need to recompute the entry.
 */
export async function recordEvent(tx: Tx, recorded: NewEvent, deps: AppendDeps): Promise<EventReceipt> {
  const { row, event, next, payload, assignee } = recorded;
  if (next.eventNumber !== row.eventNumber + 1) throw new Invariant('events of a case have no gaps');
  const sealed = sealEvent(row, event, next.eventNumber, payload, deps);
  return appendEvent(tx, sealed, (sql) => {
    // Only what changes is named: not every role may write every column.
    const columns = {
      ...derivedColumns(next, sealed.commitment),
      ...(assignee !== undefined && { assignee: bytesOrNull(assignee) }),
    };
    const changes = Object.entries(columns).map(([name, value]) => `${name} = ${sql.add(value)}`);
    return `update cases set ${changes.join(', ')} where pseudonym = ${sql.add(row.pseudonym)}`;
  });
}

/** The case, locked until the transaction ends; null if there is none. */
export function caseForUpdate(tx: Tx, pseudonym: Uint8Array): Promise<CaseRow | null> {
  return tx
    .createQueryBuilder(CaseRow, 'c')
    .setLock('pessimistic_write')
    .where('c.pseudonym = :pseudonym', { pseudonym: Buffer.from(pseudonym) })
    .getOne();
}

/** Adds an entry that anyone can read. */
export async function appendPublicLeaf(
  tx: Tx,
  leaf: { readonly class: PublicLeafClass; readonly body: Uint8Array; readonly time: Instant },
  deps: Pick<AppendDeps, 'tickSeconds'>,
): Promise<void> {
  const entry = encodePublicLeaf({ ...leaf, time: floorTo(leaf.time, deps.tickSeconds) });
  await tx.insert(LogOutboxRow, {
    casePseudonym: null,
    eventNumber: null,
    entry: Buffer.from(entry),
    random: null,
    opening: null,
    createdAt: leaf.time,
  });
}

/** Sees to it that the KEYSET in force has an entry of today (UTC), so that clients find fresh proof of it. */
export async function ensureKeysetLeaf(
  tx: Tx,
  keyset: Pick<Keyset, 'version' | 'hash'>,
  now: Instant,
  deps: Pick<AppendDeps, 'tickSeconds'>,
): Promise<void> {
  // Two workers at once would both find none.
  await tx.query('select pg_advisory_xact_lock($1)', [KEYSET_LEAF_LOCK]);
  const body = encodeKeysetLeafBody({ ...keyset, path: `/keyset/${toHex(keyset.hash)}` });
  const midnight = now - (now % DAY_SECONDS);
  const rows: { entry: Buffer }[] = await tx.query(
    'select entry from log_outbox where case_pseudonym is null and created_at >= $1',
    [midnight],
  );
  const header = encodePublicLeaf({ class: PUBLIC_LEAF_CLASS.keyset, time: 0, body });
  const isThere = rows.some(({ entry }) => samePublicLeaf(entry, header));
  if (!isThere) await appendPublicLeaf(tx, { class: PUBLIC_LEAF_CLASS.keyset, body, time: now }, deps);
}

/** What a leaf of these classes announces: its number in the class, its SHA-256, and where it is published. */
export type Announced = {
  readonly kind: 'policy' | 'release' | 'statistics' | 'anchor';
  readonly version: number;
  readonly hash: Uint8Array;
};

/** Adds the entry of a published document. The body has the layout of a KEYSET leaf's (libs/crypto SPEC §7.1). */
export async function appendDocumentLeaf(
  tx: Tx,
  { kind, version, hash }: Announced,
  now: Instant,
  deps: Pick<AppendDeps, 'tickSeconds'>,
): Promise<void> {
  const folder = kind === 'policy' ? 'policy' : 'published';
  const body = encodeKeysetLeafBody({ version, hash, path: `/${folder}/${toHex(hash)}` });
  await appendPublicLeaf(tx, { class: PUBLIC_LEAF_CLASS[kind], body, time: now }, deps);
}

/** The last tick at or before an instant. */
export function floorTo(time: Instant, tickSeconds: number): Instant {
  return time - (time % tickSeconds);
}

const KEYSET_LEAF_LOCK = 0x5afec0d2;
/** version(1) ‖ class(1) ‖ zero(2), before the time(8). */
const LEAF_TIME = { start: 4, end: 12 } as const;

function samePublicLeaf(a: Uint8Array, b: Uint8Array): boolean {
  return (
    bytesEqual(a.subarray(0, LEAF_TIME.start), b.subarray(0, LEAF_TIME.start)) &&
    bytesEqual(a.subarray(LEAF_TIME.end), b.subarray(LEAF_TIME.end))
  );
}

type SealedEvent = {
  readonly casePseudonym: Uint8Array;
  readonly eventNumber: number;
  readonly at: Instant;
  readonly random: Bytes;
  readonly opening: Bytes;
  readonly commitment: Bytes;
  readonly entry: Bytes;
  readonly payload: Payload;
  readonly payloadRandom: Bytes;
  readonly statementHash: Uint8Array;
  readonly signatureHash: Uint8Array;
};

const ACTOR_CLASS = { system: 0, reporter: 1, staff: 2 } as const satisfies Record<
  CaseEvent['actor'],
  ActorClass
>;

function sealEvent(
  previous: Pick<CaseRow, 'pseudonym' | 'policyHash'> & { readonly lastCommitment: Uint8Array },
  event: CaseEvent,
  eventNumber: number,
  payload: Payload,
  { random, tickSeconds }: AppendDeps,
): SealedEvent {
  const payloadRandom = random.bytes(HASH_BYTES);
  const statementHash = payload.statement === undefined ? NO_HASH : sha256(payload.statement);
  const signatureHash = payload.signature === undefined ? NO_HASH : sha256(payload.signature);
  const opening = encodeOpening({
    type: EVENT_TYPES[event.type],
    actorClass: ACTOR_CLASS[event.actor],
    flags: 0,
    casePseudonym: new Uint8Array(previous.pseudonym),
    eventNumber,
    serverTime: event.at,
    previousCommitment: new Uint8Array(previous.lastCommitment),
    payloadCommitment: commitPayload(payloadRandom, statementHash, signatureHash, payload.items),
    policyHash: new Uint8Array(previous.policyHash),
    detail: parseCanonicalJson(decodeUtf8(encodeDetail(event.type, event.detail), 'detail'), 'detail'),
  });
  const r = random.bytes(HASH_BYTES);
  const commitment = commitEvent(r, opening);
  return {
    casePseudonym: previous.pseudonym,
    eventNumber,
    at: event.at,
    random: r,
    opening,
    commitment,
    entry: encodeCaseLeaf({ time: floorTo(event.at, tickSeconds), commitment }),
    payload,
    payloadRandom,
    statementHash,
    signatureHash,
  };
}

/**
 * The case, the entry and what its payload binds, in one round trip.
 * @param changeCase - writes the statement that inserts or moves the case.
 */
async function appendEvent(
  tx: Tx,
  sealed: SealedEvent,
  changeCase: (sql: Parameters) => string,
): Promise<EventReceipt> {
  const { casePseudonym, eventNumber, payload } = sealed;
  const sql = new Parameters();
  const entry = [
    Buffer.from(casePseudonym),
    eventNumber,
    Buffer.from(sealed.entry),
    Buffer.from(sealed.random),
    Buffer.from(sealed.opening),
    sealed.at,
  ];
  const bound = [
    Buffer.from(sealed.payloadRandom),
    bytesOrNull(payload.statement),
    bytesOrNull(payload.signature),
    Buffer.from(sealed.statementHash),
    Buffer.from(sealed.signatureHash),
    Buffer.from(concatBytes(...payload.items)),
  ];
  await tx.query(
    `with changed as (${changeCase(sql)}),
     added as (
       insert into log_outbox (case_pseudonym, event_number, entry, random, opening, created_at)
       values (${sql.list(entry)}) returning id)
     insert into event_payloads
       (outbox_id, payload_random, statement, signature, statement_hash, signature_hash, items)
     select id, ${sql.list(bound)} from added`,
    sql.values,
  );
  return {
    casePseudonym: toHex(casePseudonym),
    eventNumber,
    entry: toBase64(sealed.entry),
    random: toBase64(sealed.random),
    opening: toBase64(sealed.opening),
    payloadRandom: toBase64(sealed.payloadRandom),
    statementHash: toHex(sealed.statementHash),
    signatureHash: toHex(sealed.signatureHash),
    items: payload.items.map(toHex),
  };
}

function derivedColumns(next: CaseState, commitment: Uint8Array) {
  const official = next.routedTo ?? next.escalatedTo;
  return {
    state: JSON.stringify(next),
    phase: next.phase,
    escalated: next.flags.escalated,
    routed_to: official === undefined ? null : Buffer.from(fromHex(official, 'role', 16)),
    event_number: next.eventNumber,
    last_commitment: Buffer.from(commitment),
    next_deadline: nextDue(next) ?? null,
  };
}

function bytesOrNull(bytes: Uint8Array | null | undefined): Buffer | null {
  return bytes === null || bytes === undefined ? null : Buffer.from(bytes);
}
