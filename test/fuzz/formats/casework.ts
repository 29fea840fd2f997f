/** Parsers of libs/casework. */
import {
  ACTOR_CLASSES,
  checkReport,
  DEFAULT_POLICY,
  encodeConsentMatrix,
  encodeDetail,
  EVENT_TYPES,
  joinReport,
  makeConsentMatrix,
  parseAct,
  parseCaseEvent,
  parseConsentMatrix,
  parseDetail,
  parseEventType,
  parsePolicy,
  QUESTIONNAIRE_VERSION,
  replay,
  type ReportBody,
  responseTimes,
  splitReport,
} from '@app/casework';
import {
  canonicalJson,
  decodeUtf8,
  Invariant,
  type Json,
  ParseError,
  parseCanonicalJson,
} from '@app/encoding';
import {
  DRAFT,
  FOCAL,
  history,
  OFFICIAL,
  REPORTER,
  ROUTE,
  SCOPE_ACT,
  SUBMIT,
  TO,
} from '../../../libs/casework/test/histories.js';
import { type Format, jsonFormat, textFormat } from '../format.js';
import { FULL_REPORT, LEAST_REPORT } from '../../../libs/casework/test/reports.js';

const { events } = history(
  ...TO.accepted,
  [{ kind: 'reporter_message' }, REPORTER],
  [{ kind: 'message', feedback: true }, FOCAL],
  [{ kind: 'consent_change', person: 1, through: 8, scope: 'K6', code: 'w' }, REPORTER],
  [DRAFT, OFFICIAL],
);

const read = (text: string): Json => parseCanonicalJson(text, 'input');

/** A refusal with a code, for checks that return their problems. */
const refused = (code: string | undefined): never => {
  throw new ParseError(code ?? 'refused', 'input');
};

/** The parts of a list of exactly so many. */
function parts(json: Json, count: number): readonly Json[] {
  return Array.isArray(json) && json.length === count ? (json as readonly Json[]) : refused('not_list');
}

function whole(value: Json | undefined): number {
  return typeof value === 'number' && Number.isSafeInteger(value) ? value : refused('not_whole');
}

function eventOf(json: Json) {
  const [type, at, actor, detail = null] = parts(json, 4);
  const known = ACTOR_CLASSES.find((actorClass) => actorClass === actor) ?? refused('not_in_list');
  return parseCaseEvent(whole(type), whole(at), known, detail);
}

function recodeDetail(text: string): string {
  const [type, given = null] = parts(read(text), 2);
  const name = parseEventType(whole(type));
  const detail = parseDetail(name, given);
  return canonicalJson([
    EVENT_TYPES[name],
    parseCanonicalJson(decodeUtf8(encodeDetail(name, detail), 'detail'), 'detail'),
  ]);
}

/** A history replays to a state and its response times, or it could not have happened. */
function replayed(text: string): undefined {
  const json = read(text);
  if (!Array.isArray(json)) return refused('not_list');
  const told = (json as readonly Json[]).map(eventOf);
  try {
    responseTimes(replay(told, DEFAULT_POLICY));
  } catch (error) {
    if (error instanceof Invariant) refused('history_impossible');
    throw error;
  }
}

function recodeReport(text: string): string | undefined {
  const told = read(text);
  const checked = checkReport(told);
  if (!checked.ok) return refused(checked.problems[0]?.code);
  const { main, identity } = splitReport(checked.report);
  const joined = joinReport(main, identity);
  const recoded = canonicalJson(joined.ok ? joined.report : null);
  // libs/casework/SPEC.md §8.5: a report of an older version is told in the words of this one, and then stays as it is.
  if ((told as { version?: Json }).version === QUESTIONNAIRE_VERSION) return recoded;
  if (recodeReport(recoded) !== recoded) throw new Error('an older report changes twice');
  return undefined;
}

function joinHalves(text: string): undefined {
  const [main = null, identity = null] = parts(read(text), 2);
  const joined = joinReport(main, identity);
  if (!joined.ok) refused(joined.problems[0]?.code);
}

const asText = (value: unknown): string => canonicalJson(value as Json);
const halves = ({ main, identity }: ReturnType<typeof splitReport>): string =>
  canonicalJson([main, identity]);

export const caseworkFormats: readonly Format[] = [
  jsonFormat(
    'event detail',
    events.map(({ type, detail }) => asText([EVENT_TYPES[type], detail])),
    recodeDetail,
  ),
  jsonFormat(
    'history',
    [asText(events.map(({ type, at, actor, detail }) => [EVENT_TYPES[type], at, actor, detail]))],
    replayed,
  ),
  jsonFormat('act', [SUBMIT, SCOPE_ACT, ROUTE, DRAFT, { kind: 'accept' }].map(asText), (text) =>
    asText(parseAct(read(text))),
  ),
  jsonFormat('response time policy', [DEFAULT_POLICY, { ...DEFAULT_POLICY, note: 'x' }].map(asText), (text) =>
    asText(parsePolicy(read(text))),
  ),
  jsonFormat('report', [LEAST_REPORT, FULL_REPORT].map(asText), recodeReport),
  jsonFormat(
    'report halves',
    [LEAST_REPORT, FULL_REPORT].map((report: ReportBody) => halves(splitReport(report))),
    joinHalves,
  ),
  textFormat('consent matrix', [SUBMIT.consents, encodeConsentMatrix(makeConsentMatrix([{}]))], (text) =>
    encodeConsentMatrix(parseConsentMatrix(text, 'matrix')),
  ),
];
