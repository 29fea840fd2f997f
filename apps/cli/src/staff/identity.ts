/** Who acts: an officer with her unlock words, or on the evaluation stack a member whose secrets a machine made. */
import path from 'node:path';
import {
  closeSession,
  listCases,
  type Service,
  type StaffSession,
  unlock,
  unlockWith,
  withPassword,
} from '@app/client';
import type { CaseSummary } from '@app/contracts';
import { derivePasswordKeys } from '@app/crypto/seal';
import { fromHex, Invariant } from '@app/encoding';
import type { Command } from 'commander';
import { connectTo } from '../connecting.js';
import { CliError, explaining, usage } from '../errors.js';
import { readMembers } from '../stack/evaluation-files.js';
import { type Keyboard, say } from '../terminal.js';

export type StaffOptions = {
  readonly service: string;
  readonly trust?: string;
  readonly acceptSilentWitnesses?: boolean;
  readonly as?: string;
  readonly data: string;
  readonly subject?: string;
  readonly unlockFile?: string;
  readonly password?: boolean;
  readonly secondAs?: string;
  readonly secondSubject?: string;
  readonly secondUnlockFile?: string;
  readonly json?: boolean;
};

export function withIdentity(command: Command): Command {
  return command
    .requiredOption('--service <url>', 'origin of the staff service')
    .option('--trust <file>', 'what you pinned: trust.json; with --as, that of the evaluation stack')
    .option('--accept-silent-witnesses', 'go on although the witnesses have been silent for 7 to 30 days')
    .option('--subject <hex>', 'who acts: the identifier that belongs to the unlock words')
    .option(
      '--unlock-file <file>',
      'file with the unlock words; else they are asked, or read from standard input',
    )
    .option('--password', 'unlock with your password and a code of the second factor instead of the words')
    .option(
      '--as <name>',
      'who acts on the evaluation stack, such as focal-1: reads its machine-made secrets',
    )
    .option('--data <dir>', 'data of the evaluation stack, for --as', '.data')
    .option('--json');
}

export function withSecond(command: Command): Command {
  return command
    .option('--second-subject <hex>', 'the second officer, where two must sign')
    .option('--second-unlock-file <file>', 'file with the unlock words of the second officer')
    .option('--second-as <name>', 'the second officer, on the evaluation stack');
}

export type Officers = { readonly session: StaffSession; readonly second?: StaffSession };

/** Asks for what opens the vaults of one officer or two. */
export async function identify(keyboard: Keyboard, options: StaffOptions): Promise<readonly Credentials[]> {
  const first = await credentials(keyboard, options, { ...options, prefix: '' });
  const { secondAs, secondSubject, secondUnlockFile } = options;
  if (secondAs === undefined && secondSubject === undefined) return [first];
  const who: Who = { as: secondAs, subject: secondSubject, unlockFile: secondUnlockFile, prefix: 'second-' };
  return [first, await credentials(keyboard, options, who)];
}

/** Opens the sessions, does the work, and ends the sessions whatever happened. */
export async function withOfficers<T>(
  options: StaffOptions,
  people: readonly Credentials[],
  work: (officers: Officers) => Promise<T>,
): Promise<T> {
  const service = await connectTo({ ...options, trust: trustFile(options) });
  const sessions: StaffSession[] = [];
  try {
    for (const one of people) sessions.push(await signIn(service, one));
    const [session, second] = sessions;
    if (session === undefined) throw new Invariant('nobody acts');
    return await work({ session, ...(second && { second }) });
  } finally {
    // A session that cannot be ended now ends by itself.
    await Promise.allSettled(sessions.map(closeSession));
  }
}

export type Credentials =
  | { readonly subject: string; readonly words: string }
  | { readonly subject: string; readonly password: string; readonly code: () => Promise<string> };

type Who = {
  readonly as?: string | undefined;
  readonly subject?: string | undefined;
  readonly unlockFile?: string | undefined;
  readonly prefix: '' | 'second-';
};

async function credentials(
  keyboard: Keyboard,
  { data, password }: StaffOptions,
  { as, subject, unlockFile, prefix }: Who,
): Promise<Credentials> {
  if ((as === undefined) === (subject === undefined))
    throw usage(`Say who acts: --${prefix}subject, or on the evaluation stack --${prefix}as; one of them.`);
  if (as !== undefined) return evaluationMember(data, as);
  if (subject === undefined || !/^[0-9a-f]{32}$/.test(subject))
    throw usage(`--${prefix}subject is 32 characters, 0 to 9 and a to f.`);
  if (password === true && prefix === '')
    return {
      subject,
      password: await keyboard.secret('Password', unlockFile),
      code: () => keyboard.secret('Code of the second factor'),
    };
  const prompt = prefix === '' ? 'Unlock words' : 'Unlock words of the second officer';
  return { subject, words: await keyboard.secret(prompt, unlockFile) };
}

function evaluationMember(dataDir: string, name: string): Credentials {
  const members = readMembers(dataDir);
  const member = members.find((one) => one.name === name);
  if (member === undefined)
    throw usage(
      `The evaluation organisation has no ${name}; it has ${members.map((one) => one.name).join(', ')}.`,
    );
  say(
    `Acting as ${name} with the machine-made secrets in ${path.join(dataDir, 'keys', 'staff.json')}: for evaluation only.`,
  );
  return member;
}

function trustFile({ trust, as, data }: StaffOptions): string {
  if (trust !== undefined) return trust;
  if (as === undefined) throw usage('--trust is needed: the trust.json that you pinned.');
  return path.join(data, 'directory', 'trust.json');
}

function signIn(service: Service, one: Credentials): Promise<StaffSession> {
  const hints = {
    unauthorized: 'Check the subject and the unlock words, or the password and the code.',
    too_many_requests: 'The unlock words are taken even while a password has to wait.',
  };
  return explaining(hints, async () => {
    if ('words' in one) return unlock(service, one.subject, one.words);
    const keys = await derivePasswordKeys(one.password, fromHex(one.subject, 'subject', 16));
    return unlockWith(service, one.subject, withPassword(keys, one.code));
  });
}

/** Every case the officer's role has. */
/** Every case of the office; those set apart as part of a flood come last. */
export async function allCases(session: StaffSession): Promise<CaseSummary[]> {
  const { cases, anyQuarantined } = await casesWith(session, 'false');
  return anyQuarantined ? [...cases, ...(await casesWith(session, 'true')).cases] : cases;
}

async function casesWith(session: StaffSession, quarantined: 'true' | 'false') {
  const cases: CaseSummary[] = [];
  for (let after: string | undefined; ;) {
    const page = await listCases(session, after, { quarantined });
    cases.push(...page.cases);
    if (page.next === null) return { cases, anyQuarantined: page.anyQuarantined };
    after = page.next;
  }
}

/** A case by its identifier or the beginning of it. @throws {CliError} `case_unknown`, `case_ambiguous`. */
export async function caseOf(session: StaffSession, given: string): Promise<string> {
  if (/^[0-9a-f]{32}$/.test(given)) return given;
  if (!/^[0-9a-f]{1,31}$/.test(given))
    throw usage('A case is named by 32 characters, 0 to 9 and a to f, or the first of them.');
  const found = (await allCases(session)).filter(({ casePseudonym }) => casePseudonym.startsWith(given));
  const [first, ...others] = found;
  if (first === undefined) throw new CliError('case_unknown', `No case of your office begins with ${given}.`);
  if (others.length > 0)
    throw new CliError(
      'case_ambiguous',
      `${String(found.length)} cases begin with ${given}; give more of it.`,
    );
  return first.casePseudonym;
}
