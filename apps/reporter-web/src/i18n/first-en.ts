/** What the first screen says in English, and every failure; every other catalogue has the same keys. */
export const firstEn = {
  language: 'Language',
  skip: 'Go to the text',
  exit: 'Leave this page now',
  'exit.hint': 'Opens an encyclopedia in place of this page. It does not clear the history of the browser.',
  about: 'About this address',

  'welcome.title': 'If you are threatened or punished for working with the United Nations',
  'welcome.danger.title': 'In danger now',
  'welcome.danger.text':
    'We cannot give physical protection. This is not an emergency service. These lines answer at any hour:',
  'welcome.helpline.defenders': 'Front Line Defenders, for people who defend human rights, by telephone',
  'welcome.helpline.digital': 'Access Now, for phones, computers and accounts, by e-mail',
  'welcome.what.title': 'What you can do here',
  'welcome.what.text':
    'You can tell listed officials what happened to you or to somebody else. You need no account and no name. It takes about ten minutes. You can skip most questions.',
  'welcome.read.title': 'Who will read it',
  'welcome.read.known':
    'Your report is sealed on this device for: {recipient}. Nobody else can open it, unless you allow it.',
  'welcome.read.checking': 'Checking whose keys these are …',
  'welcome.read.checked':
    'The keys were checked against the public ledger, which {n, plural, one {# independent witness} other {# independent witnesses}} confirmed at {time}.',
  'welcome.read.server':
    'The people who run this server cannot read your report. They can see that somebody wrote, when, roughly how long the report is, and your answers about consent and urgency.',
  'welcome.check.title': 'How to check this page',
  'welcome.check.text':
    'A page cannot vouch for itself. Compare this number with a printed one, or with one from a second source:',
  'welcome.safe.title': 'Before you start',
  'welcome.safe.text':
    'Use a device that others do not look at. Nothing you write is stored on it: if you close or reload this page, what you wrote is gone. You can save a sealed draft at any time.',
  'welcome.start': 'Start a report',
  'welcome.enter': 'Open your mailbox',
  'welcome.draft': 'Open a saved draft',
  'sending.stopped': 'Not confirmed yet',
  'sending.again': 'Try again',
  'sending.keep':
    'Your report is still here, sealed. You can try as often as you like; it is recorded only once. Keep this page open.',
  'mailbox.working': 'One moment …',

  'failed.title': 'This did not work',
  'failed.kept': 'Nothing you wrote is lost.',
  'failed.code': 'Name of the fault: {code}',
  'failed.unreachable': 'The service cannot be reached. Check your connection, and try again.',
  'failed.busy': 'The service is very busy. Wait a minute, and try again.',
  'failed.full': 'The service has no room left at the moment. Try again later, or use a helpline.',
  'failed.keys':
    'The keys shown to you are not signed by those whom this page trusts. This can be an attack. Nothing was sent. Try from another network, or use a helpline.',
  'failed.stale':
    'Nobody has confirmed these keys lately, so they are not used. Nothing was sent. Try again later.',
  'failed.silent':
    'The independent witnesses have been silent for more than seven days. It may be a fault, or somebody may be cutting you off. You can wait, or go on.',
  'failed.silent.do': 'Go on without fresh witnesses',
  'failed.clock': 'The clock of this device is wrong. Set the date and time, and try again.',
  'failed.proof':
    'What the service answered does not hold. This can be an attack. Write down when it happened.',
  'failed.word': 'Word {n} is in no list. Did you mean “{word}”?',
  'failed.words':
    'The words or digits do not fit together. Look for one that is wrong, missing or in the wrong place.',
  'failed.nothing':
    'Nothing opens with this. Look for a mistake; if the report was sent from another address, open it there.',
  'failed.draft': 'This file does not open with these words. Is it the right file?',
  'failed.outdated':
    'The keys of the office were renewed meanwhile. Nothing was recorded. Seal the report again: you get new words, and the old ones open nothing.',
  'failed.outdated.do': 'Seal it again',
  'failed.refused': 'This cannot be done now. Somebody may have been quicker; open the mailbox again.',
  'failed.internal': 'Something went wrong here. Try again.',
  'failed.again': 'Try again',
} as const;

export type FirstKey = keyof typeof firstEn;
export type FirstMessages = Readonly<Record<FirstKey, string>>;
