/**
 * Where a process's signing key is: in a file, in an environment variable, or behind a program of the operator's, so
 * that an HSM or a key service can hold it. This file knows no cryptography: what a program answers is verified by
 * whoever uses it.
 */
import { spawnSync } from 'node:child_process';
import path from 'node:path';
import { z } from 'zod';
import { readFileStrict } from './files.js';
import { EXIT, StartupError } from './startup.js';

type Bytes = Uint8Array<ArrayBuffer>;

export type KeySource =
  | { readonly kind: 'seed'; readonly seed: Bytes }
  | {
      readonly kind: 'command';
      readonly publicKey: Bytes;
      /** The program's answer to a message: 64 bytes. @throws {KeyCommandError} */
      readonly sign: (message: Uint8Array) => Bytes;
    };

/**
 * - `key_command_failed`: the program could not be started, or ended with another code than 0.
 * - `key_command_late`: it did not end in time and was killed.
 * - `key_command_answer`: what it wrote is not 64 bytes.
 */
export type KeyCommandCode = 'key_command_failed' | 'key_command_late' | 'key_command_answer';

export class KeyCommandError extends Error {
  readonly code: KeyCommandCode;

  constructor(code: KeyCommandCode) {
    super(code);
    this.name = 'KeyCommandError';
    this.code = code;
  }
}

const KINDS = ['KEY_FILE', 'KEY', 'KEY_COMMAND', 'PUBLIC_KEY'] as const;
type KeySetting<P extends string> = `${P}_${(typeof KINDS)[number]}`;

const KEY_FILE_MAX_BYTES = 128;
const SIGNATURE_BYTES = 64;
const COMMAND_MS = 4_000;
const HEX = /^[0-9a-f]{64}$/;

/** Config slice: the settings of a key whose names begin with `prefix`. */
export function keyConfigShape<P extends string>(
  prefix: P,
): Record<KeySetting<P>, z.ZodOptional<z.ZodString>> {
  const shape = Object.fromEntries(KINDS.map((kind) => [`${prefix}_${kind}`, z.string().optional()]));
  return shape as Record<KeySetting<P>, z.ZodOptional<z.ZodString>>;
}

/**
 * Opens the one key that is set.
 * @throws {StartupError} none or several are set, or one is not valid; never with its value.
 * @throws {FileError} as `readFileStrict`.
 */
export async function openKeySource<P extends string>(
  prefix: P,
  env: Readonly<Partial<Record<KeySetting<P>, string | undefined>>>,
): Promise<KeySource> {
  const settings: Readonly<Record<string, string | undefined>> = env;
  const [file, seed, command, publicKey] = KINDS.map((kind) => settings[`${prefix}_${kind}`]);
  if ([file, seed, command].filter((value) => value !== undefined).length !== 1)
    throw wrong(`Set one of ${prefix}_KEY_FILE, ${prefix}_KEY and ${prefix}_KEY_COMMAND.`);
  if ((command === undefined) !== (publicKey === undefined))
    throw wrong(`${prefix}_KEY_COMMAND and ${prefix}_PUBLIC_KEY belong together.`);
  if (command !== undefined && publicKey !== undefined) {
    const words = commandOf(`${prefix}_KEY_COMMAND`, command);
    return {
      kind: 'command',
      publicKey: key(`${prefix}_PUBLIC_KEY`, publicKey),
      sign: (message) => ask(words, message),
    };
  }
  if (seed !== undefined) return { kind: 'seed', seed: key(`${prefix}_KEY`, seed) };
  const bytes = await readFileStrict(file ?? '', KEY_FILE_MAX_BYTES);
  return { kind: 'seed', seed: key(`The file of ${prefix}_KEY_FILE`, Buffer.from(bytes).toString('latin1')) };
}

function key(name: string, text: string): Bytes {
  const hex = text.trim();
  if (!HEX.test(hex)) throw wrong(`${name} is not valid. It must be 64 digits of lower-case hexadecimal.`);
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

/** A path, or a JSON list of a path and arguments: what the system starts, without a shell in between. */
function commandOf(name: string, text: string): readonly [string, ...string[]] {
  const words: unknown = text.startsWith('[') ? parsed(text) : [text];
  const result = z.tuple([z.string()], z.string()).safeParse(words);
  if (!result.success || !path.isAbsolute(result.data[0]))
    throw wrong(
      `${name} is not valid. It must be an absolute path, or a JSON list of one and its arguments.`,
    );
  return result.data;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** Waits for the program: a process that signs has nothing else to do, and its requests take turns. */
function ask([program, ...args]: readonly [string, ...string[]], message: Uint8Array): Bytes {
  const { status, stdout, error } = spawnSync(program, args, {
    input: message,
    timeout: COMMAND_MS,
    killSignal: 'SIGKILL',
    maxBuffer: 4_096,
    env: surroundings(),
    // What it says on standard error may hold secrets of the operator's.
    stdio: ['pipe', 'pipe', 'ignore'],
    shell: false,
  });
  const failure = (error as { code?: unknown } | undefined)?.code;
  if (failure === 'ETIMEDOUT') throw new KeyCommandError('key_command_late');
  if (failure === 'ENOBUFS') throw new KeyCommandError('key_command_answer');
  if (error !== undefined || status !== 0) throw new KeyCommandError('key_command_failed');
  if (stdout.length !== SIGNATURE_BYTES) throw new KeyCommandError('key_command_answer');
  return new Uint8Array(stdout);
}

/** The environment without our own settings. */
function surroundings(): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('SAFE_CONDUCT_')),
  );
}

function wrong(sentence: string): StartupError {
  return new StartupError(sentence, EXIT.configuration);
}
