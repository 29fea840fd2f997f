/** The participant's commands: seal, submit, offices and inbox. */
import { WORD_LANGUAGES } from '@app/crypto/seal';
import { toHex } from '@app/encoding';
import { type Command, Option } from 'commander';
import { changeWords, closeForGood, invite, joinCase, reopenCase } from '../participant/codes.js';
import { connectTo, type ServiceOptions, withService } from '../connecting.js';
import {
  answerEvent,
  saveAttachments,
  saveReceipt,
  sendReply,
  setConsent,
  show,
} from '../participant/inbox.js';
import { seal } from '../participant/seal.js';
import { submit } from '../participant/submit.js';
import { print } from '../terminal.js';

const WORDS = 'file with the 12 words or 40 digits; without it they are asked, or read from standard input';
const TEXT = 'file with the text; without it the text is asked, or read from standard input';

export function registerParticipant(program: Command): void {
  registerSeal(program);
  withService(program.command('submit <package>'))
    .description('send a sealed package; repeat it after any failure')
    .option('--words-file <file>', WORDS)
    .option('--receipt <file>', 'write a .tlog-proof receipt')
    .option('--json')
    .action(submit);
  withService(program.command('offices'))
    .description('the offices of a service, as "exclusions" names them')
    .option('--json')
    .action(offices);
  registerInbox(program.command('inbox').description("the reporter's mailbox, opened with the 12 words"));
}

function registerSeal(program: Command): void {
  program
    .command('seal [report]')
    .description('seal a report into a package; nothing is sent')
    .option('--service <url>', 'origin of the service')
    .option('--trust <file>', 'what you pinned: trust.json')
    .option('--accept-silent-witnesses', 'go on although the witnesses have been silent for 7 to 30 days')
    .option('--out <dir>', 'folder to make for the package')
    .option('--attach <file...>', 'files for everybody who may read the report, cleaned of who made them')
    .option('--uncleaned <file...>', 'the same, as they are, with whatever they say about who made them')
    .option('--originals <file...>', 'untouched originals, for those alone who may know who you are')
    .option('--keep-originals', 'the same of the files to attach')
    .addOption(language('of the words and of the example'))
    .option('--example', 'print a complete report to edit')
    .option('--json')
    .action(seal);
}

export function language(of: string): Option {
  return new Option('--lang <language>', of).choices(WORD_LANGUAGES).default('en');
}

function registerInbox(inbox: Command): void {
  const verb = (name: string, description: string): Command =>
    withService(inbox.command(name))
      .description(description)
      .option('--words-file <file>', WORDS)
      .option('--json');
  verb('show', 'status, deadlines, messages, attachments and events').action(show);
  verb('reply', 'write to the office')
    .option('--text-file <file>', TEXT)
    .option('--attach <file...>', 'files to send along, cleaned of who made them')
    .option('--uncleaned <file...>', 'the same, as they are, with whatever they say about who made them')
    .option('--follow-up <file>', 'further acts and corrections to send along, as JSON')
    .action(sendReply);
  verb('confirm <event>', 'say that what the office recorded is so')
    .option('--text-file <file>', TEXT)
    .option('--with-text', 'add a text')
    .action((event: string, options: Parameters<typeof answerEvent>[2]) =>
      answerEvent('confirm', event, options),
    );
  verb('dispute <event>', 'say that what the office recorded is not so, and why')
    .option('--text-file <file>', TEXT)
    .action((event: string, options: Parameters<typeof answerEvent>[2]) =>
      answerEvent('dispute', event, options),
    );
  verb('consent <scope> <answer>', 'grant (g, N, P, 3, 2, 1), refuse or withdraw a consent')
    .option('--person <n>', 'place in the report', '1')
    .option('--given-by <who>', 'who speaks for the person', 'alleged_victim')
    .option('--why-not <code>', 'why the person does not speak herself: DETAINED, CHILD, …')
    .option('--risks-explained', 'the risks of this were explained to the person')
    .option('--explained-by <code>', 'who explained them: OFFICE, LAWYER, …')
    .option('--understands <answer>', 'whether who answers can understand the risk: yes, no, unsure')
    .action(setConsent);
  verb('invite <person>', 'give a person affected, by place in the report, words of her own')
    .option('--text-file <file>', TEXT)
    .addOption(language('of her words'))
    .action(invite);
  verb('join', 'with the words you were given: from now on only you answer for yourself').action(joinCase);
  verb('change-code', 'new words; the old ones open nothing any more')
    .addOption(language('of the new words'))
    .action(changeWords);
  verb('close', 'close your mailbox for good; the case goes on').action(closeForGood);
  verb('reopen', 'open a closed case again').option('--text-file <file>', TEXT).action(reopenCase);
  verb('attachment [numbers...]', 'save attachments, all or by number')
    .requiredOption('--out <dir>', 'folder to save them to')
    .action(saveAttachments);
  verb('receipt [event]', 'write the .tlog-proof receipt of an event; the first if none is named')
    .requiredOption('--out <file>', 'file to write')
    .action((event: string | undefined, options: Parameters<typeof saveReceipt>[1]) =>
      saveReceipt(event ?? '1', options),
    );
}

async function offices(options: ServiceOptions & { readonly json?: boolean }): Promise<void> {
  const { directory } = await connectTo(options);
  const rows = directory.keyset.roles.map(({ id, kind, name }) => ({ id: toHex(id), kind, name }));
  print(
    { offices: rows },
    options.json,
    rows.map(({ id, kind, name }) => `${id}  ${kind.padEnd(16)} ${name}`).join('\n'),
  );
}
