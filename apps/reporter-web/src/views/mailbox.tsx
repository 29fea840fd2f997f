/** The mailbox: where it stands, when they must answer, what was said, and what is allowed. */
import { useState } from 'preact/hooks';
import { isGranted, SCOPES } from '../form.js';
import type { MessageKey, Words } from '../i18n/index.js';
import type { Clock, Letter, MailboxData } from '../protocol.js';
import { usePage } from './page.js';

export function Mailbox() {
  const { journey, words, act } = usePage();
  const { say, time } = words;
  const { mailbox } = journey;
  if (mailbox === undefined) return null;
  const { status, waitingFor, askedScope, clocks, letters, signedAt } = mailbox;
  return (
    <>
      <h1 tabIndex={-1}>{say('mailbox.title')}</h1>
      <p class="verified small">{say('mailbox.checked', { time: time(signedAt) })}</p>
      <p aria-live="polite">{journey.isBusy && say('mailbox.working')}</p>
      <section class="row">
        <h2>{say('mailbox.status')}</h2>
        <p>
          <strong>{say(`status.${status}` as MessageKey)}</strong>
        </p>
        {waitingFor === 'information' && <p>{say('waiting.information')}</p>}
        {waitingFor === 'consent' && (
          <p>{say('waiting.consent', { label: say((askedScope ?? 'K1') as MessageKey) })}</p>
        )}
        <h3>{say('mailbox.due')}</h3>
        <ul class="clocks">
          {clocks
            .filter(({ id }) => NAMED.includes(id))
            .map((clock, at) => (
              <li key={at}>{clockText(words, clock)}</li>
            ))}
        </ul>
      </section>
      <section class="row">
        <h2>{say('mailbox.letters')}</h2>
        {letters.length === 0 && <p>{say('mailbox.empty')}</p>}
        {letters.map((letter, at) => (
          <LetterView key={at} letter={letter} />
        ))}
        <Writing />
      </section>
      <Consents mailbox={mailbox} />
      <p class="actions">
        <button type="button" onClick={() => act.dispatch({ type: 'leaveMailbox' })}>
          {say('mailbox.leave')}
        </button>
      </p>
    </>
  );
}

/** The clocks that are about answering her. */
const NAMED = ['C1', 'C2', 'C3'];

/** A lapse stays visible for ever. */
function clockText({ say, time }: Words, clock: Clock) {
  const { id, dueAt, stoppedAt, lapsedAt, isOnTime } = clock;
  const name = say(`clock.${id}` as MessageKey);
  if (lapsedAt !== undefined)
    return <span class="late">{`${name}: ${say('clock.late', { time: time(lapsedAt) })}`}</span>;
  if (stoppedAt !== undefined)
    return `${name}: ${isOnTime === true ? say('clock.met') : say('clock.done', { time: time(stoppedAt) })}`;
  return dueAt === undefined ? name : `${name}: ${say('clock.due', { time: time(dueAt) })}`;
}

function LetterView({ letter }: { readonly letter: Letter }) {
  const { journey, words, act } = usePage();
  const { say, time } = words;
  const { from, kind, text, at, about, eventNumber, witnessedAt } = letter;
  const judge = (isSo: boolean) => () =>
    act.inMailbox((engine) => engine.call('judge', { eventNumber, isSo, text: '' }));
  return (
    <article class={from}>
      <h3>
        {say(`letter.${from}`)} <span class="small">{time(at)}</span>
      </h3>
      {about !== undefined && (
        <p class="small">{say(kind === 'dispute' ? 'letter.disputed' : 'letter.confirmed', { n: about })}</p>
      )}
      <p class="text" dir="auto">
        {text}
      </p>
      {from === 'staff' && (
        <>
          <p class="small">
            {witnessedAt === undefined
              ? say('letter.unwitnessed')
              : say('letter.witnessed', { time: time(witnessedAt) })}
          </p>
          <p class="actions">
            <button type="button" disabled={journey.isBusy} onClick={judge(true)}>
              {say('letter.confirm')}
            </button>
            <button type="button" disabled={journey.isBusy} onClick={judge(false)}>
              {say('letter.dispute')}
            </button>
          </p>
        </>
      )}
    </article>
  );
}

