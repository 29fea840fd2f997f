/** What nobody catches: carried out all the same, to show that the texts are right about it. */
import { openMailbox, reply } from '@app/client';
import { openKeyBox } from '@app/crypto/seal';
import { makeSigner } from '@app/crypto/sign';
import { encodeMailboxState, TAG } from '@app/crypto/verify';
import { fromBase64, fromHex, toBase64 } from '@app/encoding';
import type { LedgerProof, Mailbox } from '@app/contracts';
import { readPublished } from '@app/ledger';
import { actInCase } from '../../support/case-maker.js';
import { ORIGIN, TICK } from '../../support/ledger-stage.js';
import type { OfficeStage, Submitted } from '../../support/office-stage.js';
import { conversation, heldBackBox, mailboxAnswer } from './answers.js';
import {
  type Attack,
  findings,
  forgetSigner,
  forgetWitnesses,
  NOT_CAUGHT,
  rebuildTree,
  refusal,
  rewriteFirstEvent,
} from './attack.js';

const TLOG = 'libs/tlog/SOUNDNESS.md';
const CRYPTO = 'libs/crypto/SOUNDNESS.md';
const MODEL = 'docs/THREAT-MODEL.md';

/** An old answer of the mailbox, signed anew by the operator, who has the promise key. */
function signedAgain(office: OfficeStage, { prepared }: Submitted, old: Mailbox): Mailbox {
  const { deps, ledger } = office;
  const state = { ...old.state, time: ledger.now };
  const message = encodeMailboxState({
    origin: ORIGIN,
    mailboxId: prepared.mailbox.keys.mailboxId,
    eventNumber: state.eventNumber,
    commitment: fromHex(state.commitment, 'commitment', 32),
    time: state.time,
  });
  const key = makeSigner(deps.signing, new Uint8Array(32).fill(0x50));
  return { ...old, state: { ...state, signature: toBase64(key.sign(TAG.mailboxState, message)) } };
}

/** The mailbox, and the proof of what the office wrote, as they were before the reporter's last message. */
async function outdated(
  office: OfficeStage,
): Promise<{ submitted: Submitted; old: Mailbox; proof: LedgerProof }> {
  const submitted = await conversation(office);
  let proof: LedgerProof | undefined;
  const keep = (given: LedgerProof): LedgerProof => (proof = given);
  const old = await mailboxAnswer(office, submitted, { mailboxProof: keep });
  if (proof === undefined) throw new Error('no proof');
  await reply(await openMailbox(await office.connect(), submitted.code), 'And again.');
  await office.pass(11);
  return { submitted, old: signedAgain(office, submitted, old), proof };
}

export const RESIDUAL: readonly Attack[] = [
  {
    attack: 'forks the log together with all witnesses, for somebody who never saw it before',
    by: { file: TLOG, heading: 'A log and its witnesses together' },
    code: NOT_CAUGHT,
    run: async (office) => {
      const { pseudonym } = await office.submit();
      await office.settle();
      const before = (await readPublished(office.ledger.store))?.root;
      await rewriteFirstEvent(office, pseudonym);
      await rebuildTree(office, 8);
      forgetSigner(office);
      forgetWitnesses(office);
      await office.ledger.publisher().publish();
      const after = (await readPublished(office.ledger.store))?.root;
      if (toBase64(before!) === toBase64(after!)) throw new Error('no fork');
      return refusal(office.connect());
    },
  },
  {
    attack: 'shows the reporter an old state of her case, signed anew',
    by: { file: MODEL, heading: 'Old states can be shown' },
    code: NOT_CAUGHT,
    run: async (office) => {
      const { submitted, old } = await outdated(office);
      return refusal(openMailbox(await office.connect({ mailbox: () => old }), submitted.code));
    },
  },
  {
    attack: 'shows the reporter an old state of her case, with the witnesses silenced at that time',
    by: { file: CRYPTO, heading: 'Old states' },
    code: NOT_CAUGHT,
    run: async (office) => {
      const keysetProof = await office.api().call('keysetProof', {});
      const { submitted, old, proof } = await outdated(office);
      const lies = { mailbox: () => old, keysetProof: () => keysetProof, mailboxProof: () => proof };
      return refusal(openMailbox(await office.connect(lies), submitted.code));
    },
  },
  {
    attack: 'serves an older KEYSET of this week to somebody who remembers none',
    by: { file: CRYPTO, heading: 'An older KEYSET for a week' },
    code: NOT_CAUGHT,
    run: async (office) => {
      const { worker, organisation } = office.ledger;
      const keyset = await office.api().call('keyset', {});
      const proof = await office.api().call('keysetProof', {});
      const newer = await organisation.renewed(office.ledger.now);
      await worker.work.run((tx) => worker.directory.acceptKeyset(tx, newer, { tickSeconds: TICK }));
      await office.settle();
      return refusal(office.connect({ keyset: () => keyset, keysetProof: () => proof }));
    },
  },
  {
    attack: 'opens the held-back box on the first day, server and official together',
    by: { file: MODEL, heading: 'The held-back escalation box is an access rule' },
    code: NOT_CAUGHT,
    run: async (office) => {
      const submitted = await office.submit();
      const { box, recipient, epoch, compartment } = await heldBackBox(office, submitted);
      const official = await office.session('official');
      const seed = [...official.roleSeeds.values()][0]!;
      if (recipient.kind !== 'role' || recipient.role !== official.actor.roleId) throw new Error('not hers');
      const scopeId = fromHex(submitted.prepared.submission.threadId, 'thread', 16);
      const asked = { purpose: 'escalation', scopeId, epoch, compartment } as const;
      return refusal(openKeyBox(office.deps.sealing, seed, fromBase64(box, 'box'), asked));
    },
  },
  {
    attack: 'dates an answer two minutes earlier than it was given',
    by: { file: TLOG, heading: 'Times within the interval' },
    code: NOT_CAUGHT,
    run: async (office) => {
      const { pseudonym } = await office.submit();
      await office.pass(5);
      const { ledger } = office;
      const desk = await ledger.services('sc_desk');
      const early = { now: () => ledger.now - 120, nowMs: () => (ledger.now - 120) * 1_000 };
      const { actor } = await office.session('focal-1');
      await actInCase({ ...desk, clock: early }, pseudonym, { kind: 'acknowledge' }, { actor });
      await office.settle();
      return findings(office);
    },
  },
];
