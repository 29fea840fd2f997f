/** `safe-conduct inbox invite`, `join`, `change-code`, `close`, `reopen`: who has a code, and until when. */
import {
  changeCode,
  closeMailbox,
  invitePerson,
  join,
  type MailboxView,
  openMailbox,
  reopen,
} from '@app/client';
import { makeReporterCode, type WordLanguage } from '@app/crypto/seal';
import type { Bytes } from '@app/encoding';
import { usage } from '../errors.js';
import { Keyboard, print, say, withoutLosing } from '../terminal.js';
import { act, type InboxOptions, open, type Sent, tellRecorded, type TextOptions } from './inbox.js';
import { askCode, shownCode } from './words.js';

type CodeOptions = { readonly lang: WordLanguage };

/** A new code, to be shown once; where it is not known whether the service has it, it is shown as well. */
export async function withNewCode<T>(
  code: Bytes,
  whose: string,
  language: WordLanguage,
  send: (told: {
    readonly row: { readonly words: readonly string[]; readonly digits: string };
    readonly lines: readonly string[];
  }) => Promise<T>,
): Promise<T> {
  const { words, digits, lines: rows } = shownCode(code, language);
  const lines = [
    '',
    `${whose} 12 WORDS. They are shown this once and kept nowhere.`,
    ...rows,
    'Anyone who has them is that person.',
  ];
  try {
    return await send({ row: { words, digits }, lines });
  } catch (error) {
    say(['These words are good only if the service has them already:', ...rows].join('\n'));
    throw error;
  }
}

/** Place of a person in the report. @throws {CliError} wrong usage. */
export function personNumber(text: string): number {
  if (!/^[1-8]$/.test(text)) throw usage('The person is a number from 1 to 8: the place in the report.');
  return Number(text);
}

/** The first compartment that the decision is asked with; the act itself takes the one that is free. */
const ANY_EXTRACT = 255;

export async function invite(personText: string, options: TextOptions & CodeOptions): Promise<void> {
  const person = personNumber(personText);
  const keyboard = new Keyboard();
  const own = await askCode(keyboard, options.wordsFile);
  const given = await keyboard.text('What the report says about this person.', options.textFile);
  await withoutLosing(given, async (text) => {
    const view = await open(own, options);
    const code = makeReporterCode(view.service.deps.random);
    await withNewCode(code, "THIS PERSON'S", options.lang, async (told) => {
      const asked = { kind: 'invite_person', person, compartment: ANY_EXTRACT } as const;
      await tellRecorded(
        await act(view, asked, () => invitePerson(view, { person, code, text })),
        options,
        told,
      );
    });
  });
}

export async function joinCase(options: InboxOptions): Promise<void> {
  const view = await open(await askCode(new Keyboard(), options.wordsFile), options);
  await tellRecorded(await act(view, { kind: 'join' }, () => join(view)), options);
}

export async function changeWords(options: InboxOptions & CodeOptions): Promise<void> {
  const view = await open(await askCode(new Keyboard(), options.wordsFile), options);
  const code = makeReporterCode(view.service.deps.random);
  await withNewCode(code, 'YOUR NEW', options.lang, async (told) => {
    const { accepted } = await act(view, { kind: 'change_code' }, () => changeCode(view, code));
    const renewed: MailboxView = await openMailbox(view.service, code);
    await tellRecorded({ view: renewed, accepted }, options, told);
  });
}

export async function closeForGood(options: InboxOptions): Promise<void> {
  const view = await open(await askCode(new Keyboard(), options.wordsFile), options);
  const { accepted }: Sent = await act(view, { kind: 'close_mailbox' }, () => closeMailbox(view));
  const { opening, event } = accepted;
  print(
    { event: opening.eventNumber, type: event.type, recordedAt: opening.serverTime },
    options.json,
    `Closed for good by event ${String(opening.eventNumber)}: these words open nothing any more.`,
  );
}

export async function reopenCase(options: TextOptions): Promise<void> {
  const keyboard = new Keyboard();
  const code = await askCode(keyboard, options.wordsFile);
  const given = await keyboard.text('Why the case should be opened again.', options.textFile);
  const send = async (text: string): Promise<Sent> => {
    const view = await open(code, options);
    return act(view, { kind: 'reopen' }, () => reopen(view, text));
  };
  await tellRecorded(await withoutLosing(given, send), options);
}
