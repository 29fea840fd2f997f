/** What went wrong, what was kept, and what to do: the loudest thing on the page. */
import { useEffect, useRef } from 'preact/hooks';
import { failureKind, PAGE_INCOMPLETE } from '../journey.js';
import { useFirstPage } from './page.js';

export function Failure() {
  const { journey, words, act } = useFirstPage();
  const { failed, screen } = journey;
  const box = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (failed !== undefined) box.current?.focus();
  }, [failed]);
  if (failed === undefined) return null;
  const { say } = words;
  const kind = failureKind(failed.code);
  const again = (): void => {
    if (screen.at === 'sending') act.send();
    else if (failed.code === PAGE_INCOMPLETE) location.reload();
    else act.connect();
  };
  const repeats = screen.at === 'sending' || screen.at === 'welcome';
  return (
    <div class="failure" role="alert" tabIndex={-1} ref={box}>
      <h2>{say(screen.at === 'sending' ? 'sending.stopped' : 'failed.title')}</h2>
      <p>{say(`failed.${kind}`, { n: failed.position ?? 0, word: failed.nearest ?? '' })}</p>
      <p>{say(screen.at === 'sending' ? 'sending.keep' : 'failed.kept')}</p>
      {kind === 'silent' && (
        <button type="button" onClick={() => act.connect(true)}>
          {say('failed.silent.do')}
        </button>
      )}
      {kind === 'outdated' && (
        <button type="button" onClick={() => act.dispatch({ type: 'go', screen: { at: 'review' } })}>
          {say('failed.outdated.do')}
        </button>
      )}
      {repeats && kind !== 'outdated' && (
        <button type="button" onClick={again}>
          {say(screen.at === 'sending' ? 'sending.again' : 'failed.again')}
        </button>
      )}
      <p class="small">{say('failed.code', { code: failed.code })}</p>
    </div>
  );
}
