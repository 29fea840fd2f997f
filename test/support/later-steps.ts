/** What happens in the cases of the main job until they are as full as they get, step by step. */
import type { ConsentChange, EventName, FollowUp } from '@app/casework';
import {
  acknowledge,
  type ActResult,
  askConsent,
  changeConsent,
  clearIntervention,
  decideScope,
  dispute,
  divert,
  draftIntervention,
  invite,
  invitePerson,
  join,
  listReferrals,
  type MailboxView,
  message,
  noteReferral,
  openCase,
  type OpenedCase,
  openMailboxAttachment,
  openReferral,
  perform,
  type PreparedReport,
  prepareReport,
  recordStateReply,
  recuse,
  refer,
  reopen,
  reply,
  requestInformation,
  returnCase,
  route,
  setLegalHold,
  type StaffSession,
  startTriage,
  submitReport,
  withSecondOfficer,
} from '@app/client';
import { type Bytes, Invariant, toHex } from '@app/encoding';
import {
  caseAt,
  type Job,
  type JobCase,
  missing,
  pseudonymOf,
  type Step,
} from '../../apps/cli/src/demo/job.js';
import { holds, type LaterLife, refusalOf } from './later-life.js';

export const RAISED = 0;
export const DISPUTED = 1;
export const ESCALATED = 2;

type Seated = (life: LaterLife) => StaffSession;
type Coded = (life: LaterLife) => Bytes;

export const focal: Seated = (life) => life.focals(RAISED).focal;
export const otherFocal: Seated = (life) => life.focals(RAISED).other;
const official: Seated = ({ job }) => job.staff.official;
const second: Seated = ({ job }) => job.staff.second;
const alternate: Seated = (life) => life.seat('alternate');
export const submitter: Coded = ({ job }) => caseAt(job, RAISED).code;
export const person: Coded = ({ codes }) => codes.personAgain;

export type Named = (life: LaterLife) => Step;

/** A step of the case that was raised with the State. */
export const staff =
  (
    name: string,
    type: EventName,
    by: Seated,
    act: (opened: OpenedCase, life: LaterLife) => Promise<ActResult>,
    reader: Seated = by,
  ): Named =>
  (life) => ({
    name,
    run: async () => {
      const does = { by: by(life), reader: reader(life), type };
      const { conversation } = await life.byStaff(name, caseAt(life.job, RAISED), {
        ...does,
        act: (opened) => act(opened, life),
      });
      holds(wasRead(life, name, conversation), `${name}: the text is read`);
    },
  });

/** Whoever holds a code does something; the office reads what she wrote. */
const held =
  (
    name: string,
    type: EventName,
    code: Coded,
    act: (view: MailboxView, life: LaterLife) => Promise<unknown>,
  ): Named =>
  (life) => ({
    name,
    run: async () => {
      await life.byPerson(name, { code: code(life), type, act: (view) => act(view, life) });
      if (!life.hasText(name)) return;
      const { conversation } = await life.file(focal(life), pseudonymOf(caseAt(life.job, RAISED)));
      holds(wasRead(life, name, conversation), `${name}: the text is read`);
    },
  });

function wasRead(life: LaterLife, name: string, conversation: OpenedCase['conversation']): boolean {
  return !life.hasText(name) || conversation.some(({ text }) => text === life.text(name));
}

export const also =
  (name: string, run: (life: LaterLife) => Promise<void>): Named =>
  (life) => ({ name, run: () => run(life) });

const GIVEN = {
  givenBy: 'alleged_victim',
  risksExplained: true,
  textVersion: '1',
  understands: 'yes',
} as const;

export function answers(view: MailboxView, change: Pick<ConsentChange, 'scope' | 'code'>): Promise<unknown> {
  const { through } = view;
  return changeConsent(view, {
    person: Math.max(1, view.person),
    ...(view.person === 0 ? { through: 8 } : through !== undefined && { through }),
    ...change,
    ...GIVEN,
  });
}

const TEST = {
  scope: 'SC-A',
  act: true,
  link: true,
  credibility: 'SINGLE_SOURCE',
  likelihood: 'high',
  severity: 'high',
  priority: 'P2',
} as const;

function followUp(life: LaterLife): FollowUp {
  return {
    version: 2,
    acts: [
      {
        what: life.text('further act'),
        types: ['D01'],
        nature: 'REPRISAL',
        from: { value: '2026-11', precision: 'DAY_UNKNOWN' },
        ongoing: 'yes',
        country: 'FRA',
      },
    ],
    corrections: [{ section: 'link', field: 'text', value: life.text('correction') }],
  };
}

async function writeMore(view: MailboxView, life: LaterLife): Promise<void> {
  const file = {
    name: `${life.text('name of a later file')}.txt`,
    data: new Uint8Array(Buffer.from(life.text('later file'))),
  };
  await reply(view, life.text('write more'), [file], followUp(life));
}

