/** `safe-conduct ceremony`: a key ceremony by files, one step to a command (docs/operations.md). */
import type { ClientDeps } from '@app/client';
import { WORD_LANGUAGES } from '@app/crypto/seal';
import { type Command, InvalidArgumentError, Option } from 'commander';
import { makeDeps } from '../../client.js';
import {
  certificate,
  change,
  directory,
  draft,
  epochs,
  keyset,
  plan,
  rootPart,
  rootset,
  verify,
} from './assemble.js';
import { KEY_KINDS, type KeyKind } from './carried-files.js';
import { Folder } from './folder.js';
import type { Ceremony, Outcome } from './outcome.js';
import { epoch, rootKey, serviceKey, staffKey, type WordsOptions } from './people.js';
import { publish, release } from './release.js';
import { inspect, sign, type SignOptions } from './sign.js';

type Common = { readonly folder: string; readonly json?: boolean };
type Step<O> = (ceremony: Ceremony, options: O, ...args: string[]) => Promise<Outcome>;

const WORDS = 'file with the 12 words; without it: the terminal, or standard input';
const NEW_WORDS = 'new file for the 12 words; without it: shown once at the terminal';
const EXPECT = 'the whole fingerprint, from outside';

export function registerCeremony(program: Command): void {
  const ceremony = program
    .command('ceremony')
    .description('make and change the keys of an organisation, step by step, by files');
  registerPeople(ceremony);
  registerSigning(ceremony);
  registerAssembly(ceremony);
  registerRelease(ceremony);
}

function registerPeople(parent: Command): void {
  const language = (): Option =>
    new Option('--language <code>', 'language of the words').choices(WORD_LANGUAGES).default('en');
  step<WordsOptions & { secret: string }>(
    parent,
    'root-key <name>',
    "make a root officer's key",
    (c, o, name) => rootKey(c, name, o),
  )
    .requiredOption('--secret <file>', 'new file for the key, sealed under the words; not in the folder')
    .option('--words <file>', NEW_WORDS)
    .addOption(language());
  const kinds = KEY_KINDS.filter((kind) => kind !== 'root');
  step<{ secret: string; keyName?: string }>(
    parent,
    'service-key <kind> <name>',
    `make a server's key: ${kinds.join(', ')}`,
    (c, o, kind, name) => {
      if (!kinds.some((k) => k === kind))
        throw new InvalidArgumentError(`A kind is one of ${kinds.join(', ')}.`);
      return serviceKey(c, kind as Exclude<KeyKind, 'root'>, name, o);
    },
  )
    .requiredOption('--secret <file>', 'new file for the seed, as the server reads it; not in the folder')
    .option('--key-name <name>', 'of a log: its origin; of a witness: its name');
  step<WordsOptions>(
    parent,
    'staff-key <seat>',
    'make the keys of a seat, and the request to certify them',
    (c, o, seat) => staffKey(c, seat, o),
  )
    .option('--words <file>', NEW_WORDS)
    .addOption(language());
  step<{ words?: string }>(parent, 'epoch <seat>', "make the next epoch of a seat's role", (c, o, seat) =>
    epoch(c, seat, o),
  ).option('--words <file>', WORDS);
}

function registerSigning(parent: Command): void {
  step(parent, 'inspect <file>', 'show any file of a ceremony in words', (c, _o, file) => inspect(c, file));
  step<SignOptions>(
    parent,
    'sign <file>',
    'sign a request, a root part, an EPOCHS part or a release',
    (c, o, file) => sign(c, file, o),
  )
    .option('--root-key <file>', 'sign as the root officer with this key')
    .option('--seat <name>', 'sign as the holder of this seat')
    .option('--words <file>', WORDS)
    .option('--expect <fingerprint>', EXPECT);
}

function registerAssembly(parent: Command): void {
  step<{ threshold: number }>(
    parent,
    'rootset <names...>',
    'put the public keys of the roots together',
    (c, o, ...names) => rootset(c, names, o),
  ).option('--threshold <n>', 'how many must sign', wholeNumber, 2);
  step(parent, 'draft', 'write a draft.json to edit', (c) => draft(c));
  step(parent, 'plan', 'make plan.json of draft.json and the public keys', (c) => plan(c));
  step(parent, 'certificate <seat>', 'put a request and its root signatures together', (c, _o, seat) =>
    certificate(c, seat),
  );
  step(parent, 'root-part', 'make the root part of the plan and the certificates', (c) => rootPart(c));
  step(parent, 'epochs', 'make the EPOCHS part of the epochs', (c) => epochs(c));
  step(parent, 'keyset', 'put both parts and their signatures together', (c) => keyset(c));
  step(parent, 'directory', 'write the folder that servers import and clients pin from', (c) => directory(c));
  step<{ expect?: string }>(
    parent,
    'verify <directory>',
    'check a finished directory, as a client does',
    (c, o, at) => verify(c, at, o),
  ).option('--expect <fingerprint>', `${EXPECT}: of the ROOTSET`);
  step(
    parent,
    'change <earlier> <directory>',
    'begin a new folder, to change an organisation',
    (c, _o, earlier, at) => change(c, earlier, at),
  );
}

function registerRelease(parent: Command): void {
  step<{ number: number }>(
    parent,
    'release <page> <directory>',
    'list the files of a built page, to be signed',
    (c, o, page, at) => release(c, page, at, o),
  ).requiredOption('--number <n>', 'one more than the last release has', releaseNumber);
  step(parent, 'publish <manifest>', 'put a release and its root signatures together', (c, _o, file) =>
    publish(c, file),
  );
}

function releaseNumber(text: string): number {
  if (!/^[1-9]\d{0,5}$/.test(text)) throw new InvalidArgumentError('A whole number from 1 is needed.');
  return Number(text);
}

/** A command with what all have: the folder, `--json`, and one sentence on failure. */
function step<O extends object>(parent: Command, usage: string, description: string, run: Step<O>): Command {
  const command = parent
    .command(usage)
    .description(description)
    .option('--folder <dir>', 'the folder of the ceremony', '.')
    .option('--json', 'facts for scripts');
  return command.action(async () => {
    const options = command.opts<Common & O>();
    const deps: ClientDeps = await makeDeps(process.env);
    try {
      const { facts, text } = await run(
        { deps, folder: new Folder(options.folder) },
        options,
        ...command.args,
      );
      process.stdout.write(options.json === true ? `${JSON.stringify(facts)}\n` : `${text}\n`);
    } catch (error) {
      if (error instanceof InvalidArgumentError) command.error(`error: ${error.message}`);
      throw error;
    }
  });
}

function wholeNumber(text: string): number {
  if (!/^[1-9]\d?$/.test(text)) throw new InvalidArgumentError('A whole number from 1 to 99 is needed.');
  return Number(text);
}
