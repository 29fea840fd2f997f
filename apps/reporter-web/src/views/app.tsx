/** The frame of every screen, and the acts that need the worker. */
import type { ComponentChildren } from 'preact';
import { useEffect, useLayoutEffect, useMemo, useReducer, useRef, useState } from 'preact/hooks';
import { type Engine, EngineFailed } from '../engine.js';
import { checkStep, readDraft, STEPS, stepOf, toReport } from '../form.js';
import {
  type FirstWords,
  firstWordsOf,
  type Language,
  LANGUAGES,
  type Later,
  loadLater,
  wordsOf,
} from '../i18n/index.js';
import { begin, type Event, type Journey, next, PAGE_INCOMPLETE, stepAfter, wouldLose } from '../journey.js';
import { Failure } from './failure.js';
import { FormStep } from './form-step.js';
import { Mailbox } from './mailbox.js';
import { Enter, OpenDraft, SavedDraft } from './opening.js';
import { type Acts, Context, useFirstPage } from './page.js';
import { Code, Practice, Receipt, Sending } from './receipt.js';
import { Review } from './review.js';
import { Welcome } from './welcome.js';

export function App({ engine, language }: { readonly engine: Engine; readonly language: Language }) {
  const [journey, dispatch] = useReducer(next, language, begin);
  const [later, setLater] = useState<Later>();
  const words = useMemo(() => firstWordsOf(journey.language), [journey.language]);
  const allWords = useMemo(() => later && wordsOf(journey.language, later), [journey.language, later]);
  const act = { ...actsOf(engine, journey, dispatch), enter: entering(later, setLater, dispatch) };
  useDocument(words);
  useWarning(wouldLose(journey));
  useEffect(() => {
    act.connect();
    loadLater().then(setLater, () => undefined);
  }, []);
  const first = { journey, words, act };
  return (
    <Context.Provider value={{ first, page: allWords && { ...first, words: allWords } }}>
      <Frame words={words} onLanguage={(chosen) => dispatch({ type: 'language', language: chosen })}>
        <Failure />
        <Screen />
      </Frame>
    </Context.Provider>
  );
}

function entering(
  later: Later | undefined,
  setLater: (later: Later) => void,
  dispatch: (event: Event) => void,
): Acts['enter'] {
  return (screen) => {
    if (later !== undefined) {
      dispatch({ type: 'go', screen });
      return;
    }
    dispatch({ type: 'entering' });
    loadLater().then(
      (loaded) => {
        setLater(loaded);
        dispatch({ type: 'go', screen });
      },
      () => dispatch({ type: 'failed', failed: { code: PAGE_INCOMPLETE } }),
    );
  };
}

function actsOf(engine: Engine, journey: Journey, dispatch: (event: Event) => void): Omit<Acts, 'enter'> {
  const { draft, language, acceptsStale } = journey;
  const asking = (work: () => Promise<Event>): void => {
    dispatch({ type: 'asked' });
    work().then(dispatch, (error: unknown) => {
      dispatch({
        type: 'failed',
        failed: error instanceof EngineFailed ? error.failed : { code: 'internal' },
      });
    });
  };
  return {
    dispatch,
    leaveStep: (step) => {
      const errors = checkStep(draft, step);
      dispatch(errors.length > 0 ? { type: 'errors', errors } : { type: 'go', screen: stepAfter(step) });
    },
    connect: (acceptStale = acceptsStale) => {
      if (acceptStale) dispatch({ type: 'acceptStale' });
      asking(async () => ({ type: 'office', office: await engine.call('connect', { acceptStale }) }));
    },
    seal: () => {
      asking(() => sealed(engine, journey));
    },
    send: () => {
      dispatch({ type: 'go', screen: { at: 'sending' } });
      asking(async () => ({ type: 'recorded', recorded: await engine.call('send', null) }));
    },
    saveDraft: () => {
      asking(async () => {
        const sealedDraft = await engine.call('sealDraft', { draft, language });
        return { type: 'draftSaved', saved: sealedDraft };
      });
    },
    openDraft: (code, file) => {
      asking(async () => {
        const read = readDraft((await engine.call('openDraft', { code, file })).draft);
        if (read === undefined) throw new EngineFailed({ code: 'draft_unreadable' });
        return { type: 'draftOpened', draft: read };
      });
    },
    open: (code) => {
      asking(async () => ({ type: 'mailbox', mailbox: await engine.call('open', { code }) }));
    },
    inMailbox: (ask, after) => {
      asking(async () => {
        const mailbox = await ask(engine);
        after?.();
        return { type: 'mailbox', mailbox };
      });
    },
  };
}