async function readMore(life: LaterLife): Promise<void> {
  const view = await life.mailbox(submitter(life));
  const files = await openMailboxAttachment(view, view.attachments.at(-1) ?? missing('an attachment'));
  const [file] = files.map(({ data }) => Buffer.from(data).toString());
  holds(file === life.text('later file'), 'the later file is read back');
  const { currentReport } = await life.file(focal(life), view.casePseudonym);
  const text = currentReport?.link?.text;
  holds(text === life.text('correction'), 'the office reads the correction');
}

function roleOf({ job }: LaterLife, kind: 'mechanism' | 'alternate'): string {
  const { roles } = job.staff.official.service.directory.keyset;
  return toHex((roles.find((role) => role.kind === kind) ?? missing(kind)).id);
}

async function referred(opened: OpenedCase, life: LaterLife): Promise<ActResult> {
  const result = await refer(opened, 'SP', roleOf(life, 'mechanism'), life.text('refer'));
  if ('problems' in result) throw new Invariant(JSON.stringify(result.problems));
  return result;
}

/** The mechanism reads its extract and nothing else, and answers in it. */
async function note(life: LaterLife): Promise<void> {
  const id = pseudonymOf(caseAt(life.job, RAISED));
  const session = life.seat('mechanism-sp');
  const opened = await openReferral(session, id);
  holds(opened.texts[0]?.text === life.text('refer'), 'the mechanism reads its extract');
  holds((await refusalOf(() => openCase(session, id))) === 'not_found', 'the mechanism has no case');
  if (opened.summary.noted === null) await noteReferral(opened, 'ACTION', life.text('note'));
  const [seen] = await listReferrals(session);
  holds(seen?.noted === 'ACTION', 'the referral is noted');
  const { conversation } = await life.file(focal(life), id);
  holds(conversation.filter(({ text }) => text === life.text('note')).length === 1, 'noted once');
}

/** A person joins, and reads what is said about her and no report. */
async function joins(view: MailboxView, life: LaterLife, extract: string, name: string): Promise<void> {
  holds(view.report === undefined && view.person === 1, 'a person affected has no report');
  holds(
    view.conversation.some(({ text }) => text === life.text(extract)),
    'she reads her extract',
  );
  await join(view, life.text(name));
}

