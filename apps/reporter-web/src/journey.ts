/** The whole journey as one pure state machine: what is on the screen, what was typed, what is under way. */
import {
  type Draft,
  EMPTY,
  type FieldError,
  type Repeated,
  ROWS,
  type Step,
  STEPS,
  withoutRow,
} from './form.js';
import type { Language } from './i18n/index.js';
import type { Failed, MailboxData, Office, Recorded, ShownCode } from './protocol.js';

export type Screen =
  | { readonly at: 'welcome' }
  | { readonly at: 'form'; readonly step: Step }
  | { readonly at: 'review' }
  | { readonly at: 'code' }
  | { readonly at: 'practice' }
  | { readonly at: 'sending' }
  | { readonly at: 'receipt' }
  | { readonly at: 'enter' }
  | { readonly at: 'openDraft' }
  | { readonly at: 'savedDraft' }
  | { readonly at: 'mailbox' };

export type SavedDraft = { readonly code: ShownCode; readonly file: Uint8Array<ArrayBuffer> };

export type Journey = {
  readonly language: Language;
  readonly screen: Screen;
  readonly draft: Draft;
  readonly errors: readonly FieldError[];
  /** What the worker is asked now; nothing else can be asked meanwhile. */
  readonly isBusy: boolean;
  /** The person left the first screen, and the texts of the next are not here yet. */
  readonly isEntering: boolean;
  readonly failed?: Failed;
  /** The person was told that the witnesses are silent, and chose to go on. */
  readonly acceptsStale: boolean;
  readonly office?: Office;
  readonly sealed?: { readonly code: ShownCode; readonly to: readonly string[] };
  readonly recorded?: Recorded;
  readonly saved?: SavedDraft;
  readonly mailbox?: MailboxData;
};

export type Event =
  | { readonly type: 'language'; readonly language: Language }
  | { readonly type: 'entering' }
  | { readonly type: 'go'; readonly screen: Screen }
  | { readonly type: 'answer'; readonly path: string; readonly value: string }
  | { readonly type: 'addRow'; readonly section: Repeated }
  | { readonly type: 'removeRow'; readonly section: Repeated; readonly at: number }
  | { readonly type: 'errors'; readonly errors: readonly FieldError[]; readonly step?: Step }
  | { readonly type: 'asked' }
  | { readonly type: 'failed'; readonly failed: Failed }
  | { readonly type: 'acceptStale' }
  | { readonly type: 'office'; readonly office: Office }
  | { readonly type: 'sealed'; readonly sealed: NonNullable<Journey['sealed']> }
  | { readonly type: 'recorded'; readonly recorded: Recorded }
  | { readonly type: 'draftSaved'; readonly saved: SavedDraft }
  | { readonly type: 'draftOpened'; readonly draft: Draft }
  | { readonly type: 'mailbox'; readonly mailbox: MailboxData }
  | { readonly type: 'leaveMailbox' };

export function begin(language: Language): Journey {
  return {
    language,
    screen: { at: 'welcome' },
    draft: EMPTY,
    errors: [],
    isBusy: false,
    isEntering: false,
    acceptsStale: false,
  };
}

/** The next state. What was typed is in no event lost but by taking a row away. */
export function next(journey: Journey, event: Event): Journey {
  switch (event.type) {
    case 'language':
      return { ...journey, language: event.language };
    case 'entering':
      return { ...withoutFailure(journey), isEntering: true };
    case 'go':
      return goTo(journey, event.screen);
    case 'answer':
    case 'addRow':
    case 'removeRow':
      return { ...journey, draft: edited(journey.draft, event) };
    case 'errors':
      return {
        ...idle(journey),
        errors: event.errors,
        ...(event.step && { screen: { at: 'form', step: event.step } }),
      };
    case 'asked':
      return { ...idle(journey), isBusy: true };
    case 'acceptStale':
      return { ...idle(journey), acceptsStale: true };
    case 'leaveMailbox': {
      const { mailbox: _, ...rest } = goTo(journey, { at: 'welcome' });
      return rest;
    }
    default:
      return answered(journey, event);
  }
}

type Answered = Extract<
  Event,
  { type: 'failed' | 'office' | 'sealed' | 'recorded' | 'draftSaved' | 'draftOpened' | 'mailbox' }
>;

