/** What every view is given: the state, the words of its language, and the acts. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Engine } from '../engine.js';
import type { Step } from '../form.js';
import type { FirstWords, Words } from '../i18n/index.js';
import type { Event, Journey, Screen } from '../journey.js';
import type { MailboxData } from '../protocol.js';

export type FirstPage = {
  readonly journey: Journey;
  readonly words: FirstWords;
  readonly act: Acts;
};

export type Page = FirstPage & { readonly words: Words };

export type Acts = {
  readonly dispatch: (event: Event) => void;
  /** Leaves the first screen, as soon as the texts of the others are here. */
  readonly enter: (screen: Screen) => void;
  /** Checks the step, and goes on if nothing is wrong with it. */
  readonly leaveStep: (step: Step) => void;
  /** @param acceptStale - she was told that the witnesses are silent, and chose to go on. */
  readonly connect: (acceptStale?: boolean) => void;
  readonly seal: () => void;
  readonly send: () => void;
  readonly saveDraft: () => void;
  readonly openDraft: (code: string, file: Uint8Array<ArrayBuffer>) => void;
  readonly open: (code: string) => void;
  readonly inMailbox: (ask: (engine: Engine) => Promise<MailboxData>, after?: () => void) => void;
};

type Given = { readonly first: FirstPage; readonly page: Page | undefined };

export const Context = createContext<Given | undefined>(undefined);

/** For what is shown before the texts of the other screens are here. */
export function useFirstPage(): FirstPage {
  const given = useContext(Context);
  if (given === undefined) throw new Error('a view outside the page');
  return given.first;
}

export function usePage(): Page {
  const page = useContext(Context)?.page;
  if (page === undefined) throw new Error('a view before its texts');
  return page;
}