const LIVING: readonly Named[] = [
  also('sign in further seats', (life) => life.signIn()),
  held('invite', 'PERSON_INVITED', submitter, (view, life) =>
    invitePerson(view, { person: 1, code: life.codes.person, text: life.text('invite') }),
  ),
  held(
    'join',
    'PERSON_JOINED',
    ({ codes }) => codes.person,
    (view, life) => joins(view, life, 'invite', 'join'),
  ),
  also('change a code', (life) => life.changeCode(life.codes.person, life.codes.personAgain)),
  held('consent to a mechanism', 'CONSENT', person, (view) => answers(view, { scope: 'K4:SP', code: 'N' })),
  held('write more', 'REPORTER_MSG', submitter, writeMore),
  also('read more', readMore),
  staff('refer', 'REFERRED', focal, referred),
  also('note', note),
  staff('assess the risk', 'RISK_ASSESSED', official, (c) =>
    perform(c, { kind: 'assess_risk', likelihood: 'high', severity: 'high', changed: true }),
  ),
  staff('hold', 'HELD', official, (c, life) =>
    withSecondOfficer(second(life))(c, { kind: 'hold', reason: 'PA4' }),
  ),
  staff('resume', 'RESUMED', official, (c) => perform(c, { kind: 'resume' })),
  staff('reply of the State', 'STATE_REPLY', official, (c) =>
    recordStateReply(c, { number: 1, response: 'RSP1', complete: true }),
  ),
  staff('follow up', 'FOLLOWED_UP', official, (c) => perform(c, { kind: 'follow_up', number: 1 })),
  staff('monitor', 'MONITORED', official, (c) => perform(c, { kind: 'monitor' })),
  staff('review', 'REVIEWED', official, (c) => perform(c, { kind: 'review' })),
  held('consent again', 'CONSENT', person, (view) => answers(view, { scope: 'K5', code: '3' })),
  staff('act again', 'ACTION_RESUMED', official, (c) =>
    perform(c, { kind: 'act_again', reason: 'FURTHER_ACT' }),
  ),
  held('dispute', 'DISPUTE', person, (view, life) =>
    dispute(view, view.history.last.opening.eventNumber, life.text('dispute')),
  ),
  staff('draft', 'INTERVENTION_DRAFTED', official, (c, life) =>
    draftIntervention(c, { intervention: 'NOTE_VERBALE', channel: 'STATE', level: '3' }, life.text('draft')),
  ),
  staff('clear', 'INTERVENTION_CLEARED', focal, (c) => clearIntervention(c, 2)),
  staff('cancel', 'INTERVENTION_ENDED', official, (c) => perform(c, { kind: 'end_intervention', number: 2 })),
  staff('end an intervention', 'INTERVENTION_ENDED', official, (c) =>
    perform(c, { kind: 'end_intervention', number: 1 }),
  ),
  staff('tell the outcome', 'REPLY', official, (c, life) => message(c, life.text('tell the outcome'), true)),
  staff('close', 'CLOSED', official, (c, life) =>
    withSecondOfficer(second(life))(c, { kind: 'close', reason: 'NO_CHANGE' }),
  ),
  also('hold for a legal reason', (life) =>
    life.byCustodian(
      'legal hold',
      caseAt(life.job, RAISED),
      ({ legalHold }) => legalHold,
      (found) => setLegalHold(life.seat('custodian-1'), found, true),
    ),
  ),
  held('reopen', 'REOPENED', submitter, (view, life) => reopen(view, life.text('reopen'))),
  staff('triage again', 'TRIAGE_STARTED', focal, startTriage),
  staff('ask', 'INFO_REQUESTED', focal, (c, life) => requestInformation(c, life.text('ask'))),
  held('answer', 'REPORTER_MSG', submitter, (view, life) => reply(view, life.text('answer'))),
  staff('have the information', 'INFO_RECEIVED', focal, (c) => perform(c, { kind: 'info_received' })),
  staff('decide again', 'SCOPED', focal, (c) => decideScope(c, TEST)),
  staff('ask for consent', 'CONSENT_ASKED', focal, (c, life) =>
    askConsent(c, 'K4:TB', life.text('ask for consent')),
  ),
  held('answer about consent', 'CONSENT_ANSWERED', person, (view) =>
    answers(view, { scope: 'K4:TB', code: 'P' }),
  ),
  staff('hand over again', 'ROUTED', focal, (c, life) => route(c, life.text('hand over again'))),
  staff('return', 'RETURNED', official, (c) => returnCase(c, 'INCOMPLETE'), focal),
  staff('hand over once more', 'ROUTED', focal, (c, life) => route(c, life.text('hand over once more'))),
  staff('divert', 'DIVERTED', focal, (c, life) =>
    divert(c, life.text('divert'), 'CONFLICT', roleOf(life, 'alternate')),
  ),
  staff(
    'return from the alternate',
    'RETURNED',
    alternate,
    (c, life) => {
      holds(wasRead(life, 'divert', c.conversation), 'the alternate reads the note');
      return returnCase(c, 'INCOMPLETE');
    },
    focal,
  ),
  staff('reprioritise', 'REPRIORITISED', focal, (c) => perform(c, { kind: 'reprioritise', priority: 'P3' })),
  staff('link', 'LINKED', focal, (c, { job }) =>
    perform(c, { kind: 'link', case: pseudonymOf(caseAt(job, DISPUTED)), relation: 'SITUATION' }),
  ),

  also('step back', async (life) => {
    const { official: reader, second: by } = life.job.staff;
    const act = (c: OpenedCase): Promise<ActResult> => recuse(c);
    await life.byStaff('step back', caseAt(life.job, DISPUTED), { by, reader, type: 'RECUSED', act });
  }),
  also('invite by staff', async (life) => {
    const text = life.text('invite by staff');
    await life.byStaff('invite by staff', caseAt(life.job, DISPUTED), {
      by: life.focals(DISPUTED).focal,
      type: 'PERSON_INVITED',
      act: (c) => invite(c, { person: 1, code: life.codes.otherPerson, text }),
    });
  }),
  also('join the other case', async (life) => {
    await life.byPerson('join the other case', {
      code: life.codes.otherPerson,
      type: 'PERSON_JOINED',
      act: (view) => joins(view, life, 'invite by staff', 'join the other case'),
    });
  }),
  also('withdraw', async (life) => {
    await life.byPerson('withdraw', {
      code: life.codes.otherPerson,
      type: 'WITHDRAW',
      act: (view) => answers(view, { scope: 'K5', code: 'w' }),
    });
    const opened = await life.file(life.focals(DISPUTED).focal, pseudonymOf(caseAt(life.job, DISPUTED)));
    holds(opened.history.state.consents[0]?.K5 === 'w', 'the consent is withdrawn');
  }),

  also('acknowledge late', async (life) => {
    const text = life.text('acknowledge late');
    await life.byStaff('acknowledge late', caseAt(life.job, ESCALATED), {
      by: life.job.staff.official,
      type: 'ACKNOWLEDGED',
      act: (c) => acknowledge(c, { text }),
    });
  }),
  also('triage late', async (life) => {
    await life.byStaff('triage late', caseAt(life.job, ESCALATED), {
      by: life.job.staff.official,
      type: 'TRIAGE_STARTED',
      act: startTriage,
    });
  }),

  also('submit one more', async ({ job, unshared }) => {
    unshared.prepared ??= await prepared(job, unshared);
    unshared.accepted ??= await submitReport(await job.service(), unshared.prepared, () => undefined);
  }),
  also('change the code of a report', (life) =>
    life.changeCode(life.unshared.code, life.codes.unsharedAgain),
  ),
];

async function prepared(job: Job, { invented, code }: JobCase): Promise<PreparedReport> {
  const { report, files } = invented;
  const preparation = await prepareReport(await job.service(), { report, files, code });
  if (!preparation.ok) throw new Invariant(`report: ${JSON.stringify(preparation.problems)}`);
  return preparation.prepared;
}

/** Until the cases are as full as they get. */
export function laterSteps(life: LaterLife): readonly Step[] {
  return LIVING.map((named) => named(life));
}
