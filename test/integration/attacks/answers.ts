/** Attacks by answers: a lying server between the real one and a client. */
import {
  acknowledge,
  awaitProof,
  collectLedger,
  ledgerOverHttp,
  message,
  openCase,
  openMailbox,
  reply,
  verifyBrokenPromise,
} from '@app/client';
import type { CaseFile, EventReceipt, Mailbox, Promised } from '@app/contracts';
import { makeSigner } from '@app/crypto/sign';
import {
  commitEvent,
  encodeCaseLeaf,
  encodeOpening,
  encodePromise,
  parseLeaf,
  parseOpening,
  TAG,
} from '@app/crypto/verify';
import { fromBase64, toBase64 } from '@app/encoding';
import { actInCase } from '../../support/case-maker.js';
import { ORIGIN } from '../../support/ledger-stage.js';
import type { Lies, OfficeStage, Submitted } from '../../support/office-stage.js';
import { type Attack, NOT_CAUGHT, refusal, tamper } from './attack.js';

/** A report that the office has acknowledged and the reporter has answered: events 1, 2 and 3. */
export async function conversation(office: OfficeStage): Promise<Submitted> {
  const submitted = await office.submit();
  await office.settle();
  const focal = await office.session('focal-1');
  await acknowledge(await openCase(focal, submitted.pseudonym), { text: 'Your report is being read.' });
  await office.settle();
  await reply(await openMailbox(await office.connect(), submitted.code), 'Please hurry.');
  await office.settle();
  return submitted;
}

/** The mailbox as the real server answers now. */
export async function mailboxAnswer(
  office: OfficeStage,
  { code }: Submitted,
  lies: Lies = {},
): Promise<Mailbox> {
  let answer: Mailbox | undefined;
  const keep = (given: Mailbox): Mailbox => (answer = given);
  await openMailbox(await office.connect({ ...lies, mailbox: keep }), code);
  if (answer === undefined) throw new Error('no answer');
  return answer;
}

const mailboxWith = async (
  office: OfficeStage,
  { code }: Submitted,
  lie: (answer: Mailbox) => Mailbox,
): Promise<string> => refusal(openMailbox(await office.connect({ mailbox: lie }), code));

const caseWith = async (
  office: OfficeStage,
  { pseudonym }: Submitted,
  lie: (answer: CaseFile) => unknown,
  name = 'focal-1',
): Promise<string> => refusal(openCase(await office.session(name, { caseFile: lie }), pseudonym));

/** The service answered a report and lost it before it was numbered. */
async function promisedAndLost(office: OfficeStage): Promise<Submitted> {
  const submitted = await office.submit();
  const gone = `case_pseudonym = '\\x${submitted.pseudonym}'`;
  await tamper(
    office,
    `delete from event_payloads where outbox_id in (select id from log_outbox where ${gone})`,
    `delete from log_outbox where ${gone}`,
  );
  return submitted;
}

/** A receipt that commits to other consents, and to nothing else that changed. */
function withConsents<R extends Pick<EventReceipt, 'opening' | 'random' | 'entry'>>(receipt: R): R {
  const opening = parseOpening(fromBase64(receipt.opening, 'opening'));
  const detail = opening.detail as { readonly consents: string };
  const changed = encodeOpening({
    ...opening,
    detail: { ...detail, consents: detail.consents.replaceAll('g', 'r') },
  });
  const random = fromBase64(receipt.random, 'random');
  const { time } = parseLeaf(fromBase64(receipt.entry, 'entry'));
  const entry = encodeCaseLeaf({ time, commitment: commitEvent(random, changed) });
  return { ...receipt, opening: toBase64(changed), entry: toBase64(entry) };
}

/** The operator's promise key. */
const OPERATOR = new Uint8Array(32).fill(0x50);

/** A promise of the same terms for a receipt, by another key if need be. */
function signed(
  { deps }: OfficeStage,
  receipt: EventReceipt,
  promise: Promised,
  seed: Uint8Array<ArrayBuffer>,
): Promised {
  const { time, maxDelaySeconds } = promise;
  const entry = fromBase64(receipt.entry, 'entry');
  const message = encodePromise({ origin: ORIGIN, entry, time, maxDelaySeconds });
  return { ...promise, signature: toBase64(makeSigner(deps.signing, seed).sign(TAG.promise, message)) };
}

