/** The audit of one case: its events against their entries, and all that is stored of it against its events. */
import {
  applyEvent,
  type CaseEvent,
  type CaseState,
  nextDue,
  parseCaseEvent,
  parsePolicy,
  type Policy,
} from '@app/casework';
import {
  checkSignature,
  commitPayload,
  nobleVerifier,
  type Opening,
  parseLeaf,
  sha256,
  TAG,
  verifyOpening,
} from '@app/crypto/verify';
import {
  bytesEqual,
  encodeUtf8,
  fromHex,
  Invariant,
  type Json,
  parseCanonicalJson,
  ParseError,
  toHex,
  VerificationError,
} from '@app/encoding';
import type { Tx } from '@app/persistence';
import { isDeepStrictEqual } from 'node:util';

/**
 * - `entry_malformed`, `opening_invalid`, `opening_foreign`: not an entry; its opening does not open it; it opens it
 *   as an event of another case or number.
 * - `detail_invalid`: an opening whose event no case can have.
 * - `payload_mismatch`, `statement_mismatch`: what is stored beside the event is not what it committed to.
 * - `payload_missing`: what opens the commitment to the payload is gone, and no event erased the case; or it is that of
 *   the erasure itself.
 * - `chain_broken`: an event number is missing, or the commitment to the event before is not to it.
 * - `case_head_mismatch`: the case's row does not stand at its last event, or has none.
 * - `history_impossible`: events that no legal case has in this order.
 * - `policy_mismatch`: the case's POLICY is not the one its events name, or is stored otherwise than hashed.
 * - `case_state_mismatch`: a column of the case's row is not what its events give.
 * - `escalation_box_mismatch`: a held-back box is there that should have gone, or is gone that should be held.
 * - `mailbox_mismatch`: the row names another mailbox, key or body than the one that signed the submission; a mailbox
 *   is not the one that its event opened, is missing, or is open or closed otherwise than the events say.
 */
export type CaseFindingCode =
  | 'entry_malformed'
  | 'opening_invalid'
  | 'opening_foreign'
  | 'detail_invalid'
  | 'payload_mismatch'
  | 'statement_mismatch'
  | 'payload_missing'
  | 'chain_broken'
  | 'case_head_mismatch'
  | 'history_impossible'
  | 'policy_mismatch'
  | 'case_state_mismatch'
  | 'escalation_box_mismatch'
  | 'mailbox_mismatch';

/** Of the case that was asked for. */
export type CaseFinding = {
  readonly code: CaseFindingCode;
  /** The event that is wrong, or the last one where the case is. */
  readonly eventNumber: number;
  /** Of the table `cases`. */
  readonly column?: string;
};

type EventRow = {
  readonly event_number: number;
  readonly entry: Buffer;
  readonly random: Buffer;
  readonly opening: Buffer;
  readonly payload_random: Buffer | null;
  readonly statement: Buffer | null;
  readonly signature: Buffer | null;
  readonly statement_hash: Buffer;
  readonly signature_hash: Buffer;
  readonly items: Buffer;
};

/** Every event from the first on, then the case's row. What hangs on a wrong event is not looked at. */
export async function auditCase(tx: Tx, pseudonym: Buffer): Promise<CaseFinding[]> {
  const rows: EventRow[] = await tx.query(
    `select o.event_number, o.entry, o.random, o.opening, p.payload_random, p.statement, p.signature,
            p.statement_hash, p.signature_hash, p.items
     from log_outbox o left join event_payloads p on p.outbox_id = o.id
     where o.case_pseudonym = $1 order by o.event_number`,
    [pseudonym],
  );
  const findings: CaseFinding[] = [];
  const events: AuditedEvent[] = [];
  let previous: Uint8Array = new Uint8Array(32);
  for (const [i, row] of rows.entries()) {
    const { codes, audited } = auditEvent(pseudonym, row, { number: i + 1, previous });
    findings.push(...codes.map((code) => ({ code, eventNumber: row.event_number })));
    if (audited !== undefined) events.push(audited);
    previous = commitmentOf(row.entry) ?? previous;
  }
  findings.push(...missingPayloads(rows, events));
  const stored = await storedCase(tx, pseudonym);
  const eventNumber = rows.length;
  if (stored?.event_number !== eventNumber || !bytesEqual(stored.last_commitment, previous)) {
    findings.push({ code: 'case_head_mismatch', eventNumber });
  }
  if (stored === undefined || eventNumber === 0 || events.length < eventNumber) return findings;
  return [...findings, ...auditRow(stored, events).map((found) => ({ eventNumber, ...found }))];
}

