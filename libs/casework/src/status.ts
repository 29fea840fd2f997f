/** What the reporter is told of a case: coarse enough to say nothing about who did what (SPEC.md §7). */
import type { ConsentScope } from './consent.js';
import type { CaseState } from './state.js';

export const STATUSES = ['received', 'being_read', 'with_senior_official', 'action_taken', 'closed'] as const;
export type Status = (typeof STATUSES)[number];

/** `waitingFor`: what the office needs from her, if anything. */
export type ReporterStatus = {
  readonly status: Status;
  readonly waitingFor?: 'information' | 'consent';
  readonly asked?: ConsentScope;
};

export function reporterStatus(state: CaseState): ReporterStatus {
  if (state.phase === 'AWAITING_INFO') return { status: statusOf(state), waitingFor: 'information' };
  const { asked } = state;
  return asked === undefined
    ? { status: statusOf(state) }
    : { status: statusOf(state), waitingFor: 'consent', asked };
}

function statusOf(state: CaseState): Status {
  switch (state.phase) {
    case 'RECEIVED':
    case 'ACKNOWLEDGED':
      return state.escalatedTo === undefined ? 'received' : 'with_senior_official';
    case 'IN_TRIAGE':
    case 'AWAITING_INFO':
    case 'AWAITING_CONSENT':
    case 'IN_SCOPE':
      return state.escalatedTo === undefined ? 'being_read' : 'with_senior_official';
    case 'ROUTED':
    case 'ACCEPTED':
      return 'with_senior_official';
    case 'ACTION_ONGOING':
      return 'action_taken';
    case 'CLOSED':
    case 'ERASED':
      return 'closed';
  }
}
