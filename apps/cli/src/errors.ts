/** How the command fails: one plain sentence and a code, and never anything that somebody wrote or must not see. */
import { ApiProblem, Unreachable } from '@app/api-client';
import { CeremonyError, describeRefusal } from '@app/client';
import { OpenError, ReceiptWordError } from '@app/crypto/seal';
import { Invariant, ParseError, VerificationError } from '@app/encoding';
import { FileError, type FileErrorCode } from '@app/platform';
import { CommanderError } from 'commander';
import { StackError } from './stack/stack.js';

/** A failure that was foreseen. `exitCode`: 1 it does not hold or failed, 2 wrong usage. */
export class CliError extends Error {
  readonly code: string;
  readonly exitCode: 1 | 2;

  constructor(code: string, sentence: string, exitCode: 1 | 2 = 1) {
    super(sentence);
    this.name = 'CliError';
    this.code = code;
    this.exitCode = exitCode;
  }
}

/** Wrong usage: exit code 2. */
export function usage(sentence: string): CliError {
  return new CliError('usage', sentence, 2);
}

export type Failure = { readonly code: string; readonly sentence: string; readonly exitCode: 0 | 1 | 2 };

/** The one way from an error to what is printed. Messages of foreign errors are not shown: they can quote input. */
export function failureOf(error: unknown): Failure {
  if (error instanceof CommanderError)
    return { code: error.code, sentence: '', exitCode: error.exitCode === 0 ? 0 : 2 };
  if (error instanceof CliError)
    return { code: error.code, sentence: error.message, exitCode: error.exitCode };
  const [code, sentence] = described(error);
  return { code, sentence, exitCode: 1 };
}

function described(error: unknown): [string, string] {
  if (error instanceof ReceiptWordError) {
    const { code, position, nearest } = error;
    return [code, `Word ${String(position)} is in no list; the nearest word is "${nearest}".`];
  }
  if (error instanceof ParseError) return [error.code, parseSentence(error)];
  const known =
    error instanceof VerificationError || error instanceof ApiProblem || error instanceof Unreachable;
  if (known) return [String(error.code), describeRefusal(String(error.code))];
  if (error instanceof OpenError) return ['open_failed', describeRefusal('open_failed')];
  if (error instanceof CeremonyError) return [error.code, error.message];
  if (error instanceof StackError) return stackFailure(error);
  if (error instanceof FileError) return [error.code, fileSentence(error)];
  return systemFailure(error) ?? ['defect', defectSentence(error)];
}

/** A program of the stack that ended by itself names its own code at the end of its sentence. */
function stackFailure({ message }: StackError): [string, string] {
  const [, sentence, code] = /^(.+) \(([a-z_]+)\)$/s.exec(message) ?? [];
  return sentence === undefined || code === undefined ? ['stack', message] : [code, sentence];
}

const READABLE = [
  'word_count',
  'words_checksum',
  'digits_count',
  'digits_checksum',
  'bad_answer',
  'answer_too_large',
  'object_too_large',
];

/** `where` and `code` are names of ours; the input itself is in no `ParseError`. */
function parseSentence({ code, where }: ParseError): string {
  if (code === 'trust_malformed')
    return 'The file given with --trust is no trust.json: it holds the ROOTSET and the policy of the log and its witnesses.';
  return READABLE.includes(code) ? describeRefusal(code) : `Malformed input: ${where}.`;
}

const FILES: Readonly<Record<FileErrorCode, string>> = {
  file_missing: 'is not there',
  file_empty: 'is empty',
  file_too_large: 'is too large',
  not_a_file: 'is not a file',
  immutable_conflict: 'is there already with other content, and is not overwritten',
};

function fileSentence({ code, message }: FileError): string {
  return `${message.replace(`: ${code}`, '')} ${FILES[code]}.`;
}

const SYSTEM: Readonly<Record<string, readonly [string, string]>> = {
  ENOENT: ['file_missing', 'is not there'],
  EACCES: ['file_not_permitted', 'may not be read or written by you'],
  EPERM: ['file_not_permitted', 'may not be read or written by you'],
  EROFS: ['file_not_permitted', 'is on a medium that cannot be written'],
  EISDIR: ['not_a_file', 'is a folder, not a file'],
  ENOTDIR: ['not_a_folder', 'is a file, not a folder'],
  EEXIST: ['file_exists', 'is there already, and is not overwritten'],
  ENOSPC: ['disk_full', 'could not be written, because the disk is full'],
};

function systemFailure(error: unknown): [string, string] | undefined {
  const { code, path } = error as { code?: unknown; path?: unknown };
  const known = typeof code === 'string' ? SYSTEM[code] : undefined;
  return known && [known[0], `${typeof path === 'string' ? path : 'A file that was named'} ${known[1]}.`];
}

/** A defect of ours shows where it is, and only a message that we wrote ourselves. */
function defectSentence(error: unknown): string {
  if (!(error instanceof Error)) return 'This program failed in a way it does not know.';
  const frame = /\(?([^\s(/]+:\d+:\d+)\)?$/m.exec(error.stack ?? '')?.[1] ?? 'unknown place';
  const what = error instanceof Invariant ? error.message : error.name;
  return `This program failed in a way it should not (${what}, at ${frame}).`;
}

/** Adds to a failure what was kept and what to do. @param hints - by code; each follows the sentence of its code. */
export async function explaining<T>(
  hints: Readonly<Record<string, string>>,
  work: () => Promise<T> | T,
): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { code, sentence, exitCode } = failureOf(error);
    const hint = hints[code];
    if (hint === undefined || exitCode === 0) throw error;
    throw new CliError(code, `${sentence} ${hint}`, exitCode);
  }
}
