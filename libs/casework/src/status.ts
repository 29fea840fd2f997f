/** What the reporter is told of a case: coarse enough to say nothing about who did what (SPEC.md §7). */
import type { ConsentScope } from './consent.js';
import type { Phase } from './events.js';
import { type CaseState, standing } from './state.js';

export const STATUSES = [
  'received',
  'being_read',
  'with_senior_official',
  'action_taken',
  'closed',
  'erased',
] as const;
export type Status = (typeof STATUSES)[number];

/** `waitingFor`: what the office needs from her, if anything. */
export type ReporterStatus = {
  readonly status: Status;
  readonly waitingFor?: 'information' | 'consent';
  readonly asked?: ConsentScope;
};

export function reporterStatus(state: CaseState): ReporterStatus {
  if (standing(state) === 'AWAITING_INFO') return { status: statusOf(state), waitingFor: 'information' };
  const { asked } = state;
  return asked === undefined
    ? { status: statusOf(state) }
    : { status: statusOf(state), waitingFor: 'consent', asked };
}

const BY_PHASE: Readonly<Record<Exclude<Phase, 'ON_HOLD'>, Status>> = {
  RECEIVED: 'received',
  ACKNOWLEDGED: 'received',
  IN_TRIAGE: 'being_read',
  AWAITING_INFO: 'being_read',
  AWAITING_CONSENT: 'being_read',
  IN_SCOPE: 'being_read',
  ROUTED: 'with_senior_official',
  ACCEPTED: 'with_senior_official',
  ACTION_ONGOING: 'action_taken',
  MONITORING: 'action_taken',
  REOPENED: 'being_read',
  CLOSED: 'closed',
  ERASED: 'erased',
};

function statusOf(state: CaseState): Status {
  const { escalatedTo } = state;
  const status = BY_PHASE[standing(state)];
  const early = status === 'received' || status === 'being_read';
  return early && escalatedTo !== undefined ? 'with_senior_official' : status;
}
