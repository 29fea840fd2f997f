/** Cases in words, for both sides: clocks, events, messages and files. */
import { mkdir, open } from 'node:fs/promises';
import path from 'node:path';
import {
  type CaseState,
  type Clock,
  type ClockId,
  effectiveConsent,
  isLapsed,
  isRunning,
  SCOPES,
} from '@app/casework';
import type { History } from '@app/client';
import type { ArchiveFile } from '@app/crypto/seal';
import { utc, when } from './terminal.js';

const CLOCK_NAMES: Readonly<Record<ClockId, string>> = {
  C1: 'acknowledgement',
  C2: 'first contact',
  C3: 'triage decision',
  C4: 'answer about consent',
  C5: 'handing over',
  C6: 'acceptance',
  C7: 'raising it with the State concerned',
  C8: "the State's reply",
  C9: 'feedback to the reporter',
  C10: 'end to end',
  C11: 'review',
};

/** One line for each clock: done, due or lapsed. A lapse stays visible. */
export function clockLines(state: CaseState, now: number): string[] {
  return state.clocks.map(
    (clock) => `  ${clock.id.padEnd(4)}${CLOCK_NAMES[clock.id]}: ${clockText(clock, now)}`,
  );
}

function clockText(clock: Clock, now: number): string {
  const lapse = isLapsed(clock, now) && clock.targetSeconds !== undefined;
  if (!isRunning(clock)) {
    const late = clock.lapsedAt === undefined ? '' : `, LATE (it was due ${utc(clock.lapsedAt)})`;
    return `${clock.stoppedBy === 'met' ? 'done' : String(clock.stoppedBy)} ${utc(clock.stoppedAt ?? 0)}${late}`;
  }
  if (lapse) return `LAPSED, was due ${when(clock.lapsedAt ?? clock.dueAt ?? 0)}`;
  if (clock.dueAt !== undefined) return `due ${when(clock.dueAt)}`;
  return clock.targetSeconds === undefined ? 'runs, without a target' : 'waits for the reporter';
}

/** The same for scripts. */
export function clockRows(state: CaseState, now: number) {
  return state.clocks.map((clock) => ({
    clock: clock.id,
    name: CLOCK_NAMES[clock.id],
    startedAt: clock.startedAt,
    dueAt: clock.dueAt ?? null,
    stoppedAt: clock.stoppedAt ?? null,
    stoppedBy: clock.stoppedBy ?? null,
    lapsed: isLapsed(clock, now) && clock.targetSeconds !== undefined,
  }));
}

/** Codes of an event that say nothing to people: hashes, identifiers, the whole matrix. */
const HIDDEN = ['consents', 'by', 'second', 'certificate', 'from', 'to', 'role'];

/** Every event, with its codes. */
export function eventLines({ events }: History): string[] {
  return events.map(({ event, opening }) => {
    const codes = Object.entries(event.detail)
      .filter(([key, value]) => !HIDDEN.includes(key) && String(value) !== '')
      .map(([key, value]) => `${key} ${String(value)}`);
    const detail = codes.length === 0 ? '' : `: ${codes.join(', ')}`;
    return `  ${String(opening.eventNumber).padStart(3)}  ${utc(event.at)}  ${event.actor.padEnd(8)} ${event.type}${detail}`;
  });
}

export function eventRows({ events }: History) {
  return events.map(({ event, opening }) => ({
    number: opening.eventNumber,
    at: event.at,
    by: event.actor,
    type: event.type,
    detail: event.detail,
  }));
}

/** What is granted, for everybody together. */
export function consentLine(state: CaseState): string {
  const granted = SCOPES.flatMap((scope) => {
    const { granted: is, level } = effectiveConsent(state.consents, scope);
    return is ? [level === undefined ? scope : `${scope} (${level})`] : [];
  });
  return granted.length === 0 ? 'none' : granted.join(', ');
}

type Attached = {
  readonly id: string;
  readonly compartment: number;
  readonly files: readonly { readonly name: string; readonly sizeBytes: number }[];
};

export function attachmentLines(attachments: readonly Attached[]): string[] {
  return attachments.map(({ files, compartment }, i) => {
    const names = files
      .map(({ name, sizeBytes }) => `${shown(name)} (${String(sizeBytes)} bytes)`)
      .join(', ');
    return `  ${String(i + 1)}  ${names}${compartment === 1 ? ', original' : ''}`;
  });
}

export function attachmentRows(attachments: readonly Attached[]) {
  return attachments.map(({ files, compartment }, i) => ({
    number: i + 1,
    isOriginal: compartment === 1,
    files,
  }));
}

/** Text by others for a terminal: no character that could move the cursor or colour the screen. */
export function shown(text: string): string {
  return text.replace(/[\p{Cc}\u202a-\u202e\u2066-\u2069]/gu, (c) =>
    c === '\n' || c === '\t' ? c : '\ufffd',
  );
}

/** A text under the line that introduces it, indented; nothing for no text. */
export function below(text: string): string {
  if (text === '') return '';
  const lines = shown(text)
    .split('\n')
    .map((line) => `      ${line}`)
    .join('\n');
  return `\n${lines}`;
}

/** Saves files under safe names, 0600, in a folder made 0700; nothing is overwritten. @returns their paths. */
export async function saveFiles(dir: string, files: readonly ArchiveFile[]): Promise<string[]> {
  await mkdir(dir, { recursive: true, mode: 0o700 });
  const saved: string[] = [];
  for (const { name, data } of files) saved.push(await saveFile(dir, safeName(name), data));
  return saved;
}

async function saveFile(dir: string, name: string, data: Uint8Array): Promise<string> {
  const { name: stem, ext } = path.parse(name);
  for (let copy = 1; ; copy++) {
    const file = path.join(dir, copy === 1 ? name : `${stem} (${String(copy)})${ext}`);
    try {
      const handle = await open(file, 'wx', 0o600);
      await handle.writeFile(data).finally(() => handle.close());
      return file;
    } catch (error) {
      if ((error as { code?: unknown }).code !== 'EEXIST') throw error;
    }
  }
}

const MAX_NAME_BYTES = 200;

/** A name that is only a name on every system: no path, no control or direction character, not hidden, not reserved. */
export function safeName(name: string): string {
  const plain = name
    .normalize('NFC')
    .replace(/[\p{C}/\\:*?"<>|]/gu, '_')
    .replace(/^[.\s]+|[.\s]+$/g, '_');
  const free = /^(con|prn|aux|nul|com\d|lpt\d)(\.|$)/i.test(plain) || plain === '' ? `_${plain}` : plain;
  const { name: stem, ext } = path.parse(free);
  let short = stem;
  while (Buffer.byteLength(short + ext) > MAX_NAME_BYTES && short.length > 1)
    short = Array.from(short).slice(0, -1).join('');
  return `${short}${Buffer.byteLength(ext) < MAX_NAME_BYTES ? ext : ''}`;
}
