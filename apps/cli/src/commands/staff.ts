/** The commands of staff, over the staff origin. */
import type { Command } from 'commander';
import {
  staffAccept,
  staffAcknowledge,
  staffAskConsent,
  staffAskInfo,
  staffClear,
  staffDecide,
  staffDraft,
  staffMessage,
  staffNote,
  staffPlain,
  staffRecuse,
  staffReprioritise,
  staffReturn,
  staffRoute,
  staffSend,
  staffStateReply,
  staffTriage,
} from '../staff/acting.js';
import {
  staffActAgain,
  staffAssessRisk,
  staffClose,
  staffDivert,
  staffEndIntervention,
  staffFollowUp,
  staffHold,
  staffInvite,
  staffLink,
} from '../staff/living.js';
import { staffErase, staffLegalHold, staffRetention, staffReviewRetention } from '../staff/custody.js';
import { staffNoteReferral, staffRefer, staffReferral, staffReferrals } from '../staff/referrals.js';
import { withIdentity, withSecond } from '../staff/identity.js';
import { deadLettersDiscard, deadLettersList, deadLettersRedrive } from '../staff/operations.js';
import { oversightAlarms, oversightDelays } from '../staff/oversight.js';
import { staffSuccession } from '../staff/succession.js';
import { passwordSet, unlockersList, unlockersRemove, wordsRenew } from '../staff/unlocking.js';
import { language } from './participant.js';
import { list, open } from '../staff/reading.js';

const TEXT = 'file with the text; without it the text is asked, or read from standard input';

export function registerStaff(program: Command): void {
  const staff = program
    .command('staff')
    .description('what staff read and do; a case is named by its identifier or the first characters of it');
  const verb = (on: Command, name: string, description: string): Command =>
    withIdentity(on.command(name)).description(description);
  const verbWithText = (on: Command, name: string, description: string): Command =>
    verb(on, name, description).option('--text-file <file>', TEXT);
  verb(staff, 'list', 'the cases of your office, the most pressing first').action(list);
  verb(staff, 'open <case>', 'report, conversation, deadlines and history, all verified')
    .option('--save-attachments <dir>', 'folder to save the attachments to')
    .action(open);
  verbWithText(staff, 'acknowledge <case>', 'acknowledge to the reporter')
    .option('--exempt <reason>', 'without a message: asked, or unsafe')
    .action(staffAcknowledge);
  verb(staff, 'triage <case>', 'start the triage').action(staffTriage);
  verbWithText(staff, 'message <case>', 'write to the reporter')
    .option('--feedback', 'it says what was or will be done')
    .action(staffMessage);
  verbWithText(staff, 'ask-info <case>', 'ask the reporter for information').action(staffAskInfo);
  verb(staff, 'info-received <case>', 'the information is there; the clock runs again').action(
    staffPlain('info_received', 'Information received'),
  );
  verbWithText(staff, 'ask-consent <case> <scope>', 'ask the reporter for one consent').action(
    staffAskConsent,
  );
  verb(staff, 'stop-asking <case>', 'no answer came about the consent').action(
    staffPlain('stop_asking', 'The question is closed without an answer'),
  );
  registerDecisions(staff, verb, verbWithText);
  registerLife(staff, verb, verbWithText);
  registerInterventions(
    staff.command('intervene').description('interventions of the official'),
    verb,
    verbWithText,
  );
  registerReferrals(staff, verb, verbWithText);
  verbWithText(staff, 'note <case>', 'write a note for your own office only').action(staffNote);
  verb(staff, 'succession', 'seal the keys of all cases of your office to its new epoch').action(
    staffSuccession,
  );
  registerCustody(staff, verb);
  registerUnlocking(staff, verb);
  registerOversight(staff.command('oversight').description('how the service did its work'), verb);
  registerDeadLetters(
    staff
      .command('dead-letters')
      .description('jobs of the service that failed for good, for the administrator'),
    verb,
  );
}

function registerReferrals(staff: Command, verb: Verb, verbWithText: Verb): void {
  verbWithText(staff, 'refer <case> <channel>', 'give a United Nations office an extract: SP, TB or HRC')
    .requiredOption('--to <office>', 'by name or identifier')
    .action(staffRefer);
  verb(staff, 'referrals', 'for such an office: what it was given').action(staffReferrals);
  verb(staff, 'referral <case>', 'for such an office: open an extract').action(staffReferral);
  verb(
    staff,
    'note-referral <case> <note>',
    'for such an office: RECEIVED, ACTION, REPLIED, DECLINED or ENDED',
  )
    .option('--text-file <file>', 'file with more to say to the office that referred it')
    .action(staffNoteReferral);
}

function registerCustody(staff: Command, verb: Verb): void {
  verb(
    staff,
    'retention',
    'for custodians: cases that may be erased or are to be reviewed, the oldest day first',
  )
    .option('--days <n>', 'also those that come due within so many days', '30')
    .action(staffRetention);
  withSecond(
    verb(staff, 'legal-hold <case> <on|off>', 'keep a case from being erased; two custodians end that'),
  ).action(staffLegalHold);
  withSecond(
    verb(staff, 'review-retention <case> <decision>', 'keep, or erase after a notice; two custodians sign'),
  ).action(staffReviewRetention);
  withSecond(
    verb(
      staff,
      'erase <case> <reason>',
      'erase all that is sealed in a case for good: withdrawn or retention; two custodians sign',
    ),
  ).action(staffErase);
}

