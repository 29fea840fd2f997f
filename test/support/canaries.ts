/** Reports full of words that exist nowhere else, and every secret that a run of the main job has made. */
import {
  decodeWords,
  deriveReporterKeys,
  deriveVaultKeys,
  encodeDigits,
  encodeWords,
} from '@app/crypto/seal';
import { randomBytes } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { type Invented, inventedReports } from '../../apps/cli/src/demo/reports.js';
import type { LaterLife } from './later-life.js';
import type { Canary } from './search.js';
import type { Stage } from './stage.js';

const ALPHABETS = {
  Latin: 'abcdefghijklmnopqrstuvwxyz',
  accented: 'áéíóúñçõâêôàèù',
  Arabic: 'ابتثجحخدذرزسشصضطظعغفقكلمنهوي',
  Cyrillic: 'абвгдежзийклмнопрстуфхцчшщыэюя',
  Han: '的一是不了人我在有他这中大来上国',
} as const;
const LETTERS = 14;

/** Makes words that are nowhere else, and keeps them. */
export class Words {
  readonly canaries: Canary[] = [];

  make(name: string, script: keyof typeof ALPHABETS = 'Latin'): string {
    const letters = Array.from(ALPHABETS[script]);
    const word = [...randomBytes(LETTERS)].map((byte) => letters[byte % letters.length]).join('');
    this.canaries.push({ name: `${name}, ${script}`, value: word });
    return word;
  }

  /** One word of each script. */
  sentence(name: string): string {
    return (Object.keys(ALPHABETS) as (keyof typeof ALPHABETS)[])
      .map((script) => this.make(name, script))
      .join(' ');
  }
}

/** The invented reports with a word of their own in everything a person writes. */
export function markedReports(words: Words, random: (n: number) => Uint8Array<ArrayBuffer>): Invented[] {
  return inventedReports(300_000, random).map((invented) => {
    const { report, files, letters } = invented;
    const mark = <T extends Record<string, string>>(texts: T): T =>
      Object.fromEntries(
        Object.entries(texts).map(([name, text]) => [name, `${text} ${words.sentence(name)}`]),
      ) as T;
    return {
      ...invented,
      report: {
        ...report,
        submitter: {
          ...report.submitter,
          relation: 'VICTIM',
          ...mark({ name: 'N.', contact: 'Only here.' }),
        },
        persons: (report.persons ?? []).map((person) => ({ ...person, ...mark({ names: 'P.' }) })),
        acts: report.acts.map((act) => ({ ...act, ...mark({ what: act.what }) })),
        link: { reasons: ['CLOSE_IN_TIME'], ...mark({ text: 'Soon after.' }) },
      },
      files: files.map(({ name, data }) => ({
        name: `${words.make('file name', 'Arabic')}-${words.make('file name')}-${name}`,
        data: concat(data, Buffer.from(words.sentence('file content'))),
      })),
      letters: mark(letters),
      ...mark({ reply: 'Thank you.' }),
    };
  });
}

function concat(data: Uint8Array, more: Uint8Array): Uint8Array<ArrayBuffer> {
  return new Uint8Array([...data, ...more]);
}

/** What whoever has a code writes down: phrase, digits. */
export function receiptCanaries({ everyCode }: LaterLife): Canary[] {
  return everyCode.flatMap((code, i) => [
    { name: `words of code ${i + 1}`, value: encodeWords(code, 'en').join(' ') },
    { name: `words of code ${i + 1}, Spanish`, value: encodeWords(code, 'es').join(' ') },
    { name: `digits of code ${i + 1}`, value: encodeDigits(code) },
    { name: `digits of code ${i + 1}, unbroken`, value: encodeDigits(code).replaceAll(' ', '') },
    { name: `code ${i + 1}`, value: code },
  ]);
}

/** Each two words that follow each other. */
export function pairCanaries({ everyCode }: LaterLife): Canary[] {
  return everyCode.flatMap((code, i) =>
    runsOf(encodeWords(code, 'en'), 2).map((value) => ({ name: `two words of code ${i + 1}`, value })),
  );
}

function runsOf(words: readonly string[], length: number): string[] {
  return words.slice(length - 1).map((_, i) => words.slice(i, i + length).join(' '));
}

/**
 * Every secret key there is before anything is erased: of whoever has or had a code, of cases, staff, roles, servers.
 */
export async function keyCanaries({ job, dataDir }: Stage, life: LaterLife): Promise<Canary[]> {
  const { signing, sealing } = job.deps;
  const found: Canary[] = [];
  const add = (name: string, value: string | Uint8Array) => found.push({ name, value });
  for (const code of life.everyCode) {
    const keys = deriveReporterKeys(code, signing, sealing);
    add('reporter: mailbox seed', keys.mailboxAuthSeed);
    add('reporter: content seed', keys.contentSigSeed);
    add('reporter: kem seed', keys.kemSeed);
  }
  for (const seed of await life.compartmentSeeds()) add('compartment seed', seed);
  const { focals, official, second, oversight } = job.staff;
  for (const { keyring, roleSeeds } of [...focals, official, second, oversight, ...life.staff]) {
    add('staff: signing seed', keyring.signingSeed);
    add('staff: kem seed', keyring.kemSeed);
    for (const seed of roleSeeds.values()) add('role seed', seed);
  }
  for (const { name, words } of job.options.members) {
    const vault = deriveVaultKeys(decodeWords(words));
    add(`unlock words of ${name}`, words);
    for (const three of runsOf(words.split(' '), 3)) add(`three unlock words of ${name}`, three);
    add(`vault seed of ${name}`, vault.vaultSeed);
    add(`vault authentication key of ${name}`, vault.authKey);
  }
  const keys = path.join(dataDir, 'keys');
  for (const file of readdirSync(keys).filter((name) => name.endsWith('.key'))) {
    add(`keys/${file}`, Buffer.from(readFileSync(path.join(keys, file), 'utf8').trim(), 'hex'));
  }
  return found;
}