/** Seals a report that the form finds nothing wrong with; problems lead back to the step they are on. */
async function sealed(engine: Engine, { draft, language, acceptsStale }: Journey): Promise<Event> {
  const unready = STEPS.find((step) => checkStep(draft, step).length > 0);
  if (unready !== undefined) return { type: 'errors', errors: checkStep(draft, unready), step: unready };
  await engine.call('connect', { acceptStale: acceptsStale });
  const today = new Date().toISOString().slice(0, 10);
  const answer = await engine.call('seal', { report: toReport(draft, language, today), language });
  if ('code' in answer) return { type: 'sealed', sealed: answer };
  const [first] = answer.problems;
  return { type: 'errors', errors: answer.problems, step: stepOf(first?.path ?? '') };
}

function useDocument({ language, direction }: FirstWords): void {
  useLayoutEffect(() => {
    document.documentElement.lang = language;
    document.documentElement.dir = direction;
  }, [language, direction]);
}

/** Browsers ask in their own words before they leave. */
function useWarning(isNeeded: boolean): void {
  useEffect(() => {
    if (!isNeeded) return undefined;
    const warn = (event: BeforeUnloadEvent): void => {
      event.preventDefault();
    };
    addEventListener('beforeunload', warn);
    return () => {
      removeEventListener('beforeunload', warn);
    };
  }, [isNeeded]);
}

type FrameProps = {
  readonly words: FirstWords;
  readonly onLanguage: (language: Language) => void;
  readonly children: ComponentChildren;
};

function Frame({ words, onLanguage, children }: FrameProps) {
  const { say, language } = words;
  return (
    <>
      <a class="skip" href="#main">
        {say('skip')}
      </a>
      <header>
        <label>
          <span>{say('language')}</span>
          <select value={language} onChange={(event) => onLanguage(event.currentTarget.value as Language)}>
            {Object.entries(LANGUAGES).map(([code, name]) => (
              <option key={code} value={code} lang={code}>
                {name}
              </option>
            ))}
          </select>
        </label>
        <a class="exit" href={EXIT} rel="noreferrer" title={say('exit.hint')} onClick={leave}>
          {say('exit')}
        </a>
      </header>
      <main id="main" tabIndex={-1}>
        {children}
      </main>
      <footer>
        <a href="/about">{say('about')}</a>
      </footer>
    </>
  );
}

const EXIT = 'https://www.wikipedia.org/';

/** Takes the place of this page in the history; without scripts the link itself still leads away. */
function leave(event: globalThis.Event): void {
  event.preventDefault();
  document.getElementById('page')?.replaceChildren();
  location.replace(EXIT);
}

function Screen() {
  const { journey } = useFirstPage();
  const { screen } = journey;
  const heading = useRef<HTMLDivElement>(null);
  const place = screen.at === 'form' ? `form ${screen.step}` : screen.at;
  useLayoutEffect(() => {
    // A new screen begins at its heading, for eyes and for screen readers alike; before anybody could press a key.
    if (place === 'welcome') return;
    scrollTo(0, 0);
    heading.current?.querySelector('h1')?.focus();
  }, [place]);
  return <div ref={heading}>{screenOf(screen)}</div>;
}

function screenOf(screen: Journey['screen']) {
  switch (screen.at) {
    case 'welcome':
      return <Welcome />;
    case 'form':
      return <FormStep key={screen.step} step={screen.step} />;
    case 'review':
      return <Review />;
    case 'code':
      return <Code />;
    case 'practice':
      return <Practice />;
    case 'sending':
      return <Sending />;
    case 'receipt':
      return <Receipt />;
    case 'enter':
      return <Enter />;
    case 'openDraft':
      return <OpenDraft />;
    case 'savedDraft':
      return <SavedDraft />;
    case 'mailbox':
      return <Mailbox />;
  }
}