function answered(journey: Journey, event: Answered): Journey {
  switch (event.type) {
    case 'failed':
      return { ...idle(journey), isEntering: false, failed: event.failed };
    case 'office':
      // Asking took away every failure before; one that came since is about something else.
      return { ...journey, isBusy: false, office: event.office };
    case 'sealed':
      return { ...goTo(journey, { at: 'code' }), sealed: event.sealed };
    case 'recorded':
      // What was sent need not lie in this page any longer.
      return { ...goTo(journey, { at: 'receipt' }), recorded: event.recorded, draft: EMPTY };
    case 'draftSaved':
      return { ...goTo(journey, { at: 'savedDraft' }), saved: event.saved };
    case 'draftOpened':
      return { ...goTo(journey, { at: 'form', step: STEPS[0] }), draft: event.draft };
    case 'mailbox':
      return { ...goTo(journey, { at: 'mailbox' }), mailbox: event.mailbox };
  }
}

function goTo(journey: Journey, screen: Screen): Journey {
  return { ...idle(journey), isEntering: false, screen, errors: [] };
}

function idle(journey: Journey): Journey {
  return { ...withoutFailure(journey), isBusy: false };
}

function withoutFailure(journey: Journey): Journey {
  const { failed: _, ...rest } = journey;
  return rest;
}

type Edit = Extract<Event, { type: 'answer' | 'addRow' | 'removeRow' }>;

function edited(draft: Draft, event: Edit): Draft {
  if (event.type === 'removeRow') return withoutRow(draft, event.section, event.at);
  if (event.type === 'answer') return { ...draft, answers: { ...draft.answers, [event.path]: event.value } };
  const count = Math.min(ROWS[event.section], draft.rows[event.section] + 1);
  return { ...draft, rows: { ...draft.rows, [event.section]: count } };
}

/** Whether leaving would lose something: words typed, or a sealed report that was not confirmed yet. */
export function wouldLose({ draft, sealed, recorded }: Journey): boolean {
  const isTyped = Object.values(draft.answers).some((answer) => answer.trim() !== '');
  return isTyped || (sealed !== undefined && recorded === undefined);
}

export function stepAfter(step: Step): Screen {
  const following = STEPS[STEPS.indexOf(step) + 1];
  return following === undefined ? { at: 'review' } : { at: 'form', step: following };
}

export function stepBefore(step: Step): Screen {
  const before = STEPS[STEPS.indexOf(step) - 1];
  return before === undefined ? { at: 'welcome' } : { at: 'form', step: before };
}

/** Which sentence explains a failure. */
export type FailureKind =
  | 'unreachable'
  | 'busy'
  | 'full'
  | 'keys'
  | 'stale'
  | 'silent'
  | 'clock'
  | 'proof'
  | 'word'
  | 'words'
  | 'nothing'
  | 'draft'
  | 'outdated'
  | 'refused'
  | 'internal';

/** The code of a failure of the page itself: its texts did not come. */
export const PAGE_INCOMPLETE = 'page_incomplete';

const KINDS: readonly (readonly [FailureKind, RegExp])[] = [
  ['unreachable', /^(unreachable|page_incomplete)$/],
  ['busy', /^(unavailable|not_ready|too_many_requests|work_required|nonce_expired)$/],
  ['full', /^disk_full$/],
  ['silent', /^witness_stale$/],
  ['stale', /^(witness_too_old|keyset_leaf_stale|keyset_expired|epoch_expired|role_missing)$/],
  ['clock', /^(clock_behind|keyset_not_yet_valid|promise_time)$/],
  ['keys', /^(keyset_|certificate_|epoch_|root|trust_|checkpoint_|log_|suite_)/],
  ['word', /^word_unknown$/],
  ['words', /^(word_count|words_checksum|digits_|bad_character|out_of_range)/],
  ['nothing', /^not_found$/],
  ['draft', /^draft_unreadable$/],
  ['outdated', /^(out_of_date|part_mismatch|id_taken)$/],
  ['refused', /^(case_moved|not_allowed_now|consent_missing|codes_mismatch)$/],
  ['internal', /^(internal|invalid_request|malformed_json)$/],
];

/** What is not known by name is a check that did not hold: the page says so and goes no further. */
export function failureKind(code: string): FailureKind {
  return KINDS.find(([, pattern]) => pattern.test(code))?.[0] ?? 'proof';
}
