/** What every view is given: the state, the words of its language, and the acts. */
import { createContext } from 'preact';
import { useContext } from 'preact/hooks';
import type { Engine } from '../engine.js';
import type { Step } from '../form.js';
import type { Words } from '../i18n/index.js';
import type { Event, Journey } from '../journey.js';
import type { MailboxData } from '../protocol.js';

export type Page = {
  readonly journey: Journey;
  readonly words: Words;
  readonly act: Acts;
};

export type Acts = {
  readonly dispatch: (event: Event) => void;
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

export const Context = createContext<Page | undefined>(undefined);

export function usePage(): Page {
  const page = useContext(Context);
  if (page === undefined) throw new Error('a view outside the page');
  return page;
}
