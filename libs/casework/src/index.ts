export {
  type Actor,
  CAP,
  type Capability,
  type Desk,
  hasCap,
  isBarred,
  mayAct,
  maySee,
  ROLE_KINDS,
  type RoleKind,
  sitsAt,
  type StaffActor,
  type View,
  VIEWS,
} from './access.js';
export { ACT_KINDS, type ActKind, type ActOf, type CaseAct, parseAct } from './acts.js';
export {
  type Clock,
  type ClockId,
  type ClockOrigin,
  CLOCKS,
  CLOCK_STOPS,
  type ClockStop,
  dueClocks,
  grossSeconds,
  isLapsed,
  isRunning,
  netSeconds,
  nextDeadline,
  type Pause,
  runningClocks,
} from './clocks.js';
export {
  applyConsentChange,
  checkLevel,
  CONSENT_CODES,
  type ConsentChange,
  type ConsentCode,
  type ConsentMatrix,
  type ConsentRow,
  type ConsentScope,
  effectiveConsent,
  type EffectiveConsent,
  encodeConsentMatrix,
  isConsentChange,
  isConsentCode,
  type Level,
  LEVELS,
  levelsOf,
  makeConsentMatrix,
  parseConsentMatrix,
  PERSON_ROWS,
  scopeOfChannel,
  SCOPES,
} from './consent.js';
export { type Context, decide, type Decision, REFUSAL_CODES, type RefusalCode } from './decide.js';
export {
  ACTOR_CLASSES,
  type ActorClass,
  type CaseEvent,
  COVER,
  type Detail,
  DETAIL_MAX_BYTES,
  type DetailOf,
  encodeDetail,
  EVENT_NAMES,
  EVENT_TYPES,
  type EventName,
  type EventOf,
  parseCaseEvent,
  parseDetail,
  parseEventType,
  type Phase,
  PHASES,
} from './events.js';
export { acceleratePolicy, DEFAULT_POLICY, parsePolicy, type Policy, type Targets } from './policy.js';
export { COUNTRIES, NO_COUNTRY } from './countries.js';
export { replay, type ResponseTime, responseTimes } from './replay.js';
export { type Dated, isBefore } from './questionnaire/answers.js';
export {
  type Checked,
  checkReport,
  joinReport,
  MOST_HALF_BYTES,
  personsOf,
  type ReportProblem,
  splitReport,
} from './questionnaire/check.js';
export {
  answerProblems,
  type ConsentAnswer,
  consentGaps,
  decisionOf,
  isChild,
  parseConsentAnswer,
  type PersonAffected,
  PERSONAL_SCOPES,
} from './questionnaire/consent-answers.js';
export {
  isCollective,
  isDigital,
  isDigitalParticipation,
  isSdg16101,
  isSituation,
  type PriorityReason,
  publicActGroup,
  publicActGroups,
  publicEngagementGroup,
  publicEngagementGroups,
  suggestedPriority,
} from './questionnaire/facts.js';
export {
  applyFollowUps,
  checkFollowUp,
  type Correction,
  type FollowUp,
  placeOf,
} from './questionnaire/follow-up.js';
export { type CrossWalk, HUR_CROSSWALK } from './questionnaire/hur.js';
export {
  compareLabels,
  LABEL_KEYS,
  labelOf,
  type LabelTable,
  questionLabel,
} from './questionnaire/labels.js';
export { ENGLISH } from './questionnaire/labels-en.js';
export {
  type ActCode,
  ALONE,
  type CodeOf,
  DIGITAL_MOD,
  type EngCode,
  type ListName,
  LISTS,
} from './questionnaire/lists.js';
export {
  type AnswerKind,
  type FieldClass,
  QUESTIONNAIRE_VERSION,
  REPORT_QUESTIONS,
  type ReportBody,
  type ReportedAct,
  type ReportPart,
  type ReportQuestion,
} from './questionnaire/questions.js';
export { checkRoutable, type RouteContext } from './questionnaire/routable.js';
export {
  applyEvent,
  type CaseState,
  currentPriority,
  type EscalationBox,
  type Intervention,
  INTERVENTION_STATES,
  type InterventionState,
} from './state.js';
export { reporterStatus, type ReporterStatus, type Status, STATUSES } from './status.js';
export { isUntriaged, nextPhase, type PhaseBefore, type Rule, RULES } from './transitions.js';
export {
  type Channel,
  CHANNEL,
  CLOSE,
  type CloseCode,
  INT,
  INT_CHANNELS,
  type InterventionKind,
  OOS,
  type OosCode,
  PAUSE,
  type PauseCode,
  PRI,
  type Priority,
  RETURN,
  type ReturnCode,
  RISK,
  type RiskLevel,
  RSP,
  type RspCode,
  SCOPE,
  type ScopeCode,
  URGENCY,
  type Urgency,
  VER,
  type VerCode,
} from './vocabularies.js';
