/** Answers of the staff origin. */
import { type CaseEvent, decide, EVENT_TYPES, nextDue, nextWarning, parseAct } from '@app/casework';
import { type RouteName, sealedItems, type StaffAct } from '@app/contracts';
import {
  checkSignature,
  hashItems,
  parseStatement,
  sha256,
  TAG,
  usableCertificate,
  verifyGrant,
  verifySessionChallenge,
  verifyStatement,
} from '@app/crypto/verify';
import { bytesEqual, fromBase64, fromHex, type Json, toHex } from '@app/encoding';
import { ORIGIN } from './fake-ledger.js';
import { type Act, demand, type FakeCase, type FakeOffice, type Handler, refused } from './fake-office.js';

type StaffRoute =
  | 'vault'
  | 'openSession'
  | 'changeVault'
  | 'sessions'
  | 'endSession'
  | 'closeSession'
  | 'epochBoxes'
  | 'publishKeyset'
  | 'cases'
  | 'caseFile'
  | 'casePart'
  | 'caseAct'
  | 'openings'
  | 'checkpoints'
  | 'responseTimes'
  | 'events'
  | 'referrals'
  | 'referralFile'
  | 'retention'
  | 'retentionCase'
  | 'delays'
  | 'alarms'
  | 'deadLetters'
  | 'redriveDeadLetter'
  | 'discardDeadLetter';

