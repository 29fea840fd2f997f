/** Answers of the public origin. */
import { type CaseAct, decide, parseAct } from '@app/casework';
import {
  type KeyBox,
  type Mailbox,
  type MailboxAct,
  openApiDocument,
  PART_BYTES,
  type RouteName,
  sealedItems,
  type Submission,
} from '@app/contracts';
import { checkSealedBlobLength, checkSealedShape, encodeMailboxState, sha256, TAG } from '@app/crypto/verify';
import { type Bytes, bytesEqual, fromBase64, fromHex, toBase64, toHex } from '@app/encoding';
import { ORIGIN } from './fake-ledger.js';
import { demand, type FakeOffice, type Handler, refused } from './fake-office.js';

type PublicRoute =
  | 'openApi'
  | 'info'
  | 'keyset'
  | 'keysetByHash'
  | 'keysetProof'
  | 'published'
  | 'policy'
  | 'checkpoint'
  | 'nonces'
  | 'reserveBlob'
  | 'blobStatus'
  | 'putPart'
  | 'getPart'
  | 'submit'
  | 'mailbox'
  | 'mailboxObject'
  | 'mailboxAct'
  | 'mailboxProof';

/** The public origin. */
export function publicHandlers(office: FakeOffice): Pick<Record<RouteName, Handler>, PublicRoute> {
  return {
    openApi: () => openApiDocument('public'),
    info: () => undefined,
    keyset: () => office.keyset.bytes,
    keysetByHash: ({ params }) => office.keysets.get(String(params.hash)) ?? refused('not_found'),
    keysetProof: async () => {
      const entry = office.ledger.entries.findLast((bytes) => bytes[1] === 1) ?? refused('not_ready');
      return { entry: toBase64(entry), proof: await office.ledger.proof(office.ledger.indexOf(entry)) };
    },
    policy: () => office.org.policyText,
    published: () => office.released ?? refused('not_found'),
    checkpoint: () => office.ledger.checkpoint,
    nonces: ({ json }) => {
      const { count } = json as { count: number };
      const nonces = Array.from({ length: count }, () => toHex(office.random.bytes(16)));
      for (const nonce of nonces) office.nonces.add(nonce);
      return { nonces, expires: office.now + 300, work: office.work };
    },
    reserveBlob: (request) => {
      const { mailbox } = office.signed(request);
      const { length } = request.json as { length: number };
      checkSealedBlobLength(length);
      const id = String(request.params.blob);
      const blob = office.blobs.get(id) ?? { mailbox, length, parts: new Map<number, Bytes>() };
      demand(blob.length === length && blob.mailbox === mailbox, 'id_taken');
      office.blobs.set(id, blob);
      return { length, parts: [...blob.parts.keys()] };
    },
    blobStatus: (request) => {
      const { length, parts } = office.blob(request);
      return { length, parts: [...parts.keys()] };
    },
    putPart: (request) => {
      const blob = office.blob(request);
      const part = Number(request.params.part);
      const expected = Math.max(0, Math.min(PART_BYTES, blob.length - part * PART_BYTES));
      demand(request.body.length === expected, 'wrong_size_class');
      const earlier = blob.parts.get(part);
      demand(earlier === undefined || bytesEqual(earlier, request.body), 'part_mismatch');
      blob.parts.set(part, request.body);
    },
    getPart: (request) => office.blob(request).parts.get(Number(request.params.part)) ?? refused('not_found'),
    submit: async (request) => {
      const signed = office.signed(request);
      const submission = request.json as Submission;
      const bodyHash = toHex(sha256(request.body));
      const earlier = office.cases.find((one) => one.mailboxId === signed.mailbox);
      if (earlier !== undefined) {
        demand(earlier.bodyHash === bodyHash, 'id_taken');
        return office.promised(earlier.events[0]);
      }
      for (const box of allBoxes(submission)) checkSealedShape(fromBase64(box.box, 'box'), ['key_box']);
      for (const id of submission.blobs) office.complete(id);
      const one = office.open(submission, bodyHash, signed);
      await office.settle();
      return office.promised(one.events[0]);
    },
    mailbox: (request) => {
      const one = office.own(request);
      const message = {
        origin: ORIGIN,
        mailboxId: fromHex(one.mailboxId, 'id'),
        eventNumber: one.events.length,
        commitment: one.last,
        time: office.now,
      };
      const answer: Mailbox = {
        threadId: one.threadId,
        casePseudonym: toHex(one.pseudonym),
        state: {
          eventNumber: message.eventNumber,
          commitment: toHex(one.last),
          time: office.now,
          signature: toBase64(office.promise.sign(TAG.mailboxState, encodeMailboxState(message))),
        },
        events: one.events,
        compartments: one.compartments.filter(({ compartment }) => compartment < 2),
        boxes: one.boxes.filter(({ recipient }) => recipient.kind === 'reporter'),
        objects: one.objects.filter(({ compartment }) => compartment < 2).slice(-1),
        more: one.objects
          .filter(({ compartment }) => compartment < 2)
          .slice(0, -1)
          .map(({ id }) => id),
        blobs: [],
        padding: '',
      };
      return answer;
    },
    mailboxObject: (request) =>
      office.own(request).objects.find(({ id }) => id === request.params.object) ?? refused('not_found'),
    mailboxAct: async (request) => {
      const one = office.own(request);
      const signed = office.signed(request, false);
      const act = request.json as MailboxAct;
      const id = toHex(sha256(fromBase64(act.object.file, 'object')));
      const earlier = one.objects.find((object) => object.id === id);
      if (earlier !== undefined) return office.promised(one.events[earlier.eventNumber - 1]);
      demand(act.after === one.state.heardEvent, 'case_moved');
      const decision = decide(one.state, reporterAct(act), {
        now: office.now,
        actor: { kind: 'reporter' },
        policy: office.policy,
      });
      demand(decision.ok, 'not_allowed_now');
      const sealed = { objects: [act.object], boxes: [] };
      office.append(one, decision.event, decision.next, signed, sealedItems(sealed));
      office.store(one, sealed, 'reporter');
      if (act.kind === 'message') for (const blob of act.blobs) office.complete(blob);
      await office.settle();
      return office.promised(one.events.at(-1));
    },
    mailboxProof: async (request) => {
      const receipt = office.own(request).events[Number(request.params.event) - 1] ?? refused('not_found');
      const entry = fromBase64(receipt.entry, 'entry');
      const index = office.ledger.indexOf(entry);
      demand(index >= 0, 'not_ready');
      return { entry: receipt.entry, proof: await office.ledger.proof(index) };
    },
  };
}

function allBoxes({ boxes, escalation }: Submission): KeyBox[] {
  return escalation === null ? boxes : [...boxes, escalation];
}

function reporterAct(act: MailboxAct): CaseAct {
  if (act.kind === 'message') return { kind: 'reporter_message' };
  if (act.kind === 'confirm' || act.kind === 'dispute') return { kind: act.kind, event: act.eventNumber };
  // The invented office has one mailbox a case.
  if (act.kind !== 'consent') throw new Error(`the invented office does not know ${act.kind}`);
  const { person, through, scope, code } = act;
  return parseAct({ kind: 'consent_change', person, ...(through && { through }), scope, code });
}