/** What was typed goes away only once it arrived. */
function Writing() {
  const { journey, words, act } = usePage();
  const { say } = words;
  const [text, setText] = useState('');
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        if (text.trim() === '') return;
        act.inMailbox(
          (engine) => engine.call('reply', { text }),
          () => setText(''),
        );
      }}
    >
      <div class="field">
        <label for="reply">{say('mailbox.write')}</label>
        <textarea
          id="reply"
          rows={4}
          dir="auto"
          value={text}
          onInput={(event) => setText(event.currentTarget.value)}
        />
      </div>
      <button class="primary" type="submit" disabled={journey.isBusy}>
        {say('mailbox.send')}
      </button>
    </form>
  );
}

function Consents({ mailbox }: { readonly mailbox: MailboxData }) {
  const { journey, words, act } = usePage();
  const { say } = words;
  if (!mailbox.canConsent)
    return (
      <section class="row">
        <h2>{say('mailbox.consents')}</h2>
        <p>{say('mailbox.consents.none')}</p>
      </section>
    );
  const isWithdrawn = mailbox.consents.K2 === 'w';
  return (
    <>
      <section class="row">
        <h2>{say('mailbox.consents')}</h2>
        <p>{say('consent.intro')}</p>
        {Object.entries(SCOPES).map(([scope, granting]) => (
          <OneConsent key={scope} scope={scope} granting={granting} now={mailbox.consents[scope] ?? 'n'} />
        ))}
      </section>
      {!isWithdrawn && (
        <section class="row">
          <h2>{say('mailbox.withdraw')}</h2>
          <p>{say('mailbox.withdraw.text')}</p>
          <button
            type="button"
            disabled={journey.isBusy}
            onClick={() =>
              act.inMailbox((engine) =>
                engine.call('consent', { scope: 'K2', code: 'w', isUnderstood: false }),
              )
            }
          >
            {say('mailbox.withdraw.do')}
          </button>
        </section>
      )}
    </>
  );
}

type OneConsentProps = { readonly scope: string; readonly granting: readonly string[]; readonly now: string };

/** Changes at once: the answer it had is replaced by the one that is chosen. */
function OneConsent({ scope, granting, now }: OneConsentProps) {
  const { journey, words, act } = usePage();
  const { say } = words;
  const [chosen, setChosen] = useState(now);
  const [isUnderstood, setUnderstood] = useState(false);
  const id = `mine-${scope.replace(':', '-')}`;
  const no = isGranted(now) ? 'w' : 'r';
  const options = [...new Set([now, no, ...granting])];
  return (
    <div class="field">
      <label for={id}>{say(scope as MessageKey)}</label>
      <span class="hint" id={`${id}-hint`}>
        {say(`${scope}.undo` as MessageKey)}
      </span>
      <div class="pair">
        <select
          id={id}
          aria-describedby={`${id}-hint`}
          value={chosen}
          onInput={(event) => setChosen(event.currentTarget.value)}
        >
          {options.map((code) => (
            <option key={code} value={code}>
              {say(`consent.${code}` as MessageKey)}
            </option>
          ))}
        </select>
        {chosen !== now && (
          <button
            type="button"
            disabled={journey.isBusy || (isGranted(chosen) && !isUnderstood)}
            onClick={() =>
              act.inMailbox((engine) => engine.call('consent', { scope, code: chosen, isUnderstood }))
            }
          >
            {say('mailbox.change')}
          </button>
        )}
      </div>
      {chosen !== now && isGranted(chosen) && (
        <label class="choice">
          <input
            type="checkbox"
            checked={isUnderstood}
            onInput={(event) => setUnderstood(event.currentTarget.checked)}
          />
          <span>{say('consent.understood')}</span>
        </label>
      )}
    </div>
  );
}