/** What opens a payload may be gone for every event before an erasure, and for no other. */
function missingPayloads(rows: readonly EventRow[], events: readonly AuditedEvent[]): CaseFinding[] {
  const last = events.at(-1);
  const erasure = last?.event.type === 'ERASED' ? last.opening.eventNumber : 0;
  return rows
    .filter(({ payload_random, event_number }) => payload_random === null && event_number >= erasure)
    .map(({ event_number: eventNumber }) => ({ code: 'payload_missing', eventNumber }));
}

/** An event that stands where it should; `signed` is what its payload bears out. */
type AuditedEvent = {
  readonly opening: Opening;
  readonly event: CaseEvent;
  readonly signed?: { readonly statement: Buffer; readonly signature: Buffer };
  /** SHA-256 of what it brought, hex; absent once erased. */
  readonly items?: ReadonlySet<string>;
};

function auditEvent(
  pseudonym: Buffer,
  row: EventRow,
  expected: { number: number; previous: Uint8Array },
): { readonly codes: readonly CaseFindingCode[]; readonly audited?: AuditedEvent } {
  const opening = openedBy(row);
  if (typeof opening === 'string') return { codes: [opening] };
  const codes: CaseFindingCode[] = [];
  if (!bytesEqual(opening.casePseudonym, pseudonym) || opening.eventNumber !== row.event_number) {
    codes.push('opening_foreign');
  }
  if (row.event_number !== expected.number || !bytesEqual(opening.previousCommitment, expected.previous)) {
    codes.push('chain_broken');
  }
  const event = eventOf(opening);
  if (event === undefined) codes.push('detail_invalid');
  const wrong = auditPayload(row, opening);
  const kept = wrong.length === 0 ? keptOf(row) : {};
  const audited = codes.length > 0 || event === undefined ? {} : { audited: { opening, event, ...kept } };
  return { codes: [...codes, ...wrong], ...audited };
}

/** What a payload that holds bears out; nothing once it is erased. */
function keptOf(row: EventRow): Pick<AuditedEvent, 'signed' | 'items'> {
  const { payload_random, statement, signature } = row;
  const isSigned = statement !== null && signature !== null;
  return {
    ...(isSigned && { signed: { statement, signature } }),
    ...(payload_random !== null && { items: new Set(itemsOf(row).map(toHex)) }),
  };
}

function openedBy({ entry, random, opening }: EventRow): Opening | CaseFindingCode {
  try {
    return verifyOpening(entry, random, opening);
  } catch (error) {
    if (error instanceof VerificationError) return 'opening_invalid';
    if (error instanceof ParseError) return 'entry_malformed';
    throw error;
  }
}

function eventOf({ type, serverTime, actorClass, detail }: Opening): CaseEvent | undefined {
  try {
    return parseCaseEvent(type, serverTime, (['system', 'reporter', 'staff'] as const)[actorClass], detail);
  } catch (error) {
    if (error instanceof ParseError) return undefined;
    throw error;
  }
}

function auditPayload(row: EventRow, opening: Opening): CaseFindingCode[] {
  // Erased: the commitment stands and says nothing any more.
  if (row.payload_random === null) return [];
  const commitment = commitPayload(row.payload_random, row.statement_hash, row.signature_hash, itemsOf(row));
  const codes: CaseFindingCode[] = [];
  if (!bytesEqual(commitment, opening.payloadCommitment)) codes.push('payload_mismatch');
  const isKept = isHashOf(row.statement, row.statement_hash) && isHashOf(row.signature, row.signature_hash);
  if (!isKept) codes.push('statement_mismatch');
  return codes;
}

function itemsOf({ items }: EventRow): Buffer[] {
  return Array.from({ length: items.length / 32 }, (_, i) => items.subarray(i * 32, i * 32 + 32));
}

/** Nothing was signed: zeros stand for the hash. */
function isHashOf(bytes: Buffer | null, hash: Buffer): boolean {
  return bytesEqual(hash, bytes === null ? new Uint8Array(32) : sha256(bytes));
}

function commitmentOf(entry: Uint8Array): Uint8Array | undefined {
  try {
    const leaf = parseLeaf(entry);
    return leaf.class === 0 ? leaf.commitment : undefined;
  } catch {
    return undefined;
  }
}

