/** What every step gets and gives. */
import type { ClientDeps } from '@app/client';
import type { Folder } from './folder.js';

export type Ceremony = { readonly deps: ClientDeps; readonly folder: Folder };

/** For scripts and for people; neither holds a secret. */
export type Outcome = { readonly facts: Readonly<Record<string, unknown>>; readonly text: string };

export function outcome(facts: Outcome['facts'], lines: readonly string[]): Outcome {
  return { facts, text: lines.join('\n') };
}
