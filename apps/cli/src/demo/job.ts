/** What the steps of the main job share: whom they talk to, what was found out so far, and how they say it. */
import { type ApiClient, ApiProblem, Unreachable } from '@app/api-client';
import {
  type Accepted,
  type ClientDeps,
  connect,
  type PreparedReport,
  type Service,
  type StaffSession,
  type Trust,
} from '@app/client';
import { makeReporterCode } from '@app/crypto/seal';
import { type Bytes, Invariant } from '@app/encoding';
import type { EvaluationMember } from '../stack/evaluation-files.js';
import type { Invented } from './reports.js';

/** How long a step is tried again after interruptions, and how long anything is waited for. */
const PATIENCE_SECONDS = 180;
const PAUSE_MS = 1_000;

/** What is no refusal: nobody answered, or the case moved on between reading and acting. Look again, then repeat. */
const INTERRUPTIONS = new Set(['unavailable', 'not_ready', 'too_many_requests', 'case_moved', 'out_of_date']);

export type JobOptions = {
  readonly deps: ClientDeps;
  readonly publicApi: ApiClient;
  readonly staffApi: ApiClient;
  readonly trust: Trust;
  readonly members: readonly EvaluationMember[];
  readonly reports: readonly Invented[];
  /** Where receipts are written. */
  readonly receiptDir: string;
  readonly trustFile: string;
  readonly say: (line: string) => void;
  /** Short-lived: how far an upload is, what is being waited for. */
  readonly progress: (text: string) => void;
};

/** One report on its way, as its reporter holds it, and the focal point the queue gave it to. */
export type JobCase = {
  readonly invented: Invented;
  readonly code: Bytes;
  prepared?: PreparedReport;
  accepted?: Accepted;
  focal?: StaffSession;
};

export type Staff = Readonly<Record<'official' | 'second' | 'oversight', StaffSession>> & {
  readonly focals: readonly [StaffSession, StaffSession];
};

/** A step may be run again after it was cut off anywhere: it looks up what was done before it does the rest. */
export type Step = { readonly name: string; readonly run: (job: Job) => Promise<void> };

export class Job {
  readonly options: JobOptions;
  readonly cases: readonly JobCase[];
  #staff: Staff | undefined;
  #service: Service | undefined;
  readonly #said = new Set<string>();

  constructor(options: JobOptions) {
    this.options = options;
    this.cases = options.reports.map((invented) => ({
      invented,
      code: makeReporterCode(options.deps.random),
    }));
  }

  get deps(): ClientDeps {
    return this.options.deps;
  }

  get staff(): Staff {
    if (this.#staff === undefined) throw new Invariant('nobody has signed in');
    return this.#staff;
  }

  set staff(staff: Staff) {
    this.#staff = staff;
  }

  /** The public origin, its directory verified once. */
  async service(): Promise<Service> {
    this.#service ??= await connect(this.deps, this.options.publicApi, this.options.trust);
    return this.#service;
  }

  /** Runs a step; after an interruption again, as a person would, for as long as patience lasts. */
  async run(step: Step): Promise<void> {
    this.#said.clear();
    const until = this.deps.now() + PATIENCE_SECONDS;
    for (;;) {
      try {
        await step.run(this);
        return;
      } catch (error) {
        if (!isInterruption(error) || this.deps.now() > until) throw error;
        this.options.progress(`${step.name}: interrupted, trying again`);
        await this.deps.sleep(PAUSE_MS);
      }
    }
  }

  /** A line of the report; a step that is run again does not repeat what it said. */
  say(line: string): void {
    if (this.#said.has(line)) return;
    this.#said.add(line);
    this.options.say(line);
  }

  /** Asks again and again until there is an answer. @throws {Invariant} naming `what` when patience ends. */
  async until<T>(what: string, ask: () => Promise<T | undefined>): Promise<T> {
    const end = this.deps.now() + PATIENCE_SECONDS;
    for (;;) {
      const answer = await ask();
      if (answer !== undefined) return answer;
      if (this.deps.now() > end) throw new Invariant(`waited in vain: ${what}`);
      this.options.progress(what);
      await this.deps.sleep(PAUSE_MS / 2);
    }
  }
}

export function caseAt(job: Job, index: number): JobCase {
  return job.cases[index] ?? missing('a report');
}

/** The case's pseudonym. @throws {Invariant} before it was submitted. */
export function pseudonymOf({ accepted }: JobCase): string {
  return accepted?.receipt.casePseudonym ?? missing('a submitted report');
}

export function missing(what: string): never {
  throw new Invariant(`missing: ${what}`);
}

/** A time of day; with the date if it is not today's. */
export function utc(time: number, now = time): string {
  const text = new Date(time * 1000).toISOString();
  return time - now < 86_400 / 2 ? `${text.slice(11, 19)} UTC` : `${text.slice(0, 16).replace('T', ' ')} UTC`;
}

function isInterruption(error: unknown): boolean {
  if (error instanceof Unreachable) return true;
  return error instanceof ApiProblem && INTERRUPTIONS.has(error.code);
}