type StoredMailbox = {
  readonly id: string;
  readonly key: string;
  readonly person: number;
  readonly compartment: number | null;
  readonly opened_by: number;
  readonly closed_by: number | null;
};

/** What the audit may read of a case's row and of what hangs on it. */
type StoredCase = {
  readonly event_number: number;
  readonly last_commitment: Buffer;
  readonly policy_hash: Buffer;
  readonly policy_body: string | null;
  readonly mailbox_id: Buffer;
  readonly mailbox_key: Buffer;
  readonly submission_hash: Buffer;
  readonly is_box_held: boolean;
  /** All of the case's, by `opened_by` and person. */
  readonly mailboxes: readonly StoredMailbox[];
  /** The columns that the events give, as `columnsOf` has them. */
  readonly columns: Json;
};

async function storedCase(tx: Tx, pseudonym: Buffer): Promise<StoredCase | undefined> {
  const rows: StoredCase[] = await tx.query(
    `select c.event_number, c.last_commitment, c.policy_hash, p.body as policy_body,
            c.mailbox_id, c.mailbox_key, c.submission_hash,
            exists (select 1 from escalation_boxes e where e.case_pseudonym = c.pseudonym) as is_box_held,
            (select coalesce(jsonb_agg(jsonb_build_object('id', encode(m.mailbox_id, 'hex'), 'key', encode(m.key, 'hex'),
              'person', m.person, 'compartment', m.compartment, 'opened_by', m.opened_by, 'closed_by', m.closed_by)
              order by m.opened_by), '[]')
             from mailboxes m where m.case_pseudonym = c.pseudonym) as mailboxes,
            jsonb_build_object('state', c.state, 'phase', c.phase, 'escalated', c.escalated,
              'role_id', encode(c.role_id, 'hex'), 'routed_to', encode(c.routed_to, 'hex'),
              'assignee', c.assignee is not null, 'next_deadline', c.next_deadline,
              'received_at', c.received_at) as columns
     from cases c left join policies p on p.hash = c.policy_hash where c.pseudonym = $1`,
    [pseudonym],
  );
  return rows[0];
}

/** What the events give. Who was assigned is no event's business; whether somebody is, follows. */
function columnsOf(state: CaseState, events: readonly AuditedEvent[]): Readonly<Record<string, Json>> {
  const handed = events.findLast(({ event }) => event.type === 'ASSIGNED' || event.type === 'RECUSED');
  const first = events[0]?.event;
  return {
    // As the database gives it back: without members that are undefined.
    state: JSON.parse(JSON.stringify(state)) as Json,
    phase: state.phase,
    escalated: state.flags.escalated,
    role_id: first?.type === 'SUBMITTED' ? first.detail.role : null,
    routed_to: state.routedTo ?? state.escalatedTo ?? null,
    assignee: handed?.event.type === 'ASSIGNED',
    next_deadline: nextDue(state) ?? null,
    received_at: state.submittedAt,
  };
}

type RowFinding = Omit<CaseFinding, 'eventNumber'> & { readonly eventNumber?: number };

function auditRow(stored: StoredCase, events: readonly AuditedEvent[]): readonly RowFinding[] {
  const wrong = [...(isSigners(stored, events[0]) ? [] : [1]), ...mailboxesThatDiffer(stored, events)];
  const mailbox = [...new Set(wrong)].map(
    (eventNumber) => ({ code: 'mailbox_mismatch', eventNumber }) as const,
  );
  const policy = policyOf(stored, events);
  if (policy === undefined) return [...mailbox, { code: 'policy_mismatch' }];
  const state = replayed(events, policy);
  if (typeof state === 'number') return [...mailbox, { code: 'history_impossible', eventNumber: state }];
  const columns = stored.columns as Readonly<Record<string, Json>>;
  const changed = Object.entries(columnsOf(state, events)).filter(
    ([column, value]) => !isDeepStrictEqual(columns[column], value),
  );
  return [
    ...mailbox,
    ...changed.map(([column]) => ({ code: 'case_state_mismatch', column }) as const),
    ...((state.escalationBox === 'held' && state.phase !== 'ERASED') === stored.is_box_held
      ? []
      : [{ code: 'escalation_box_mismatch' } as const]),
  ];
}

/** The POLICY that every event names, as hashed. */
function policyOf(
  { policy_hash, policy_body }: StoredCase,
  events: readonly AuditedEvent[],
): Policy | undefined {
  if (events.some(({ opening }) => !bytesEqual(opening.policyHash, policy_hash))) return undefined;
  if (policy_body === null || !bytesEqual(sha256(encodeUtf8(policy_body)), policy_hash)) return undefined;
  return parsePolicy(parseCanonicalJson(policy_body, 'policy'));
}

