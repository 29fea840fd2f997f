/** What follows from a report without anybody deciding anything (SPEC.md §8.4). None of it is a finding of fact. */
import type { Json } from '@app/encoding';
import { type ActCode, type CodeOf, DIGITAL_MOD, type EngCode } from './lists.js';
import type { ReportBody } from './questions.js';

/** The group of acts that may be published; undefined for "other" and where nothing is told. */
export function publicActGroup(act: ActCode): CodeOf<'PG'> | undefined {
  const family = act.charAt(0);
  if (act === 'UNK' || act === 'PNS' || !Object.hasOwn(ACT_GROUPS, family)) return undefined;
  return ACT_GROUPS[family];
}

const ACT_GROUPS: Readonly<Record<string, CodeOf<'PG'>>> = {
  A: 'PG1',
  B: 'PG2',
  C: 'PG3',
  G: 'PG3',
  D: 'PG4',
  E: 'PG5',
  F: 'PG6',
};

/** Every public group that an act of the report is in, in order. */
export function publicActGroups({ acts }: ReportBody): readonly CodeOf<'PG'>[] {
  const groups = acts.flatMap(({ types = [] }) => types.map(publicActGroup));
  return [...new Set(groups)].filter((group) => group !== undefined).sort();
}

/** The group of bodies that may be published. */
export function publicEngagementGroup(body: EngCode): CodeOf<'ENG_GROUP'> {
  const found = ENGAGEMENT_GROUPS.find(([, bodies]) => bodies.includes(body));
  return found?.[0] ?? 'AGENCIES_OTHER';
}

const ENGAGEMENT_GROUPS: readonly (readonly [CodeOf<'ENG_GROUP'>, readonly EngCode[]])[] = [
  ['CHARTER', ['HRC', 'HRC-IM', 'UPR', 'GA', 'SC', 'NGOC', 'FOR']],
  ['SPECIAL_PROCEDURES', ['SP-COM', 'SP-VIS', 'SP-OTH']],
  ['TREATY_BODIES', ['TB-REV', 'TB-PET', 'TB-INQ']],
  ['FIELD', ['OHCHR-F', 'UNCT', 'PKO']],
  ['CONFERENCES', ['CSW', 'CSocD', 'HLPF', 'IND', 'COP', 'IGF', 'CONS']],
];

/** Every public group of bodies the report names, in the order it does. */
export function publicEngagementGroups({ engagements }: ReportBody): readonly CodeOf<'ENG_GROUP'>[] {
  return [...new Set(engagements.map(({ body }) => publicEngagementGroup(body)))];
}

const SDG_ACTS: readonly ActCode[] = ['A01', 'A04', 'A07', 'A08'];

/**
 * Indicator 16.10.1 of the Sustainable Development Goals: killing, enforced disappearance, torture, abduction, and
 * detention where the report calls it arbitrary.
 */
export function isSdg16101({ acts, persons = [] }: ReportBody): boolean {
  const types = acts.flatMap((act) => act.types ?? []);
  const isArbitrary = persons.some(({ situation }) => situation?.includes('HELD_ARBITRARY') === true);
  return types.some((type) => SDG_ACTS.includes(type)) || (isArbitrary && types.includes('B02'));
}

/** The person took part through a platform, or a deployment of one is named. */
export function isDigitalParticipation({ engagements, digital }: ReportBody): boolean {
  return (
    engagements.some(({ modality }) => modality !== undefined && DIGITAL_MOD.includes(modality)) ||
    digital?.deployment !== undefined ||
    digital?.deployment_id !== undefined
  );
}

/** Whether section 4 is asked: she took part through a platform, or an act was of the digital kind. */
export function isDigital(report: ReportBody): boolean {
  const types = report.acts.flatMap((act) => act.types ?? []);
  return isDigitalParticipation(report) || types.some((type) => type.startsWith('F'));
}

/** Whether a counting unit stands for many whom nobody names: a community, a social group, people in general. */
export function isCollective({ unit }: { readonly unit?: Json }): boolean {
  return unit === 'COMMUNITY' || unit === 'SOCIAL_GROUP' || unit === 'PEOPLE';
}

/** Whether the report is of a situation: a pattern or law that affects many, and no person is named. */
export function isSituation({ persons = [] }: ReportBody): boolean {
  return persons.length > 0 && persons.every((person) => isCollective(person) && (person.names ?? '') === '');
}

/** Why a report looks urgent, and the answer that says so. */
export type PriorityReason = { readonly code: CodeOf<'P1_REASON'>; readonly path: string };

/** Threats to life, liberty and integrity that may go on or be about to happen. */
const LIFE_OR_LIBERTY: readonly ActCode[] = [
  'A01',
  'A02',
  'A03',
  'A04',
  'A05',
  'A06',
  'A07',
  'A08',
  'B01',
  'B02',
  'B03',
];
const LOSES_EVIDENCE: readonly ActCode[] = ['F03', 'F13', 'F14', 'F21'];

/**
 * A priority for the triage screen to suggest, with the reasons: P1 where the report itself shows a criterion of
 * SPEC.md §8.4, else P3. What staff assess (likelihood, severity) is not in a report and may raise it.
 */
export function suggestedPriority(report: ReportBody): {
  readonly priority: 'P1' | 'P3';
  readonly reasons: readonly PriorityReason[];
} {
  const reasons: PriorityReason[] = [];
  const isUrgent = report.safety.declared_urgent === 'yes';
  if (isUrgent) reasons.push({ code: 'DECLARED_URGENT', path: 'safety.declared_urgent' });
  const isLive = hasLiveSession(report);
  for (const [at, act] of report.acts.entries()) {
    const path = `acts[${String(at)}].types`;
    const types = act.types ?? [];
    const isThreat = types.some((type) => LIFE_OR_LIBERTY.includes(type));
    if (isThreat && (isUrgent || isGoingOn(act, report))) reasons.push({ code: 'LIFE_OR_LIBERTY', path });
    if (isLive && types.some((type) => LOSES_EVIDENCE.includes(type)))
      reasons.push({ code: 'EVIDENCE_LOST', path });
  }
  return { priority: reasons.length > 0 ? 'P1' : 'P3', reasons };
}

/** Said to go on, or seen from where the person is now. */
function isGoingOn(
  { ongoing, types = [] }: ReportBody['acts'][number],
  { persons = [] }: ReportBody,
): boolean {
  const situations = persons.flatMap(({ situation }) => situation ?? []);
  const isHeld = situations.some((code) => code.startsWith('HELD_'));
  const isMissing = situations.includes('MISSING');
  return (
    ongoing === 'yes' ||
    (isHeld && types.some((type) => type.startsWith('B'))) ||
    (isMissing && (types.includes('A07') || types.includes('A08')))
  );
}

function hasLiveSession({ engagements }: ReportBody): boolean {
  return engagements.some(
    ({ stage, modality }) => stage === 'ONGOING' && modality !== undefined && DIGITAL_MOD.includes(modality),
  );
}
