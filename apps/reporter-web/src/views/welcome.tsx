/** The first screen: danger first, then what this is, who reads it, and how to check. */
import { usePage } from './page.js';

/** Both answer at any hour. */
const HELPLINES = [
  { key: 'welcome.helpline.defenders', contact: '+353 1 210 0489', href: 'tel:+35312100489' },
  { key: 'welcome.helpline.digital', contact: 'help@accessnow.org', href: 'mailto:help@accessnow.org' },
] as const;

export function Welcome() {
  const { words, act } = usePage();
  const { say } = words;
  const go = (at: 'enter' | 'openDraft') => () => act.dispatch({ type: 'go', screen: { at } });
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
          onClick={() => act.dispatch({ type: 'go', screen: { at: 'form', step: 'safety' } })}
        >
          {say('welcome.start')}
        </button>
        <p class="actions">
          <button type="button" onClick={go('enter')}>
            {say('welcome.enter')}
          </button>
          <button type="button" onClick={go('openDraft')}>
            {say('welcome.draft')}
          </button>
        </p>
      </section>
    </>
  );
}

/** Named from the keys that were verified, never from what the page was told. */
function Readers() {
  const { journey, words } = usePage();
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
