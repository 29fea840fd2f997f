/** Receipts recomputed: that a case's events are what the ledger's entries commit to, each after the one before. */
import {
  ACTOR_CLASSES,
  type CaseEvent,
  type CaseState,
  parseCaseEvent,
  type Policy,
  replay,
} from '@app/casework';
import type { CaseEventRecord } from '@app/contracts';
import { commitEvent, commitPayload, type Opening, verifyOpening } from '@app/crypto/verify';
import { type Bytes, bytesEqual, fromBase64, fromHex, Invariant, toHex } from '@app/encoding';
import { refuse } from './deps.js';

/** A receipt as it is answered at any later time: of an erased case without what opens its payload. */
export type StoredReceipt = Omit<CaseEventRecord, 'index'>;

/** One event whose entry was recomputed from its opening. */
export type VerifiedEvent = {
  readonly receipt: StoredReceipt;
  readonly entry: Bytes;
  readonly opening: Opening;
  /** C of the entry, which the next event names. */
  readonly commitment: Bytes;
  readonly event: CaseEvent;
  /** SHA-256 of what it brought along, lower-case hex; empty once erased. */
  readonly items: ReadonlySet<string>;
};

/** A case from its first event to its last. */
export type History = {
  readonly events: readonly VerifiedEvent[];
  readonly last: VerifiedEvent;
  readonly state: CaseState;
};

/**
 * Recomputes an entry from its receipt.
 * @throws {ParseError} malformed bytes or codes.
 * @throws {VerificationError} `opening_commitment`, `opening_time`, `receipt_mismatch`.
 * @see libs/crypto SPEC.md §7.3
 */
export function verifyReceipt(receipt: StoredReceipt): VerifiedEvent {
  const entry = fromBase64(receipt.entry, 'receipt.entry');
  const random = fromBase64(receipt.random, 'receipt.random', 32);
  const openingBytes = fromBase64(receipt.opening, 'receipt.opening');
  const opening = verifyOpening(entry, random, openingBytes);
  const named =
    toHex(opening.casePseudonym) === receipt.casePseudonym && opening.eventNumber === receipt.eventNumber;
  if (!named || !isPayload(receipt, opening)) refuse('receipt_mismatch');
  return {
    receipt,
    entry,
    opening,
    commitment: commitEvent(random, openingBytes),
    event: eventOf(opening),
    items: new Set(receipt.items),
  };
}

/** Whether what the event brought is what it committed to. Of an erased case nothing is left to compare. */
function isPayload(receipt: StoredReceipt, { payloadCommitment }: Opening): boolean {
  const { payloadRandom, statementHash, signatureHash, items } = receipt;
  if (isErased(receipt)) return items.length === 0;
  if (payloadRandom === null || statementHash === null || signatureHash === null) return false;
  const payload = commitPayload(
    fromBase64(payloadRandom, 'receipt.payload_random', 32),
    fromHex(statementHash, 'receipt.statement_hash', 32),
    fromHex(signatureHash, 'receipt.signature_hash', 32),
    items.map((item) => fromHex(item, 'receipt.items', 32)),
  );
  return bytesEqual(payload, payloadCommitment);
}

/** Whether what opens the payload of this event is gone. */
export function isErased({ payloadRandom, statementHash, signatureHash }: StoredReceipt): boolean {
  return payloadRandom === null && statementHash === null && signatureHash === null;
}

/** The case event an opening stands for. @throws {ParseError} for a type or detail that no event has. */
export function eventOf(opening: Opening): CaseEvent {
  const { type, serverTime, actorClass, detail } = opening;
  return parseCaseEvent(type, serverTime, ACTOR_CLASSES[actorClass], detail ?? {});
}

/**
 * Verifies a whole case: no gap, each event naming the one before, and a history that can have happened.
 * @param policy - the one in force at the first event.
 * @throws {VerificationError} as `verifyReceipt`; `receipt_chain`, `history_impossible`.
 */
export function verifyHistory(receipts: readonly StoredReceipt[], policy: Policy): History {
  const events = receipts.map(verifyReceipt);
  checkChain(events.map(({ opening, commitment }) => ({ opening, commitment })));
  const last = events.at(-1);
  if (last === undefined) refuse('receipt_chain');
  // A payload may be gone only where the case was erased, and never that of the erasure.
  const wasErased = last.event.type === 'ERASED' && !isErased(last.receipt);
  if (!wasErased && events.some(({ receipt }) => isErased(receipt))) refuse('receipt_mismatch');
  return {
    events,
    last,
    state: replayed(
      events.map(({ event }) => event),
      policy,
    ),
  };
}

/** @throws {VerificationError} `receipt_chain` unless numbers run from 1 and each event names the one before. */
export function checkChain(
  links: readonly { readonly opening: Opening; readonly commitment: Bytes }[],
): void {
  let previous: Bytes = new Uint8Array(32);
  const first = links[0]?.opening;
  links.forEach(({ opening, commitment }, index) => {
    const follows =
      opening.eventNumber === index + 1 &&
      bytesEqual(opening.previousCommitment, previous) &&
      first !== undefined &&
      bytesEqual(opening.casePseudonym, first.casePseudonym) &&
      bytesEqual(opening.policyHash, first.policyHash);
    if (!follows) refuse('receipt_chain');
    previous = commitment;
  });
}

/** @throws {VerificationError} `history_impossible`. */
export function replayed(events: readonly CaseEvent[], policy: Policy): CaseState {
  try {
    return replay(events, policy);
  } catch (error) {
    if (error instanceof Invariant) refuse('history_impossible');
    throw error;
  }
}
