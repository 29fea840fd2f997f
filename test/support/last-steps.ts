/** How the later life of the main job's cases ends: closing, keeping, withdrawing, erasing. */
import {
  closeMailbox,
  closeOutOfScope,
  eraseCase,
  listReferrals,
  message,
  retentionOf,
  reviewRetention,
  setLegalHold,
  withSecondOfficer,
} from '@app/client';
import type { RetentionCase } from '@app/contracts';
import { caseAt, type JobCase, pseudonymOf, type Step } from '../../apps/cli/src/demo/job.js';
import { untilProven } from '../../apps/cli/src/demo/reporter-steps.js';
import { holds, type LaterLife, refusalOf } from './later-life.js';
import {
  also,
  answers,
  DISPUTED,
  ESCALATED,
  focal,
  type Named,
  otherFocal,
  person,
  RAISED,
  staff,
  submitter,
} from './later-steps.js';

const custodians = (life: LaterLife) => [life.seat('custodian-1'), life.seat('custodian-2')] as const;

async function refusedUnderHold(life: LaterLife): Promise<void> {
  const one = caseAt(life.job, RAISED);
  await life.untilDue(one);
  const [first, other] = custodians(life);
  const found = await retentionOf(first, pseudonymOf(one));
  const refusal = await refusalOf(() => eraseCase(first, found, 'retention', other));
  holds(refusal === 'not_allowed_now', `nothing is erased under a hold: ${String(refusal)}`);
}

const erased =
  (name: string, of: (life: LaterLife) => JobCase, reason: 'withdrawn' | 'retention'): Named =>
  (life) => ({
    name,
    run: async () => {
      await life.untilDue(of(life));
      const [first, other] = custodians(life);
      const isErased = ({ phase }: RetentionCase): boolean => phase === 'ERASED';
      await life.byCustodian(name, of(life), isErased, (found) => eraseCase(first, found, reason, other));
    },
  });

async function nothingIsLeft(life: LaterLife): Promise<void> {
  const codes = [submitter(life), person(life), life.codes.unsharedAgain];
  for (const code of codes) {
    const { status, conversation, report } = await life.mailbox(code);
    holds(status.status === 'erased', 'the mailbox says that the case was erased');
    holds(conversation.length === 0 && report === undefined, 'nothing is left to read');
  }
  const [referral] = await listReferrals(life.seat('mechanism-sp'));
  holds(referral?.erased === true, 'the extract is erased as well');
}

const ENDING: readonly Named[] = [
  staff('tell the last outcome', 'REPLY', focal, (c, life) =>
    message(c, life.text('tell the last outcome'), true),
  ),
  staff('close at last', 'CLOSED', focal, (c, life) =>
    withSecondOfficer(otherFocal(life))(c, { kind: 'close', reason: 'PARTLY' }),
  ),
  also('be refused under a hold', refusedUnderHold),
  also('end the hold', (life) => {
    const [first, other] = custodians(life);
    return life.byCustodian(
      'end of the hold',
      caseAt(life.job, RAISED),
      ({ legalHold }) => !legalHold,
      (found) => setLegalHold(first, found, false, other),
    );
  }),
  also('review what is kept', (life) => {
    const [first, other] = custodians(life);
    return life.byCustodian(
      'review',
      caseAt(life.job, RAISED),
      ({ due }) => due?.kind === 'erase',
      (found) => reviewRetention(first, found, 'erase', other),
    );
  }),
  erased('erase what was kept', ({ job }) => caseAt(job, RAISED), 'retention'),
  also('close a mailbox', async (life) => {
    await life.byPerson('close a mailbox', {
      code: life.codes.otherPerson,
      reader: caseAt(life.job, DISPUTED).code,
      type: 'MAILBOX_CLOSED',
      act: (view) => closeMailbox(view, life.text('close a mailbox')),
    });
  }),
  also('close out of scope', async (life) => {
    const text = life.text('close out of scope');
    await life.byStaff('close out of scope', caseAt(life.job, ESCALATED), {
      by: life.job.staff.official,
      type: 'CLOSED_OUT_OF_SCOPE',
      act: (c) => closeOutOfScope(c, 'NO_UN_LINK', text, life.job.staff.second),
    });
    const { conversation } = await life.mailbox(caseAt(life.job, ESCALATED).code);
    holds(
      conversation.some((told) => told.text === text),
      'she is told where else to turn',
    );
  }),
  also('withdraw a report', async (life) => {
    await life.byPerson('withdraw a report', {
      code: life.codes.unsharedAgain,
      type: 'WITHDRAW',
      act: (view) => answers(view, { scope: 'K2', code: 'w' }),
    });
  }),
  erased('erase what was withdrawn', ({ unshared }) => unshared, 'withdrawn'),
  also('find nothing', nothingIsLeft),
  also('be in the ledger', async (life) => {
    for (const code of life.lastCodes) await untilProven(life.job, await life.mailbox(code));
  }),
];

/** What follows after `laterSteps`. */
export function lastSteps(life: LaterLife): readonly Step[] {
  return ENDING.map((named) => named(life));
}
