/** What happens to a case after triage: holds, risk, reviews, links, closing, and persons with codes of their own. */
import { type ActOf, AGAIN, CLOSE, type CloseCode, DIVERT, HOLD, OOS, RELATION, RISK } from '@app/casework';
import { divert, invite, perform, withSecondOfficer } from '@app/client';
import { makeReporterCode, type WordLanguage } from '@app/crypto/seal';
import { usage } from '../errors.js';
import { personNumber, withNewCode } from '../participant/codes.js';
import { act, actWithText, oneOf, roleOf, staffCloseOutOfScope, type TextOptions, whole } from './acting.js';
import type { StaffOptions } from './identity.js';

type Seconded = Parameters<ReturnType<typeof withSecondOfficer>>[1];

/** An act that a second officer signs too, if one is named. */
function seconded(given: string, options: StaffOptions, what: string, wanted: Seconded): Promise<void> {
  return act(given, options, what, (c, { second }) =>
    second === undefined ? perform(c, wanted) : withSecondOfficer(second)(c, wanted),
  );
}

export function staffHold(given: string, reasonText: string, options: StaffOptions): Promise<void> {
  const reason = oneOf('The reason', HOLD, reasonText);
  return seconded(given, options, 'On hold', { kind: 'hold', reason });
}

export type RiskOptions = StaffOptions & {
  readonly likelihood: string;
  readonly severity: string;
  readonly changed?: boolean;
};

export function staffAssessRisk(given: string, options: RiskOptions): Promise<void> {
  const wanted: ActOf<'assess_risk'> = {
    kind: 'assess_risk',
    likelihood: oneOf('--likelihood', RISK, options.likelihood),
    severity: oneOf('--severity', RISK, options.severity),
    changed: options.changed === true,
  };
  return act(given, options, 'Risk assessed', (c) => perform(c, wanted));
}

export function staffActAgain(given: string, reasonText: string, options: StaffOptions): Promise<void> {
  const reason = oneOf('The reason', AGAIN, reasonText);
  return act(given, options, 'Action goes on', (c) => perform(c, { kind: 'act_again', reason }));
}

/** As out of scope, with a text, or for good, where the persons were told of the outcome before; by the reason. */
export function staffClose(
  given: string,
  reasonText: string,
  options: TextOptions & { readonly into?: string },
): Promise<void> {
  const outOfScope = OOS.find((code) => code === reasonText);
  if (outOfScope !== undefined) return staffCloseOutOfScope(given, outOfScope, options);
  const reason = oneOf('The reason', [...OOS, ...CLOSE] as const, reasonText) as CloseCode;
  const into = options.into === undefined ? {} : { into: caseNumber(options.into) };
  return seconded(given, options, 'Closed', { kind: 'close', reason, ...into });
}

export function staffLink(
  given: string,
  other: string,
  relationText: string,
  options: StaffOptions,
): Promise<void> {
  const relation = oneOf('The relation', RELATION, relationText);
  const wanted: ActOf<'link'> = { kind: 'link', case: caseNumber(other), relation };
  return act(given, options, 'Linked', (c) => perform(c, wanted));
}

/** To the alternate or the ethics office, under the consent given. */
export function staffDivert(
  given: string,
  reasonText: string,
  options: TextOptions & { readonly to: string },
): Promise<void> {
  const reason = oneOf('The reason', DIVERT, reasonText);
  return actWithText(given, options, 'Diverted', 'The handover note; the reporter can read it.', (c, text) =>
    divert(c, text, reason, roleOf(c, options.to)),
  );
}

export function staffFollowUp(given: string, number: string, options: StaffOptions): Promise<void> {
  const wanted: ActOf<'follow_up'> = { kind: 'follow_up', number: whole(number) };
  return act(given, options, 'Followed up', (c) => perform(c, wanted));
}

export function staffEndIntervention(given: string, number: string, options: StaffOptions): Promise<void> {
  const wanted: ActOf<'end_intervention'> = { kind: 'end_intervention', number: whole(number) };
  return act(given, options, 'Intervention ended', (c) => perform(c, wanted));
}

export function staffInvite(
  given: string,
  personText: string,
  options: TextOptions & { readonly lang: WordLanguage },
): Promise<void> {
  const person = personNumber(personText);
  return actWithText(given, options, 'Invited', 'What the report says about this person.', (c, text) => {
    const code = makeReporterCode(c.session.service.deps.random);
    return withNewCode(code, "THIS PERSON'S", options.lang, async (told) => ({
      ...(await invite(c, { person, code, text })),
      told,
    }));
  });
}

function caseNumber(text: string): string {
  if (!/^[0-9a-f]{32}$/.test(text)) throw usage('The other case is named by its whole identifier.');
  return text;
}
