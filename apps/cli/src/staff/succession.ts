/** `staff succession`: the keys of every case of the office are sealed to its new epoch. */
import { describeRefusal, openCase, type StaffSession, succeed } from '@app/client';
import { CliError, explaining } from '../errors.js';
import { Keyboard, print, progressLine } from '../terminal.js';
import { allCases, identify, type StaffOptions, withOfficers } from './identity.js';

const REPEAT = {
  unreachable: 'What was sealed stays; run it again, and it goes on with the rest.',
  case_moved: 'Somebody acted in a case meanwhile; run it again, and it goes on with the rest.',
  consent_missing: 'A consent that the office needs for a case was withdrawn: its keys stay where they are.',
};

type Sealing = {
  readonly cases: number;
  readonly sealed: readonly string[];
  readonly left: readonly string[];
};

export async function staffSuccession(options: StaffOptions): Promise<void> {
  const people = await identify(new Keyboard(), options);
  const done = await withOfficers(options, people, ({ session }) => sealAll(session));
  const { cases, sealed, left } = done;
  const lines = [
    `${String(sealed.length)} of ${String(cases)} cases were sealed to the epoch in use.`,
    ...left.map((one) => `Not sealed: ${one}`),
  ];
  print(done, options.json, lines.join('\n'));
}

/** One case after another: each is whole before the next, so that it may be broken off and run again. */
async function sealAll(session: StaffSession): Promise<Sealing> {
  const cases = await allCases(session);
  const sealed: string[] = [];
  const left: string[] = [];
  for (const [at, { casePseudonym }] of cases.entries()) {
    progressLine(`Case ${String(at + 1)} of ${String(cases.length)} …`);
    try {
      const result = await explaining(REPEAT, async () => succeed(await openCase(session, casePseudonym)));
      if (result?.ok === true) sealed.push(casePseudonym);
      if (result?.ok === false) left.push(`${casePseudonym}. ${describeRefusal(result.refusal.code)}`);
    } catch (error) {
      if (!(error instanceof CliError) || error.code !== 'consent_missing') throw error;
      left.push(`${casePseudonym}. ${error.message}`);
    }
  }
  return { cases: cases.length, sealed, left };
}