/** The held-back box of a case, as the server has it. */
export async function heldBackBox(
  { ledger }: OfficeStage,
  { pseudonym }: Submitted,
): Promise<CaseFile['boxes'][number]> {
  const [row] = await ledger.owner.query<
    { box: Buffer; role_id: Buffer; role_epoch: number; epoch: number; compartment: number }[]
  >(`select * from escalation_boxes where case_pseudonym = '\\x${pseudonym}'`);
  if (row === undefined) throw new Error('no box');
  const recipient = { kind: 'role', role: row.role_id.toString('hex'), roleEpoch: row.role_epoch } as const;
  const { compartment, epoch } = row;
  return { compartment, epoch, recipient, box: toBase64(new Uint8Array(row.box)), eventNumber: 2 };
}

export const ANSWERS: readonly Attack[] = [
  {
    attack: 'replays an old answer of the mailbox',
    by: 'the reporter’s client',
    code: 'state_mismatch',
    run: async (office) => {
      const submitted = await conversation(office);
      const old = await mailboxAnswer(office, submitted);
      await reply(await openMailbox(await office.connect(), submitted.code), 'And again.');
      await office.pass(11);
      return mailboxWith(office, submitted, () => old);
    },
  },
  {
    attack: 'leaves an event out of the mailbox',
    by: 'the reporter’s client',
    code: 'receipt_chain',
    run: async (office) =>
      mailboxWith(office, await conversation(office), (a) => ({ ...a, events: a.events.toSpliced(1, 1) })),
  },
  {
    attack: 'shows events in another order',
    by: 'the reporter’s client',
    code: 'receipt_chain',
    run: async (office) =>
      mailboxWith(office, await conversation(office), (a) => ({
        ...a,
        events: [a.events[0]!, a.events[2]!, a.events[1]!],
      })),
  },
  {
    attack: 'hides what the office wrote',
    by: 'the reporter’s client',
    code: 'object_missing',
    run: async (office) =>
      mailboxWith(office, await conversation(office), (a) => ({
        ...a,
        objects: a.objects.filter(({ id }) => !a.events[1]!.items.includes(id)),
        more: a.more.filter((id) => !a.events[1]!.items.includes(id)),
      })),
  },
  {
    attack: 'hides a message of the reporter from the office',
    by: 'the staff client',
    code: 'object_missing',
    run: async (office) =>
      caseWith(office, await conversation(office), (a) => ({
        ...a,
        objects: a.objects.filter(({ eventNumber }) => eventNumber !== 3),
      })),
  },
  {
    attack: 'hides the newest event of a case from an officer who acts on it',
    by: 'her own signed statement, which fits nowhere else',
    code: 'case_moved',
    run: async (office) => {
      const submitted = await conversation(office);
      const lie = (a: CaseFile): CaseFile => ({
        ...a,
        events: a.events.slice(0, 2),
        objects: a.objects.filter(({ eventNumber }) => eventNumber < 3),
      });
      const focal = await office.session('focal-1', { caseFile: lie });
      return refusal(openCase(focal, submitted.pseudonym).then((c) => message(c, 'Again.')));
    },
  },
  {
    attack: 'dates an answer an hour ahead, so that its proof is never due',
    by: 'the reporter’s client',
    code: 'state_mismatch',
    run: async (office) => {
      const submitted = await office.submit();
      await office.settle();
      const desk = await office.ledger.services('sc_desk');
      const ahead = {
        now: () => office.ledger.now + 3_600,
        nowMs: () => (office.ledger.now + 3_600) * 1_000,
      };
      const { actor } = await office.session('focal-1');
      await actInCase({ ...desk, clock: ahead }, submitted.pseudonym, { kind: 'acknowledge' }, { actor });
      return mailboxWith(office, submitted, (a) => a);
    },
  },
  {
    attack: 'passes cover off as an event',
    by: 'the reporter’s client',
    code: 'receipt_mismatch',
    run: async (office) => {
      const submitted = await conversation(office);
      const { openings } = await (
        await office.session('oversight')
      ).service.api.call('openings', {
        query: { from: 0, to: 8 },
      });
      const cover = openings.find((o) => o !== null && fromBase64(o.opening, 'opening')[1] === 255)!;
      const bytes = fromBase64(cover.opening, 'opening');
      const commitment = commitEvent(fromBase64(cover.random, 'random'), bytes);
      const entry = encodeCaseLeaf({ time: parseOpening(bytes).serverTime, commitment });
      return mailboxWith(office, submitted, (a) => ({
        ...a,
        events: [...a.events, { ...a.events[2]!, eventNumber: 4, ...cover, entry: toBase64(entry) }],
      }));
    },
  },
  {
    attack: 'moves what an officer signed to another case',
    by: 'the staff client',
    code: 'statement_mismatch',
    run: async (office) => {
      const signed = await conversation(office);
      const other = await office.submit();
      const [row] = await office.ledger.owner.query<{ statement: Buffer; signature: Buffer }[]>(
        `select statement, signature from event_payloads join log_outbox on id = outbox_id
         where event_number = 2 and case_pseudonym = '\\x${signed.pseudonym}'`,
      );
      const { actor } = await office.session('focal-1');
      const desk = await office.ledger.services('sc_desk');
      const payload = { ...row!, items: [] };
      await actInCase(desk, other.pseudonym, { kind: 'acknowledge' }, { actor, payload });
      return caseWith(office, other, (a) => a);
    },
  },
  {
    attack: 'invents an act that nobody signed',
    by: 'the staff client',
    code: 'statement_missing',
    run: async (office) => {
      const submitted = await conversation(office);
      return caseWith(office, submitted, (a) => ({ ...a, statements: [] }));
    },
  },
  {
    attack: 'changes the consents of a report',
    by: 'the staff client',
    code: 'consent_mismatch',
    run: async (office) =>
      caseWith(office, await office.submit(), (a) => ({
        ...a,
        events: a.events.map((event) => ({ ...event, ...withConsents(event) })),
      })),
  },
  {
    attack: 'records other consents than were submitted',
    by: 'the reporter’s client',
    code: 'receipt_mismatch',
    run: (office) =>
      refusal(
        office.submit({
          submit: ({ promise, receipt }) => {
            const changed = withConsents(receipt);
            return { receipt: changed, promise: signed(office, changed, promise, OPERATOR) };
          },
        }),
      ),
  },
  {
    attack: 'delivers the held-back box early',
    by: 'the official’s client',
    code: 'escalation_too_early',
    run: async (office) => {
      const submitted = await office.submit();
      const box = await heldBackBox(office, submitted);
      const focal = await office.session('focal-1');
      const file = await focal.service.api.call('caseFile', { params: { case: submitted.pseudonym } });
      return caseWith(office, submitted, () => ({ ...file, boxes: [box] }), 'official');
    },
  },
  {
    attack: 'promises with a key of its own',
    by: 'the reporter’s client',
    code: 'promise_signature',
    run: (office) =>
      refusal(
        office.submit({
          submit: ({ promise, receipt }) => ({
            receipt,
            promise: signed(office, receipt, promise, new Uint8Array(32).fill(1)),
          }),
        }),
      ),
  },
  {
    attack: 'promises an entry and never logs it',
    by: 'the reporter’s client',
    code: 'proof_overdue',
    run: async (office) => {
      const { prepared, accepted } = await promisedAndLost(office);
      return refusal(awaitProof(await office.connect(), prepared.mailbox, accepted));
    },
  },
  {
    attack: 'promises an entry, never logs it, and denies it',
    by: 'anybody, with the promise and the ledger',
    code: 'promise broken',
    run: async (office) => {
      const { accepted } = await promisedAndLost(office);
      await office.pass(11);
      const api = office.api();
      const { verifier } = office.deps;
      const note = await api.call('checkpoint', {});
      const ledger = await collectLedger(verifier, office.trust, note, ledgerOverHttp(api));
      verifyBrokenPromise(verifier, office.ledger.organisation.keyset, accepted, ledger);
      return 'promise broken';
    },
  },
  {
    attack: 'says of a promise that was kept that it was broken',
    by: 'anybody, with the promise and the ledger',
    code: 'promise_kept',
    run: async (office) => {
      const { accepted } = await office.submit();
      await office.pass(11);
      const api = office.api();
      const { verifier } = office.deps;
      const note = await api.call('checkpoint', {});
      const ledger = await collectLedger(verifier, office.trust, note, ledgerOverHttp(api));
      const { keyset } = office.ledger.organisation;
      const judged = Promise.resolve().then(() => {
        verifyBrokenPromise(verifier, keyset, accepted, ledger);
        return NOT_CAUGHT;
      });
      return refusal(judged);
    },
  },
];
