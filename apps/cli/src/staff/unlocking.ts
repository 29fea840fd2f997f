/** `staff unlockers`, `staff password set`, `staff words renew`: what opens the vault of who acts. */
import { listUnlockers, makeFactor, removeUnlocker, renewWords, setPassword } from '@app/client';
import { derivePasswordKeys, type WordLanguage } from '@app/crypto/seal';
import { CliError, explaining } from '../errors.js';
import { Keyboard, print, say, when } from '../terminal.js';
import { identify, type StaffOptions, withOfficers } from './identity.js';

const RULES = 'A password has at least 15 characters, 6 of them different, and at most 1,024 bytes.';

export async function unlockersList(options: StaffOptions): Promise<void> {
  const people = await identify(new Keyboard(), options);
  const unlockers = await withOfficers(options, people, ({ session }) =>
    Promise.resolve(listUnlockers(session)),
  );
  const lines = unlockers.map(({ id, kind, since, current }) =>
    [
      id,
      kind,
      since === undefined ? 'of the ceremony' : when(since),
      ...(current ? ['(used now)'] : []),
    ].join('  '),
  );
  print({ unlockers }, options.json, lines.join('\n'));
}

export async function unlockersRemove(id: string, options: StaffOptions): Promise<void> {
  const people = await identify(new Keyboard(), options);
  await withOfficers(options, people, ({ session }) => removeUnlocker(session, id));
  print({ removed: id }, options.json, 'Taken out. All other sessions of yours have ended.');
}

export async function passwordSet(options: StaffOptions): Promise<void> {
  const keyboard = new Keyboard();
  const people = await identify(keyboard, options);
  await withOfficers(options, people, async ({ session }) => {
    const password = await keyboard.secret('New password');
    if ((await keyboard.secret('The new password again')) !== password)
      throw new CliError('password_differs', 'The two passwords differ. Nothing was changed.');
    const rules = { password_short: RULES, password_simple: RULES, password_long: RULES };
    const keys = await explaining(rules, () => derivePasswordKeys(password, session.vault.subjectId));
    const { secret, text, uri } = makeFactor(session.service.deps, 'staff');
    say(`Add this to your authenticator application; it is shown once:\n\n  ${text}\n  ${uri}\n`);
    const code = await keyboard.secret('The code that it shows now');
    await setPassword(session, keys, { secret, code });
  });
  print(
    { set: 'password' },
    options.json,
    'The password opens your vault, with a code each time. All other sessions of yours have ended.',
  );
}

export async function wordsRenew(options: StaffOptions & { readonly language: WordLanguage }): Promise<void> {
  const people = await identify(new Keyboard(), options);
  const { words } = await withOfficers(options, people, ({ session }) =>
    renewWords(session, options.language),
  );
  print(
    { words },
    options.json,
    `Your new unlock words, shown once; the old ones open nothing now:\n\n  ${words.join(' ')}`,
  );
}
