/** What a code opens: the mailbox, or a draft from its file. */
import { useState } from 'preact/hooks';
import { usePage } from './page.js';
import { CodeCard, FileLink } from './receipt.js';

export function Enter() {
  const { journey, words, act } = usePage();
  const { say } = words;
  const [typed, setTyped] = useState('');
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        act.open(typed);
      }}
    >
      <h1 tabIndex={-1}>{say('enter.title')}</h1>
      <CodeField typed={typed} onTyped={setTyped} hint={say('enter.text')} />
      <button class="primary" type="submit" disabled={journey.isBusy}>
        {say('enter.open')}
      </button>
      <p aria-live="polite">{journey.isBusy && say('enter.opening')}</p>
      <ToStart />
    </form>
  );
}

export function OpenDraft() {
  const { journey, words, act } = usePage();
  const { say } = words;
  const [typed, setTyped] = useState('');
  const [file, setFile] = useState<File>();
  return (
    <form
      noValidate
      onSubmit={(event) => {
        event.preventDefault();
        void file?.arrayBuffer().then((bytes) => act.openDraft(typed, new Uint8Array(bytes)));
      }}
    >
      <h1 tabIndex={-1}>{say('draft.title')}</h1>
      <div class="field">
        <label for="file">{say('draft.file')}</label>
        <input id="file" type="file" onChange={(event) => setFile(event.currentTarget.files?.[0])} />
      </div>
      <CodeField typed={typed} onTyped={setTyped} hint={say('draft.text')} />
      <button class="primary" type="submit" disabled={journey.isBusy}>
        {say('draft.open')}
      </button>
      <ToStart />
    </form>
  );
}

export function SavedDraft() {
  const { journey, words, act } = usePage();
  const { say } = words;
  const { saved } = journey;
  if (saved === undefined) return null;
  return (
    <>
      <h1 tabIndex={-1}>{say('draft.saved.title')}</h1>
      <p>{say('draft.saved.text')}</p>
      <CodeCard code={saved.code} />
      <p class="actions">
        <FileLink name="notes.age" bytes={saved.file}>
          {say('draft.download')}
        </FileLink>
        <button
          type="button"
          onClick={() => act.dispatch({ type: 'go', screen: { at: 'form', step: 'safety' } })}
        >
          {say('draft.back')}
        </button>
      </p>
    </>
  );
}

type CodeFieldProps = {
  readonly typed: string;
  readonly onTyped: (typed: string) => void;
  readonly hint: string;
};

function CodeField({ typed, onTyped, hint }: CodeFieldProps) {
  const { words } = usePage();
  return (
    <div class="field">
      <label for="code">{words.say('practice.label')}</label>
      <span class="hint" id="code-hint">
        {hint}
      </span>
      <textarea
        id="code"
        rows={3}
        dir="auto"
        autocomplete="off"
        autocapitalize="none"
        spellcheck={false}
        aria-describedby="code-hint"
        value={typed}
        onInput={(event) => onTyped(event.currentTarget.value)}
      />
    </div>
  );
}

function ToStart() {
  const { words, act } = usePage();
  return (
    <p class="actions">
      <button type="button" onClick={() => act.dispatch({ type: 'go', screen: { at: 'welcome' } })}>
        {words.say('form.back')}
      </button>
    </p>
  );
}
