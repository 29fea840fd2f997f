/** What staff do: triage, hand-over, and a first intervention that a second officer clears. */
import type { EventName } from '@app/casework';
import {
  accept,
  acknowledge,
  type ActResult,
  clearIntervention,
  connect,
  decideScope,
  draftIntervention,
  listCases,
  message,
  openCase,
  openCaseAttachment,
  type OpenedCase,
  route,
  sendIntervention,
  type StaffSession,
  startTriage,
  unlock,
} from '@app/client';
import { Invariant } from '@app/encoding';
import { type Job, type JobCase, missing, pseudonymOf } from './job.js';

export async function signIn(job: Job): Promise<void> {
  const { deps, staffApi, trust, members } = job.options;
  const service = await connect(deps, staffApi, trust);
  const sessionOf = async (name: string): Promise<StaffSession> => {
    const member = members.find((m) => m.name === name) ?? missing(`member ${name}`);
    return unlock(service, member.subject, member.words);
  };
  job.staff = {
    focals: [await sessionOf('focal-1'), await sessionOf('focal-2')],
    official: await sessionOf('official'),
    second: await sessionOf('official-second'),
    oversight: await sessionOf('oversight'),
  };
}

/** By whom the queue gave the case: acknowledged, opened with its files, triage begun. */
export async function triage(job: Job, one: JobCase): Promise<void> {
  const id = pseudonymOf(one);
  job.say(`\nCase ${id}`);
  one.focal ??= await job.until('waiting for the queue to assign the case', () => assignedTo(job, id));
  const text = one.invented.letters.acknowledgement;
  await act(job, one, one.focal, 'ACKNOWLEDGED', 'acknowledged', (c) => acknowledge(c, { text }));
  const opened = await openCase(one.focal, id);
  const files = await openCaseAttachment(opened, opened.attachments[0] ?? missing('an attachment'));
  job.say(`  opened by the focal point, with ${files.map((file) => file.name).join(', ')}`);
  await act(job, one, one.focal, 'TRIAGE_STARTED', 'triage started', startTriage);
}

async function assignedTo(job: Job, id: string): Promise<StaffSession | undefined> {
  for (const session of job.staff.focals) {
    let after: string | undefined;
    do {
      const { cases, next } = await listCases(session, after);
      if (cases.some((c) => c.casePseudonym === id && c.assignedToMe)) return session;
      after = next ?? undefined;
    } while (after !== undefined);
  }
  return undefined;
}

export function decide(job: Job, one: JobCase): Promise<void> {
  return act(job, one, focalOf(one), 'SCOPED', 'in scope, priority P2', (c) =>
    decideScope(c, {
      scope: 'SC-A',
      act: true,
      link: true,
      credibility: 'SINGLE_SOURCE',
      likelihood: 'high',
      severity: 'high',
      priority: 'P2',
    }),
  );
}

export function write(job: Job, one: JobCase): Promise<void> {
  const { update } = one.invented.letters;
  return act(job, one, focalOf(one), 'CONTACTED', 'written to the reporter', (c) => message(c, update, true));
}

export function handOver(job: Job, one: JobCase): Promise<void> {
  const what = 'routed and re-sealed to the senior official';
  return act(job, one, focalOf(one), 'ROUTED', what, (c) => route(c, one.invented.letters.handover));
}

export function takeOver(job: Job, one: JobCase): Promise<void> {
  return act(job, one, job.staff.official, 'ACCEPTED', 'accepted', accept);
}

export function draft(job: Job, one: JobCase): Promise<void> {
  const { draft: text } = one.invented.letters;
  const how = { intervention: 'NOTE_VERBALE', channel: 'STATE', level: '3' } as const;
  return act(job, one, job.staff.official, 'INTERVENTION_DRAFTED', 'first intervention drafted', (c) =>
    draftIntervention(c, how, text),
  );
}

export function clear(job: Job, one: JobCase): Promise<void> {
  const what = 'cleared by a second officer';
  return act(job, one, job.staff.second, 'INTERVENTION_CLEARED', what, (c) => clearIntervention(c, 1));
}

export function send(job: Job, one: JobCase): Promise<void> {
  const what = 'recorded as sent under consent K5';
  return act(job, one, job.staff.official, 'INTERVENTION_SENT', what, (c) => sendIntervention(c, 1));
}

function focalOf({ focal }: JobCase): StaffSession {
  return focal ?? missing('the focal point of the case');
}

/**
 * Does an act unless the case shows that it was done: an answer that was lost says nothing about the act.
 * @param type - of the event; staff do it once in this job.
 */
async function act(
  job: Job,
  one: JobCase,
  session: StaffSession,
  type: EventName,
  what: string,
  perform: (opened: OpenedCase) => Promise<ActResult>,
): Promise<void> {
  const opened = await openCase(session, pseudonymOf(one));
  const done = opened.history.events.find(({ event }) => event.type === type && event.actor === 'staff');
  const result: ActResult = done === undefined ? await perform(opened) : { ok: true, event: done };
  if (!result.ok) throw new Invariant(`${what}: ${result.refusal.code}`);
  if (result.event.event.type !== type) throw new Invariant(`${what}: not a ${type}`);
  job.say(`  ${what} (event ${String(result.event.opening.eventNumber)})`);
}
