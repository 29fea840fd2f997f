/** From the sealed report to the receipt: the words first, then practice, then sending, then what is promised. */
import { useState } from 'preact/hooks';
import type { ShownCode } from '../protocol.js';
import { usePage } from './page.js';

export function Code() {
  const { journey, words, act } = usePage();
  const { say } = words;
  if (journey.sealed === undefined) return null;
  return (
    <>
      <h1 tabIndex={-1}>{say('code.title')}</h1>
      <p>{say('code.text')}</p>
      <CodeCard code={journey.sealed.code} />
      <button
        class="primary"
        type="button"
        onClick={() => act.dispatch({ type: 'go', screen: { at: 'practice' } })}
      >
        {say('code.next')}
      </button>
      <p class="actions">
        <button type="button" onClick={() => act.dispatch({ type: 'go', screen: { at: 'review' } })}>
          {say('form.back')}
        </button>
      </p>
    </>
  );
}

/** Numbered words, or a number where a language has no list, with the ways to keep them. */
export function CodeCard({ code }: { readonly code: ShownCode }) {
  const { words } = usePage();
  const { say } = words;
  const [isCopied, setCopied] = useState(false);
  const text = code.words?.join(' ') ?? code.digits;
  return (
    <section class="code">
      {code.words && (
        <ol>
          {code.words.map((word) => (
            <li key={word}>
              <span>{word}</span>
            </li>
          ))}
        </ol>
      )}
      <p class={code.words ? 'small' : ''}>{say(code.words ? 'code.digits' : 'code.only')}</p>
      <p class="digits" dir="ltr">
        {code.digits.split(' ').map((group, at) => (
          <span key={at}>{group} </span>
        ))}
      </p>
      <p class="actions no-print">
        <button
          type="button"
          onClick={() => {
            void navigator.clipboard.writeText(text).then(() => setCopied(true));
          }}
        >
          {say('code.copy')}
        </button>
        <button type="button" onClick={() => print()}>
          {say('code.print')}
        </button>
      </p>
      <p class="small no-print" aria-live="polite">
        {say(isCopied ? 'code.copied' : 'code.paper')}
      </p>
    </section>
  );
}

export function Practice() {
  const { journey, words, act } = usePage();
  const { say } = words;
  const [typed, setTyped] = useState('');
  const [isWrong, setWrong] = useState(false);
  const { sealed } = journey;
  if (sealed === undefined) return null;
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        const fits = isSame(typed, sealed.code);
        setWrong(!fits);
        if (fits) act.send();
      }}
    >
      <h1 tabIndex={-1}>{say('practice.title')}</h1>
      <p>{say('practice.text')}</p>
      <div class="field">
        <label for="practice">{say('practice.label')}</label>
        <span class="error" id="practice-error" role="alert">
          {isWrong && say('practice.wrong')}
        </span>
        <textarea
          id="practice"
          rows={3}
          dir="auto"
          autocomplete="off"
          autocapitalize="none"
          spellcheck={false}
          aria-describedby="practice-error"
          aria-invalid={isWrong}
          value={typed}
          onInput={(event) => setTyped(event.currentTarget.value)}
        />
      </div>
      <button class="primary" type="submit">
        {say('practice.send')}
      </button>
      <p class="actions">
        <button type="button" onClick={() => act.dispatch({ type: 'go', screen: { at: 'code' } })}>
          {say('practice.back')}
        </button>
      </p>
    </form>
  );
}

/** Case, accents, punctuation and white space do not matter; nor does which digits the keyboard writes. */
export function isSame(typed: string, { words = [], digits }: ShownCode): boolean {
  const plain = (text: string): string =>
    text
      .normalize('NFKD')
      .replace(/\p{Nd}/gu, (digit) => (/\d/.test(digit) ? digit : String((digit.codePointAt(0) ?? 0) % 16)))
      .replace(/[^\p{L}\p{Nd}]/gu, '')
      .toLowerCase();
  const given = plain(typed);
  return given !== '' && (given === plain(words.join('')) || given === plain(digits));
}

export function Sending() {
  const { journey, words } = usePage();
  const { say } = words;
  return (
    <>
      <h1 tabIndex={-1}>{say('sending.title')}</h1>
      <p aria-live="polite">{journey.isBusy && say('sending.text')}</p>
    </>
  );
}

export function Receipt() {
  const { journey, words, act } = usePage();
  const { say, time } = words;
  const { recorded, sealed } = journey;
  if (recorded === undefined) return null;
  return (
    <>
      <h1 tabIndex={-1}>{say('receipt.title')}</h1>
      <p class="verified">
        {say('receipt.recorded', { n: recorded.witnesses, time: time(recorded.witnessedAt) })}
      </p>
      <p>{say('receipt.read', { names: sealed?.to.join(' · ') ?? '' })}</p>
      {recorded.acknowledgeBy !== undefined && (
        <p>
          <strong>{say('receipt.due', { time: time(recorded.acknowledgeBy) })}</strong> {say('receipt.lapse')}
        </p>
      )}
      <p>{say('receipt.next')}</p>
      <details class="no-print">
        <summary>{say('receipt.proof')}</summary>
        <p>{say('receipt.proof.text')}</p>
        <FileLink name="proof.tlog-proof" bytes={new TextEncoder().encode(recorded.proof)}>
          {say('draft.download')}
        </FileLink>
      </details>
      <p class="actions">
        <button type="button" onClick={() => act.dispatch({ type: 'go', screen: { at: 'enter' } })}>
          {say('receipt.mailbox')}
        </button>
      </p>
    </>
  );
}

type FileLinkProps = {
  readonly name: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
  readonly children: string;
};

/** Hands a file over; its address is gone again at once. */
export function FileLink({ name, bytes, children }: FileLinkProps) {
  return (
    <button
      type="button"
      onClick={() => {
        const url = URL.createObjectURL(new Blob([bytes], { type: 'application/octet-stream' }));
        const link = document.createElement('a');
        link.href = url;
        link.download = name;
        link.click();
        setTimeout(() => URL.revokeObjectURL(url), 1_000);
      }}
    >
      {children}
    </button>
  );
}