/** The staff origin. */
export function staffHandlers(office: FakeOffice): Pick<Record<RouteName, Handler>, StaffRoute> {
  return {
    vault: ({ json }) => {
      const { subject, authKey } = json as { subject: string; authKey: string };
      const member = office.org.staff.find((one) => one.subject === subject);
      const isRight = member?.vault.authHash === toHex(sha256(fromBase64(authKey, 'auth')));
      demand(isRight, 'unauthorized');
      const nonce = toHex(office.random.bytes(32));
      office.nonces.add(nonce);
      const { keyring } = member.vault;
      const expires = office.now + 120;
      return { keyring, unlockers: null, certificateHash: member.certificateHash, nonce, expires };
    },
    openSession: ({ json }) => {
      const body = json as Record<'certificateHash' | 'nonce' | 'deviceKey' | 'signature', string>;
      demand(office.nonces.delete(body.nonce), 'nonce_expired');
      const certificateHash = fromHex(body.certificateHash, 'hash');
      const certificate = usableCertificate(office.keyset, certificateHash, office.now);
      const nonce = fromHex(body.nonce, 'nonce');
      const deviceKey = fromHex(body.deviceKey, 'key');
      const challenge = { origin: ORIGIN, nonce, certificateHash, deviceKey };
      const signature = fromBase64(body.signature, 'signature');
      verifySessionChallenge(office.providers.verifier, certificate.signingPublicKey, challenge, signature);
      const token = toHex(office.random.bytes(32));
      office.sessions.set(token, body.certificateHash);
      return { token, now: office.now, expires: office.now + 900, idleSeconds: 900 };
    },
    closeSession: (request) => void office.sessions.delete(office.token(request)),
    epochBoxes: (request) => {
      const certificateHash = office.sessions.get(office.token(request));
      const boxes = office.epochBoxes.filter((box) => box.certificateHash === certificateHash);
      return { boxes, next: null };
    },
    changeVault: () => undefined,
    sessions: () => ({ sessions: [] }),
    endSession: () => refused('not_found'),
    publishKeyset: () => undefined,
    cases: (request) => {
      const { roleId } = office.staff(request);
      const mine = office.cases.filter(({ state }) =>
        [state.role, state.routedTo, state.escalatedTo].includes(roleId),
      );
      return {
        cases: mine.map((one) => ({
          casePseudonym: toHex(one.pseudonym),
          phase: one.state.phase,
          priority: one.state.priority ?? null,
          declaredUrgent: one.state.declaredUrgent,
          escalated: one.state.flags.escalated,
          role: one.state.role,
          assignedToMe: false,
          eventNumber: one.events.length,
          receivedAt: one.state.submittedAt,
          nextDeadline: nextDue(one.state) ?? null,
          warnAt: nextWarning(one.state) ?? null,
          quarantined: false,
        })),
        next: null,
        anyQuarantined: false,
      };
    },
    caseFile: (request) => {
      const { roleId } = office.staff(request);
      const one = office.case(request);
      const boxes = one.boxes.filter(
        ({ recipient }) => recipient.kind === 'role' && recipient.role === roleId,
      );
      return {
        casePseudonym: toHex(one.pseudonym),
        threadId: one.threadId,
        policyHash: toHex(office.keyset.policyHash),
        events: one.events,
        compartments: one.compartments,
        boxes,
        objects: one.objects.filter((o) => boxes.some((b) => b.compartment === o.compartment)),
        blobs: [],
        statements: one.statements,
      };
    },
    casePart: (request) => {
      office.staff(request);
      const blob = office.blobs.get(String(request.params.blob));
      return blob?.parts.get(Number(request.params.part)) ?? refused('not_found');
    },
    caseAct: async (request) => {
      const actor = office.staff(request);
      const one = office.case(request);
      const body = request.json as Act;
      const decision = decide(one.state, parseAct(body.act as Json), {
        now: office.now,
        actor,
        policy: office.policy,
      });
      demand(decision.ok, 'not_allowed_now');
      const items = sealedItems(body);
      checkStatement(office, one, decision.event, body, items);
      for (const box of body.boxes)
        verifyGrant(
          office.providers.verifier,
          office.keyset,
          fromBase64(String(box.grant), 'grant'),
          office.now,
        );
      const statement = {
        transcript: fromBase64(body.statement, 's'),
        signature: fromBase64(body.signature, 's'),
      };
      office.append(one, decision.event, decision.next, statement, items);
      office.store(one, body, 'staff');
      one.statements.push({
        eventNumber: one.events.length,
        statement: body.statement,
        signature: body.signature,
      });
      one.compartments.push(...body.compartments);
      await office.settle();
      return { receipt: one.events.at(-1) };
    },
    openings: ({ query }) => ({
      from: Number(query.from),
      openings: office.ledger.openings.slice(Number(query.from), Number(query.to)),
    }),
    checkpoints: ({ query }) => {
      const found = office.ledger.history(Number(query.after), Number(query.upTo));
      // Two to a page, so that clients have to turn it.
      const page = found.slice(0, 2);
      return {
        notes: page.map(({ note }) => note),
        next: found.length > 2 ? page[1]?.size : null,
      };
    },
    events: () => undefined,
    responseTimes: () => ({ times: [], next: null }),
    delays: () => ({ count: 0, maxSeconds: null, p50Seconds: null, p95Seconds: null }),
    alarms: () => ({ alarms: [], next: null }),
    referrals: () => ({ referrals: [], next: null }),
    referralFile: () => refused('not_found'),
    retention: () => ({ cases: [], next: null }),
    retentionCase: () => refused('not_found'),
    deadLetters: () => ({ letters: [], next: null }),
    redriveDeadLetter: () => refused('not_found'),
    discardDeadLetter: () => refused('not_found'),
  };
}

function checkStatement(
  office: FakeOffice,
  one: FakeCase,
  event: CaseEvent,
  body: Act,
  items: readonly string[],
): void {
  const bytes = fromBase64(body.statement, 'statement');
  const { verifier } = office.providers;
  verifyStatement(verifier, office.keyset, bytes, fromBase64(body.signature, 'signature'), office.now);
  const statement = parseStatement(bytes);
  const isCurrent =
    statement.expectedEventNumber === one.events.length + 1 &&
    bytesEqual(statement.previousCommitment, one.last);
  demand(isCurrent, 'case_moved');
  const hash = hashItems(items.map((item) => sha256(fromBase64(item, 'item'))));
  demand(
    statement.type === EVENT_TYPES[event.type] && bytesEqual(statement.itemsHash, hash),
    'statement_invalid',
  );
  const named = 'second' in event.detail ? event.detail.second : undefined;
  // The schema leaves it out where there is none.
  const second = body.second as StaffAct['second'];
  demand(named === second?.certificateHash, 'statement_invalid');
  if (second === undefined) return;
  const { signingPublicKey } = usableCertificate(
    office.keyset,
    fromHex(second.certificateHash, 'second'),
    office.now,
  );
  checkSignature(verifier, TAG.second, signingPublicKey, bytes, fromBase64(second.signature, 'second'));
}
