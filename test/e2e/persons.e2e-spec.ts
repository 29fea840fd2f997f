/** A person affected with words of her own, and the life of a case after triage, by commands alone. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { run } from '../support/command.js';
import { CommandStage, json, outcome, type Recorded, type Sealed } from '../support/command-stage.js';

const LIMIT_MS = 240_000;

let stage: CommandStage;
let sealed: Sealed;
let recorded: Recorded;

beforeAll(async () => {
  stage = await CommandStage.open();
  sealed = await stage.seal();
  recorded = await stage.submit(sealed);
}, LIMIT_MS);
afterAll(() => stage.close(), 60_000);

type Done = { readonly type: string };
type Told = Done & { readonly words: string[] };

const inbox = <T = Done>(wordsFile: string, args: readonly string[], input?: string): Promise<T> =>
  json<T>(
    ['inbox', ...args, ...stage.direct(), '--words-file', wordsFile],
    input === undefined ? {} : { input },
  );
const refused = async (wordsFile: string) =>
  outcome(await run(['inbox', 'show', ...stage.direct(), '--words-file', wordsFile]));
const fileOf = ({ words }: Told): string => stage.write('words', words.join(' '));

describe('a person with words of her own', () => {
  let hers: string;
  let focal: string;
  let second: string;
  const staff = (who: string, args: readonly string[], text?: string): Promise<Done> =>
    stage.staff<Done>(who, [args[0]!, ...args.slice(1)], text);

  it(
    'is invited by the focal point, joins, answers for herself, and changes her words',
    async () => {
      const id = recorded.casePseudonym;
      focal = await stage.assignedTo(id);
      second = focal === 'focal-1' ? 'focal-2' : 'focal-1';
      const told = await stage.staff<Told>(focal, ['invite', id, '1'], 'You are named in a report.');
      expect(told).toMatchObject({ type: 'PERSON_INVITED', words: expect.any(Array) as unknown });
      const first = fileOf(told);
      expect(await inbox(first, ['join'])).toMatchObject({ type: 'PERSON_JOINED' });
      const changed = await inbox<Told>(first, ['change-code']);
      expect(changed.type).toBe('CODE_CHANGED');
      expect(await refused(first)).toEqual([1, 'not_found']);
      hers = fileOf(changed);
      expect(await inbox(hers, ['consent', 'K5', 'withdraw'])).toMatchObject({ type: 'WITHDRAW' });
      expect(await inbox(hers, ['consent', 'K5', '3', '--risks-explained'])).toMatchObject({
        type: 'CONSENT',
      });
      const shown = await inbox<{ messages: { text: string }[] }>(hers, ['show']);
      expect(shown.messages.map(({ text }) => text)).toContain('You are named in a report.');
      const other = run([
        'inbox',
        'consent',
        'K5',
        'refuse',
        ...stage.direct(),
        '--words-file',
        sealed.wordsFile,
      ]);
      expect(outcome(await other)).toEqual([1, 'not_your_answer']);
      const again = run(['inbox', 'invite', '1', ...stage.direct(), '--words-file', sealed.wordsFile], {
        input: 'Again.',
      });
      expect(outcome(await again)).toEqual([1, 'already_done']);
    },
    LIMIT_MS,
  );

  it(
    'her case is set aside, resumed, raised, monitored, closed and opened again',
    async () => {
      const id = recorded.casePseudonym;
      const test = ['--scope', 'SC-A', '--act', '--link', '--credibility', 'SINGLE_SOURCE'];
      const risk = ['--likelihood', 'high', '--severity', 'high'];
      const acts: [string, string[], string, string?][] = [
        [focal, ['acknowledge', id], 'ACKNOWLEDGED', 'It has arrived.'],
        [focal, ['triage', id], 'TRIAGE_STARTED'],
        [focal, ['decide', id, ...test, ...risk, '--priority', 'P2'], 'SCOPED'],
        [focal, ['hold', id, 'PA4', '--second-as', second], 'HELD'],
        [focal, ['resume', id], 'RESUMED'],
        [focal, ['link', id, '0f'.repeat(16), 'CHAIN'], 'LINKED'],
        [focal, ['route', id], 'ROUTED', 'Please raise this soon.'],
        ['official', ['accept', id], 'ACCEPTED'],
        ['official', ['assess-risk', id, ...risk], 'RISK_ASSESSED'],
        [
          'official',
          ['intervene', 'draft', id, 'NOTE_VERBALE', '--level', '3'],
          'INTERVENTION_DRAFTED',
          'A draft.',
        ],
        ['official-second', ['intervene', 'clear', id, '1'], 'INTERVENTION_CLEARED'],
        ['official', ['intervene', 'send', id, '1'], 'INTERVENTION_SENT'],
        ['official', ['intervene', 'follow-up', id, '1'], 'FOLLOWED_UP'],
        ['official', ['intervene', 'reply', id, '1', 'RSP1', '--complete'], 'STATE_REPLY'],
        ['official', ['monitor', id], 'MONITORED'],
        ['official', ['review', id], 'REVIEWED'],
        ['official', ['act-again', id, 'NO_REMEDY'], 'ACTION_RESUMED'],
        ['official', ['intervene', 'end', id, '1'], 'INTERVENTION_ENDED'],
        ['official', ['message', id, '--feedback'], 'CONTACTED', 'The State has answered.'],
        ['official', ['close', id, 'PARTLY', '--second-as', 'official-second'], 'CLOSED'],
      ];
      const types: string[] = [];
      for (const [who, args, , text] of acts) types.push((await staff(who, args, text)).type);
      expect(types).toEqual(acts.map(([, , type]) => type));
      expect(await inbox(hers, ['reopen'], 'It has begun again.')).toMatchObject({ type: 'REOPENED' });
      expect(await inbox(hers, ['close'])).toMatchObject({ type: 'MAILBOX_CLOSED' });
      expect(await refused(hers)).toEqual([1, 'not_found']);
      expect(await inbox(sealed.wordsFile, ['show'])).toMatchObject({ status: 'being_read' });
    },
    LIMIT_MS,
  );
});