/** The state after all events, or the number of the first that cannot follow on those before it. */
function replayed(events: readonly AuditedEvent[], policy: Policy): CaseState | number {
  let state: CaseState | undefined;
  for (const [i, { event }] of events.entries()) {
    try {
      state = applyEvent(state, event, policy);
    } catch (error) {
      if (error instanceof Invariant) return i + 1;
      throw error;
    }
  }
  return state ?? 0;
}

/** mailbox_id(16) ‖ SHA-256(body)(32) ‖ nonce(16) end the transcript of a mailbox request (libs/crypto SPEC §9.1). */
const TRANSCRIPT_END = 64;

/** Whether the row's mailbox signed the submission; true where nothing was signed. */
function isSigners(stored: StoredCase, submitted: AuditedEvent | undefined): boolean {
  if (submitted?.signed === undefined || submitted.event.actor !== 'reporter') return true;
  const { statement, signature } = submitted.signed;
  const end = statement.subarray(-TRANSCRIPT_END);
  const isNamed =
    bytesEqual(end.subarray(0, 16), stored.mailbox_id) &&
    bytesEqual(end.subarray(16, 48), stored.submission_hash);
  return isNamed && isSignedBy(stored.mailbox_key, statement, signature);
}

/** What the events say of a mailbox, without the identifier and key, of which they commit to the hash alone. */
type ExpectedMailbox = Omit<StoredMailbox, 'id' | 'key'> & { readonly items?: ReadonlySet<string> };

/** @returns the events that opened a mailbox which is not stored as they say, and those that no event opened. */
function mailboxesThatDiffer(stored: StoredCase, events: readonly AuditedEvent[]): readonly number[] {
  const expected = expectedMailboxes(events);
  const differing = expected.filter((said) => {
    const found = stored.mailboxes.find(({ opened_by }) => opened_by === said.opened_by);
    if (found === undefined) return true;
    const { id, key, ...codes } = found;
    const { items, ...saidCodes } = said;
    const isFirst = said.opened_by === 1;
    const isNamed = isFirst
      ? id === toHex(stored.mailbox_id) && key === toHex(stored.mailbox_key)
      : items === undefined || items.has(toHex(sha256(fromHex(id + key, 'mailbox', MAILBOX_BYTES))));
    return !isNamed || !isDeepStrictEqual(codes, saidCodes);
  });
  const unsaid = stored.mailboxes.filter(
    ({ opened_by }) => !expected.some((said) => said.opened_by === opened_by),
  );
  return [...differing, ...unsaid].map(({ opened_by }) => opened_by);
}

function expectedMailboxes(events: readonly AuditedEvent[]): readonly ExpectedMailbox[] {
  let mailboxes: readonly ExpectedMailbox[] = [];
  for (const { opening, event, items } of events) {
    const opened_by = opening.eventNumber;
    const committed = items === undefined ? {} : { items };
    const close = (person: number): void => {
      mailboxes = mailboxes.map((one) =>
        one.person === person && one.closed_by === null ? { ...one, closed_by: opened_by } : one,
      );
    };
    if (event.type === 'SUBMITTED')
      mailboxes = [{ person: 0, compartment: null, opened_by, closed_by: null }];
    if (event.type === 'PERSON_INVITED')
      mailboxes = [...mailboxes, { ...event.detail, opened_by, closed_by: null, ...committed }];
    if (event.type === 'MAILBOX_CLOSED') close(event.detail.person);
    if (event.type === 'CODE_CHANGED') {
      const { person } = event.detail;
      const old = mailboxes.findLast((one) => one.person === person);
      close(person);
      const compartment = old?.compartment ?? null;
      mailboxes = [...mailboxes, { person, compartment, opened_by, closed_by: null, ...committed }];
    }
  }
  return mailboxes;
}

/** mailbox_id(16) ‖ key(32). */
const MAILBOX_BYTES = 48;

function isSignedBy(key: Uint8Array, statement: Uint8Array, signature: Uint8Array): boolean {
  try {
    checkSignature(VERIFIER, TAG.mailbox, key, statement, signature, 'mailbox_signature');
    return true;
  } catch (error) {
    if (error instanceof VerificationError) return false;
    throw error;
  }
}

const VERIFIER = nobleVerifier();
