/** What can be wrong with the stick of a ceremony, or with what is asked of it. */
import { cpSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { editDraft, type Gathering } from './ceremony.js';

/** What it is, how a copy of the stick is spoilt, the command run on it, its exit code, and what it says. */
export type Refusal = readonly [string, (stick: string) => void, () => string[], number, string];

const flip = (file: string, at: number): void => {
  const bytes = readFileSync(file);
  bytes[at < 0 ? bytes.length + at : at]! ^= 1;
  writeFileSync(file, bytes);
};
const remove = (stick: string, ...names: string[]): void => {
  for (const name of names) rmSync(path.join(stick, name));
};

/** @param people - whose ceremony is done by the time a row is run. */
export function refusals(people: Gathering): readonly Refusal[] {
  return [
    [
      'one root signature short',
      (stick) => remove(stick, 'focal-1.certificate', 'focal-1.request.root-1.signature'),
      () => ['certificate', 'focal-1'],
      1,
      'signatures_short',
    ],
    [
      'the same root twice',
      (stick) => {
        remove(stick, 'focal-1.certificate', 'focal-1.request.root-1.signature');
        cpSync(path.join(stick, 'focal-1.request.root-0.signature'), path.join(stick, 'again.signature'));
      },
      () => ['certificate', 'focal-1'],
      1,
      'signatures_short',
    ],
    [
      'a signature in the name of another root',
      (stick) => {
        const file = path.join(stick, 'focal-1.request.root-1.signature');
        const first = readFileSync(path.join(stick, 'focal-1.request.root-0.signature'), 'utf8');
        writeFileSync(file, first.replace('"root": 0', '"root": 1'));
        remove(stick, 'focal-1.certificate');
      },
      () => ['certificate', 'focal-1'],
      1,
      'signature_wrong',
    ],
    [
      'a request altered in its signing key',
      (stick) => {
        flip(path.join(stick, 'focal-1.request'), 50);
        remove(stick, 'focal-1.certificate');
      },
      () => ['certificate', 'focal-1'],
      1,
      'signatures_short',
    ],
    [
      'a request altered in its capabilities',
      (stick) => {
        flip(path.join(stick, 'focal-1.request'), 1322 - 17);
        remove(stick, 'focal-1.certificate');
      },
      () => ['sign', 'focal-1.request', ...people.asRoot('root-0'), '--expect', '0'.repeat(64)],
      1,
      'request_not_planned',
    ],
    [
      'a certificate altered by one byte',
      (stick) => {
        flip(path.join(stick, 'focal-1.certificate'), 50);
        remove(stick, 'root-part.bin');
      },
      () => ['root-part'],
      1,
      'signature_wrong',
    ],
    [
      'a request for the seat of another',
      (stick) => {
        cpSync(path.join(stick, 'focal-2.request'), path.join(stick, 'focal-1.request'));
        remove(stick, 'focal-1.certificate');
      },
      () => ['certificate', 'focal-1'],
      1,
      'request_not_planned',
    ],
    [
      'a root part altered by one byte',
      (stick) => flip(path.join(stick, 'root-part.bin'), -1),
      () => [
        'sign',
        'root-part.bin',
        ...people.asRoot('root-1'),
        '--expect',
        people.fingerprint('root-part.bin'),
      ],
      1,
      'root_part_not_planned',
    ],
    [
      'a certificate that is missing',
      (stick) => remove(stick, 'focal-2.certificate', 'focal-1.epoch'),
      () => ['epoch', 'focal-1', '--words', people.own('focal-1', 'words')],
      1,
      'certificate_missing',
    ],
    [
      'dates that are over',
      (stick) => {
        editDraft(stick, (draft) => (draft.certificates = { from: '2020-01-01', until: '2021-01-01' }));
        remove(stick, 'plan.json');
      },
      () => ['plan'],
      1,
      'plan_dates',
    ],
    [
      'a KEYSET of a version that is spent',
      (stick) => {
        cpSync(path.join(stick, 'directory'), path.join(stick, 'previous'), { recursive: true });
        remove(stick, 'keyset.bin');
      },
      () => ['keyset'],
      1,
      'epochs_not_planned',
    ],
    [
      'a secret on the stick',
      () => undefined,
      () => ['root-key', 'root-9', '--secret', 'root-9.key', '--words', people.own('root-0', 'new')],
      1,
      'secret_in_folder',
    ],
    [
      'a file that is there',
      () => undefined,
      () => [
        'root-key',
        'root-9',
        '--secret',
        people.own('root-0', 'key'),
        '--words',
        people.own('root-0', 'new'),
      ],
      1,
      'file_there',
    ],
    [
      'a folder that is none',
      () => undefined,
      () => ['draft', '--folder', path.join(people.stick, 'plan.json', 'in')],
      1,
      'not_a_folder',
    ],
    [
      'the words of another',
      (stick) => remove(stick, 'epochs.bin.focal-1.signature'),
      () => [
        'sign',
        'epochs.bin',
        '--seat',
        'focal-1',
        '--words',
        people.own('focal-2', 'words'),
        '--expect',
        people.fingerprint('epochs.bin'),
      ],
      1,
      'words_wrong',
    ],
    [
      'a root key with the words of another',
      (stick) => remove(stick, 'root-part.bin.root-0.signature'),
      () => [
        'sign',
        'root-part.bin',
        '--root-key',
        people.own('root-0', 'key'),
        '--words',
        people.own('root-1', 'words'),
        '--expect',
        people.fingerprint('root-part.bin'),
      ],
      1,
      'words_wrong',
    ],
    [
      'words that are none',
      (stick) => remove(stick, 'epochs.bin.focal-1.signature'),
      () => [
        'sign',
        'epochs.bin',
        '--seat',
        'focal-1',
        '--words',
        // A text of fewer words, always: among the bytes of a key there are as many as chance will have it.
        path.resolve('.npmrc'),
        '--expect',
        people.fingerprint('epochs.bin'),
      ],
      1,
      'word_count',
    ],
    [
      'another fingerprint than was read aloud',
      (stick) => remove(stick, 'root-part.bin.root-0.signature'),
      () => ['sign', 'root-part.bin', ...people.asRoot('root-0'), '--expect', '0'.repeat(64)],
      1,
      'fingerprint_differs',
    ],
    [
      'a holder who would sign for a root',
      () => undefined,
      () => [
        'sign',
        'root-part.bin',
        ...people.asSeat('focal-1'),
        '--expect',
        people.fingerprint('root-part.bin'),
      ],
      1,
      'signer_unknown',
    ],
    ['nobody to sign', () => undefined, () => ['sign', 'root-part.bin'], 2, '--root-key FILE or --seat NAME'],
    [
      'a seat that is not planned',
      () => undefined,
      () => ['staff-key', 'nobody', '--words', people.own('root-0', 'new')],
      1,
      'seat_unknown',
    ],
    [
      'new words without a way to their owner',
      () => undefined,
      () => ['root-key', 'root-9', '--secret', people.own('root-0', 'new')],
      2,
      '--words FILE',
    ],
    [
      'something else than a file of a ceremony',
      () => undefined,
      () => ['inspect', people.own('root-0', 'words')],
      1,
      'file_malformed',
    ],
    ['a file that is not there', () => undefined, () => ['inspect', 'nothing'], 1, 'file_missing'],
  ];
}
