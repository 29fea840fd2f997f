/** The first screen: danger first, then what this is, who reads it, and how to check. */
import { useFirstPage } from './page.js';

/** Both answer at any hour. */
const HELPLINES = [
  { key: 'welcome.helpline.defenders', contact: '+353 1 210 0489', href: 'tel:+35312100489' },
  { key: 'welcome.helpline.digital', contact: 'help@accessnow.org', href: 'mailto:help@accessnow.org' },
] as const;

export function Welcome() {
  const { journey, words, act } = useFirstPage();
  const { say } = words;
  const { isEntering } = journey;
  const go = (at: 'enter' | 'openDraft') => () => act.enter({ at });
  return (
    <>
      <h1 tabIndex={-1}>{say('welcome.title')}</h1>
      <section class="danger">
        <h2>{say('welcome.danger.title')}</h2>
        <p>{say('welcome.danger.text')}</p>
        <ul>
          {HELPLINES.map(({ key, contact, href }) => (
            <li key={key}>
              {say(key)}
              <br />
              <a href={href}>
                <bdi dir="ltr">{contact}</bdi>
              </a>
            </li>
          ))}
        </ul>
      </section>
      <section>
        <h2>{say('welcome.what.title')}</h2>
        <p>{say('welcome.what.text')}</p>
      </section>
      <Readers />
      <section>
        <h2>{say('welcome.safe.title')}</h2>
        <p>{say('welcome.safe.text')}</p>
        <button
          type="button"
          class="primary"
          disabled={isEntering}
          onClick={() => act.enter({ at: 'form', step: 'safety' })}
        >
          {say('welcome.start')}
        </button>
        <p aria-live="polite">{isEntering && say('mailbox.working')}</p>
        <p class="actions">
          <button type="button" disabled={isEntering} onClick={go('enter')}>
            {say('welcome.enter')}
          </button>
          <button type="button" disabled={isEntering} onClick={go('openDraft')}>
            {say('welcome.draft')}
          </button>
        </p>
      </section>
    </>
  );
}

/** Named from the keys that were verified, never from what the page was told. */
function Readers() {
  const { journey, words } = useFirstPage();
  const { say, time } = words;
  const { office, failed } = journey;
  return (
    <section>
      <h2>{say('welcome.read.title')}</h2>
      <div aria-live="polite">
        {office === undefined && failed === undefined && <p>{say('welcome.read.checking')}</p>}
        {office !== undefined && (
          <p>
            <strong>{say('welcome.read.known', { recipient: office.recipient })}</strong>
          </p>
        )}
      </div>
      <p>{say('welcome.read.server')}</p>
      {office !== undefined && (
        <details>
          <summary>{say('welcome.check.title')}</summary>
          <p>{say('welcome.read.checked', { n: office.witnesses, time: time(office.witnessedAt) })}</p>
          <p>{say('welcome.check.text')}</p>
          <p>
            <code dir="ltr">{office.fingerprint}</code>
          </p>
        </details>
      )}
    </section>
  );
}