function registerUnlocking(staff: Command, verb: Verb): void {
  const unlockers = staff.command('unlockers').description('what opens your vault');
  verb(unlockers, 'list', 'words, password and passkeys').action(unlockersList);
  verb(unlockers, 'remove <id>', 'take one out').action(unlockersRemove);
  const password = staff.command('password').description('a password and a second factor for your vault');
  verb(password, 'set', 'set or change it; it is asked, never an argument').action(passwordSet);
  const words = staff.command('words').description('the unlock words of your vault');
  verb(words, 'renew', 'new words in the place of the old ones')
    .addOption(language('of the words'))
    .action(wordsRenew);
}

function registerOversight(oversight: Command, verb: Verb): void {
  verb(oversight, 'delays', 'how late the worker recorded the lapses of the last days')
    .option('--days <n>', 'how many', '30')
    .action(oversightDelays);
  verb(oversight, 'alarms', 'everything that people were to look at, the oldest first').action(
    oversightAlarms,
  );
}

function registerDeadLetters(letters: Command, verb: Verb): void {
  verb(letters, 'list', 'the oldest first; what they were about is not shown')
    .option('--state <state>', 'open, redriven or discarded', 'open')
    .action(deadLettersList);
  verb(letters, 'redrive <letter>', 'let the job run again').action(deadLettersRedrive);
  verb(letters, 'discard <letter> <reason>', 'lay it aside: done_otherwise, obsolete or defect').action(
    deadLettersDiscard,
  );
}

type Verb = (on: Command, name: string, description: string) => Command;

function registerDecisions(staff: Command, verb: Verb, verbWithText: Verb): void {
  withSecond(verb(staff, 'decide <case>', 'the triage decision: in scope, with its priority'))
    .requiredOption('--scope <code>', 'category, SC-A to SC-X')
    .option('--act', 'there is an act of intimidation or reprisal')
    .option('--link', 'it is linked with the cooperation')
    .requiredOption('--credibility <code>', 'CORROBORATED, SINGLE_SOURCE, POSSIBLE or NOT_CREDIBLE')
    .requiredOption('--likelihood <level>', 'of harm: low, moderate, high or severe')
    .requiredOption('--severity <level>', 'of harm: low, moderate, high or severe')
    .requiredOption('--priority <code>', 'P1 to P4; P1 needs a second officer')
    .action(staffDecide);
  withSecond(verb(staff, 'reprioritise <case> <priority>', 'change the priority')).action(staffReprioritise);
  withSecond(
    verbWithText(staff, 'close <case> <reason>', 'close as out of scope, or for good; two officers sign'),
  )
    .option('--into <case>', 'the case it went into, where they were merged')
    .action(staffClose);
  verbWithText(staff, 'route <case>', 'hand over to the senior official, under the consent given')
    .option('--to <office>', 'another office, by name or identifier')
    .action(staffRoute);
  verb(staff, 'accept <case>', 'accept what was handed over').action(staffAccept);
  verb(staff, 'return <case> <reason>', 'give the case back to the focal point').action(staffReturn);
  verb(staff, 'recuse <case>', 'step back from the case')
    .option('--whole-role', 'the whole office steps back')
    .action(staffRecuse);
}

function registerLife(staff: Command, verb: Verb, verbWithText: Verb): void {
  verbWithText(
    staff,
    'invite <case> <person>',
    'give a person affected, by place in the report, words of her own',
  )
    .addOption(language('of her words'))
    .action(staffInvite);
  withSecond(
    verb(staff, 'hold <case> <reason>', 'set the case aside: PA3, or PA4 with a second officer'),
  ).action(staffHold);
  verb(staff, 'resume <case>', 'end the hold').action(staffPlain('resume', 'Resumed'));
  verb(staff, 'assess-risk <case>', 'assess the risk anew')
    .requiredOption('--likelihood <level>', 'of harm: low, moderate, high or severe')
    .requiredOption('--severity <level>', 'of harm: low, moderate, high or severe')
    .option('--changed', 'the facts have changed')
    .action(staffAssessRisk);
  verb(staff, 'monitor <case>', 'nothing is pending; the case is reviewed from now on').action(
    staffPlain('monitor', 'Monitored'),
  );
  verb(staff, 'review <case>', 'record a review').action(staffPlain('review', 'Reviewed'));
  verb(staff, 'act-again <case> <reason>', 'go on acting: FURTHER_ACT or NO_REMEDY').action(staffActAgain);
  verb(staff, 'reopen <case>', 'open a closed case again, with consent K10').action(
    staffPlain('reopen', 'Reopened'),
  );
  verb(staff, 'link <case> <other> <relation>', 'say how another case is related').action(staffLink);
  verbWithText(staff, 'divert <case> <reason>', 'hand over past an official who has a conflict')
    .requiredOption('--to <office>', 'the alternate or the ethics office, by name or identifier')
    .action(staffDivert);
}

function registerInterventions(intervene: Command, verb: Verb, verbWithText: Verb): void {
  verbWithText(intervene, 'draft <case> <kind>', 'draft an intervention, such as NOTE_VERBALE')
    .option('--channel <code>', 'where it goes, if its kind leaves a choice')
    .requiredOption('--level <code>', 'of identification: 3, 2 or 1; N or P')
    .action(staffDraft);
  verb(intervene, 'clear <case> <number>', 'clear what another officer drafted').action(staffClear);
  verb(intervene, 'send <case> <number>', 'record a cleared intervention as sent').action(staffSend);
  verb(intervene, 'reply <case> <number> <response>', 'record what the State answered, RSP1 to RSP9')
    .option('--complete', 'it answers everything')
    .action(staffStateReply);
  verb(intervene, 'follow-up <case> <number>', 'record that it was followed up').action(staffFollowUp);
  verb(intervene, 'end <case> <number>', 'end it; a draft is given up').action(staffEndIntervention);
}
