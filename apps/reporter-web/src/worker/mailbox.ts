/** The mailbox of a code: everything shown was verified, and every act is followed by a fresh look. */
import {
  type ConsentAnswer,
  type ConsentCode,
  type ConsentScope,
  type ReportBody,
  isConsentCode,
  SCOPES,
} from '@app/casework';
import {
  changeConsent,
  confirm,
  dispute,
  type MailboxMessage,
  type MailboxView,
  openMailbox,
  reply,
} from '@app/client';
import type { Bytes } from '@app/encoding';
import { Invariant } from '@app/encoding';
import type { Calls, Letter, MailboxData } from '../protocol.js';
import { deps, readCode, service } from './session.js';

const ROWS = 8;
/** What was explained beside each choice; rises with the words. */
const TEXT_VERSION = '1';

let code: Bytes | undefined;
let view: MailboxView | undefined;

export async function open(text: string): Promise<MailboxData> {
  code = readCode(text);
  return refreshed();
}

export async function write(text: string): Promise<MailboxData> {
  await reply(opened(), text);
  return refreshed();
}

export async function judge(ask: { eventNumber: number; isSo: boolean; text: string }): Promise<MailboxData> {
  const { eventNumber, isSo, text } = ask;
  await (isSo ? confirm(opened(), eventNumber, text) : dispute(opened(), eventNumber, text));
  return refreshed();
}

/** One answer for all the rows that are hers. */
export async function changeOneConsent(ask: Calls['consent']['ask']): Promise<MailboxData> {
  const { scope, code: given, isUnderstood } = ask;
  const known = SCOPES.find((one) => one === scope);
  if (known === undefined || !isConsentCode(known, given)) throw new Invariant('no such consent');
  const now = opened();
  const speaker = speakerOf(now);
  if (speaker === undefined) throw new Invariant('nobody answered for this person');
  await changeConsent(now, {
    ...rowsOf(now),
    scope: known,
    code: given,
    givenBy: speaker.given_by,
    ...(speaker.why_not_person && { whyNotPerson: speaker.why_not_person }),
    risksExplained: true,
    explainedBy: 'FORM',
    ...(isUnderstood && { understands: 'yes' }),
    textVersion: TEXT_VERSION,
  });
  return refreshed();
}

type Speaker = Required<Pick<ConsentAnswer, 'given_by'>> & Pick<ConsentAnswer, 'why_not_person'>;

/** Who answers for her rows: she herself, or whoever answered in the report; otherwise nobody can here. */
function speakerOf({ person, report }: MailboxView): Speaker | undefined {
  const body = report?.main.report as ReportBody | undefined;
  if (person > 0 || body?.submitter.relation === 'VICTIM') return { given_by: 'alleged_victim' };
  const record = body?.consent.records?.find((one) => one.person === 1 && one.given_by !== undefined);
  if (record?.given_by === undefined) return undefined;
  const { given_by, why_not_person } = record;
  return { given_by, ...(why_not_person && { why_not_person }) };
}

function opened(): MailboxView {
  if (view === undefined) throw new Invariant('no mailbox is open');
  return view;
}

function rowsOf({ person, through }: MailboxView): { person: number; through: number } {
  return person === 0 ? { person: 1, through: ROWS } : { person, through: through ?? person };
}

async function refreshed(): Promise<MailboxData> {
  if (code === undefined) throw new Invariant('no code was given');
  view = await openMailbox(await service(), code);
  const { status, clocks, conversation, history } = view;
  const row = history.state.consents[rowsOf(view).person - 1];
  return {
    status: status.status,
    ...(status.waitingFor && { waitingFor: status.waitingFor }),
    ...(status.asked && { askedScope: status.asked }),
    clocks: history.state.clocks.map(({ id, dueAt }, at) => {
      const { stoppedAt, lapsedAt, onTime } = clocks[at] ?? {};
      return {
        id,
        ...(dueAt !== undefined && { dueAt }),
        ...(stoppedAt !== undefined && { stoppedAt }),
        ...(lapsedAt !== undefined && { lapsedAt }),
        ...(onTime !== undefined && { isOnTime: onTime }),
      };
    }),
    letters: conversation.map(letterOf),
    consents: Object.fromEntries(
      SCOPES.map((scope: ConsentScope): [string, ConsentCode] => [scope, row?.[scope] ?? 'n']),
    ),
    canConsent: speakerOf(view) !== undefined,
    signedAt: deps.now(),
  };
}

function letterOf(message: MailboxMessage): Letter {
  const { from, kind, text, at, eventNumber, about, witness } = message;
  return {
    from,
    kind,
    text,
    at,
    eventNumber,
    ...(about !== undefined && { about }),
    ...(witness && { witnessedAt: witness.quorumTime }),
  };
}
