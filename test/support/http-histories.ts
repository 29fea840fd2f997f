/**
 * Random histories over HTTP: acts of the generator of libs/casework, legal and illegal ones, sent to the real servers
 * by the real clients, in several cases at once while days go by. Afterwards three tell each case, and have to agree:
 * its row, a replay of its ledger entries, and the response times that oversight is given.
 */
import { ApiProblem } from '@app/api-client';
import { type Actor, type CaseAct, DEFAULT_POLICY, type Policy } from '@app/casework';
import {
  acknowledge,
  type ActResult,
  askConsent,
  changeConsent,
  closeMailbox,
  confirm,
  dispute,
  draftIntervention,
  type MailboxView,
  message,
  openCase,
  type OpenedCase,
  openMailbox,
  perform,
  reopen,
  reply,
  requestInformation,
  route,
  type StaffSession,
} from '@app/client';
import type { ResponseTime } from '@app/contracts';
import { toBase64, toHex, VerificationError } from '@app/encoding';
import { makeLogger } from '@app/platform';
import { randomBytes } from 'node:crypto';
import path from 'node:path';
import { type Attempt, randomHistory } from '../../libs/casework/test/random-history.js';
import { AssignService } from '../../apps/worker/src/cases/assign.service.js';
import { LapseService } from '../../apps/worker/src/cases/lapse.service.js';
import { ActRefused } from '../../apps/worker/src/cases/decided.js';
import { DirectoryService } from '../../apps/worker/src/directory/directory.service.js';
import type { TestServer } from './database.js';
import { TICK } from './ledger-stage.js';
import { OfficeStage, type Submitted } from './office-stage.js';
import type { TestOrganisation } from './organisation.js';
import { replayed } from './replayed.js';

const DAY = 86_400;
/** A wait in the generator may be a year; witnesses and sessions are asked again after each. */
const LONGEST_WAIT = 31 * DAY;
const TEXT = 'Invented words.';
/** What the clients themselves will not do in a case: nothing is sent. */
const WILL_NOT = new Set(['no_access', 'epoch_expired', 'role_missing']);

/** Certificates of the generator's people by the evaluation organisation's seats. */
const SEATS = new Map([
  ['1', 'focal-1'],
  ['2', 'focal-2'],
  ['3', 'official'],
  ['4', 'official-second'],
  ['7', 'alternate'],
]);

type Told = { readonly sent: number; readonly recorded: number; readonly forced: number };

/** Several cases in one office. */
class HttpHistories {
  readonly #office: OfficeStage;
  readonly #policy: Policy;
  readonly #assign: AssignService;
  readonly #lapse: LapseService;
  #sessions = new Map<string, StaffSession>();
  #counted = { sent: 0, recorded: 0, forced: 0 };

  constructor(office: OfficeStage, policy: Policy) {
    this.#office = office;
    this.#policy = policy;
    const { worker, folder } = office.ledger;
    const log = makeLogger('test', { write: () => undefined });
    const directory = new DirectoryService(worker, path.join(folder, 'directory'), log);
    this.#assign = new AssignService(worker, directory);
    this.#lapse = new LapseService(worker, directory);
    this.#enter = async () => {
      await directory.refresh();
    };
  }

  readonly #enter: () => Promise<void>;

  /**
   * Carries out the histories of so many seeds together, then compares.
   * @returns what was done, and every case that is told differently.
   */
  async run(seeds: readonly number[], until = Infinity): Promise<{ told: Told; faults: readonly object[] }> {
    await this.#enter();
    const cases: { readonly seed: number; readonly of: Submitted; readonly attempts: Attempt[] }[] = [];
    for (const seed of seeds) {
      const { start, attempts } = randomHistory(seed);
      const beginning = start.slice(1).map(([act, actor]): Attempt => ({ act, actors: [actor], wait: 1 }));
      cases.push({ seed, of: await this.#office.submit(), attempts: [...beginning, ...attempts] });
    }
    const rounds = Math.max(...cases.map(({ attempts }) => attempts.length));
    for (let round = 0; round < rounds && Date.now() < until; round++) {
      await this.#wait(cases[round % cases.length]?.attempts[round]?.wait ?? 1);
      for (const { of, attempts } of cases) {
        const attempt = attempts[round];
        if (attempt !== undefined) await this.#attempt(of, attempt);
      }
    }
    const faults: object[] = [];
    const times = await this.#times();
    for (const { seed, of } of cases) {
      const fault = await this.#compare(of.pseudonym, times);
      if (fault !== undefined) faults.push({ seed, ...fault });
    }
    return { told: this.#counted, faults };
  }

  async #wait(seconds: number): Promise<void> {
    this.#office.ledger.now += Math.min(seconds, LONGEST_WAIT);
    await this.#office.settle();
    if (seconds > 600) this.#sessions = new Map();
  }

  async #attempt(of: Submitted, { act, actors }: Attempt): Promise<void> {
    for (const actor of actors) {
      this.#office.ledger.now += 1;
      this.#counted.sent++;
      if (!(await accepted(() => this.#do(of, this.#inOrganisation(act), actor)))) continue;
      this.#counted.recorded++;
      return;
    }
  }

  /** @returns whether somebody was told that it became an event. */
  async #do(of: Submitted, act: CaseAct, actor: Actor): Promise<boolean> {
    if (actor.kind === 'system') return this.#byItself(of.pseudonym, act);
    if (actor.kind === 'reporter') {
      const view = await openMailbox(await this.#office.connect(), of.code);
      return byReporter(view, act);
    }
    const seat = SEATS.get(actor.certificate.charAt(0));
    if (seat === undefined) return false;
    const opened = await openCase(await this.#session(seat), of.pseudonym);
    const result = await byStaff(opened, act, await this.#second(act));
    if (!result.ok) await this.#force(opened, act);
    return result.ok;
  }

  /** What the worker does when it looks at a case, whatever the generator would have it do. */
  async #byItself(pseudonym: string, act: CaseAct): Promise<boolean> {
    if (act.kind === 'assign') await this.#assign.assign(pseudonym);
    else await this.#lapse.lapse(pseudonym);
    return false;
  }

  /** The client would not send it; somebody with a client of her own does. */
  async #force({ session, casePseudonym, tag }: OpenedCase, act: CaseAct): Promise<void> {
    const sent = session.service.api.call('caseAct', {
      params: { case: casePseudonym },
      idempotencyKey: toHex(randomBytes(16)),
      ifMatch: tag,
      body: {
        act,
        statement: toBase64(randomBytes(200)),
        signature: toBase64(randomBytes(64)),
        compartments: [],
        boxes: [],
        objects: [],
      },
    });
    this.#counted.forced++;
    if (await accepted(() => sent.then(() => true))) throw new Error(`${act.kind} was accepted by force`);
  }

  async #session(seat: string): Promise<StaffSession> {
    const session = this.#sessions.get(seat) ?? (await this.#office.session(seat));
    this.#sessions.set(seat, session);
    return session;
  }

  /** The other officer whom the act names. */
  async #second(act: CaseAct): Promise<StaffSession | undefined> {
    if (!('second' in act)) return undefined;
    const { staff } = this.#office.ledger.organisation.made;
    const member = staff.find(({ keyring }) => toHex(keyring.certificateHash) === act.second);
    return member === undefined ? undefined : this.#session(member.name);
  }

  /** The generator's roles and certificates by those of the organisation. */
  #inOrganisation(act: CaseAct): CaseAct {
    const { organisation } = this.#office.ledger;
    let text = JSON.stringify(act)
      .replaceAll('a'.repeat(32), organisation.role('focal_point'))
      .replaceAll('b'.repeat(32), organisation.role('senior_official'));
    for (const [digit, seat] of SEATS) {
      const member = organisation.made.staff.find(({ name }) => name === seat);
      if (member === undefined) throw new Error(`no member ${seat}`);
      text = text.replaceAll(digit.repeat(64), toHex(member.keyring.certificateHash));
    }
    return JSON.parse(text) as CaseAct;
  }

  /** By case, as oversight is given them, page by page. */
  async #times(): Promise<ReadonlyMap<string, readonly ResponseTime[]>> {
    const { api } = (await this.#office.session('oversight')).service;
    const found = new Map<string, ResponseTime[]>();
    for (let after: string | null | undefined; after !== null;) {
      const page = await api.call('responseTimes', {
        query: after === undefined ? { limit: 5 } : { after, limit: 5 },
      });
      for (const time of page.times)
        found.set(time.casePseudonym, [...(found.get(time.casePseudonym) ?? []), time]);
      after = page.next;
    }
    return found;
  }

  async #compare(
    pseudonym: string,
    times: ReadonlyMap<string, readonly ResponseTime[]>,
  ): Promise<object | undefined> {
    const { unbroken, byDatabase, byLedger } = await replayed(
      this.#office.ledger.owner,
      pseudonym,
      this.#policy,
    );
    const expected = byLedger.times.map((time) => ({
      casePseudonym: pseudonym,
      clock: time.clock,
      instance: time.instance,
      startedAt: time.startedAt,
      stoppedAt: time.stoppedAt ?? null,
      grossSeconds: time.grossSeconds ?? null,
      targetSeconds: time.targetSeconds ?? null,
      lapsedAt: time.lapsedAt ?? null,
    }));
    const told = times.get(pseudonym) ?? [];
    const agree = unbroken && same(byDatabase, byLedger) && same(told, expected);
    return agree ? undefined : { pseudonym, unbroken, byDatabase, byLedger, told, expected };
  }
}

/** The histories of so many seeds in an office of their own; a faulty answer of a server is a fault. */
export async function historiesOverHttp(
  server: TestServer,
  organisation: TestOrganisation,
  seeds: readonly number[],
  until: number,
): Promise<{ readonly told: Told; readonly faults: readonly object[] }> {
  const office = await OfficeStage.open(organisation, await server.makeDatabase());
  try {
    const policy = { ...DEFAULT_POLICY, tick_seconds: TICK };
    const { told, faults } = await new HttpHistories(office, policy).run(seeds, until);
    const statuses = office.statuses.filter((status) => status >= 500);
    return { told, faults: statuses.length > 0 ? [...faults, { statuses }] : faults };
  } finally {
    await office.close();
  }
}

/** A coded refusal is an answer; anything else is a fault. */
async function accepted(attempt: () => Promise<boolean>): Promise<boolean> {
  try {
    return await attempt();
  } catch (error) {
    if (error instanceof ApiProblem && error.status < 500) return false;
    if (error instanceof ActRefused) return false;
    if (error instanceof VerificationError && WILL_NOT.has(String(error.code))) return false;
    throw error;
  }
}

/** Whether two values are the same; keys in any order. */
function same(a: unknown, b: unknown): boolean {
  return JSON.stringify(sorted(a)) === JSON.stringify(sorted(b));
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(
    Object.entries(value)
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([key, of]) => [key, sorted(of)]),
  );
}

function byStaff(opened: OpenedCase, act: CaseAct, second?: StaffSession): Promise<ActResult> {
  switch (act.kind) {
    case 'acknowledge':
      return acknowledge(opened, act.exempt === undefined ? { text: TEXT } : { exempt: act.exempt });
    case 'message':
      return message(opened, TEXT, act.feedback);
    case 'request_info':
      return requestInformation(opened, TEXT);
    case 'ask_consent':
      return askConsent(opened, act.scope, TEXT);
    case 'route':
      return route(opened, TEXT, act.role);
    case 'draft_intervention': {
      const { intervention, channel, level } = act;
      return draftIntervention(opened, { intervention, channel, level }, TEXT);
    }
    default:
      return perform(opened, act, {}, second);
  }
}

async function byReporter(view: MailboxView, act: CaseAct): Promise<boolean> {
  switch (act.kind) {
    case 'reporter_message':
      await reply(view, TEXT);
      return true;
    case 'consent_change':
    case 'answer_consent': {
      const { person, through, scope, code } = act;
      const given = { risksExplained: true, textVersion: '1', givenBy: 'alleged_victim' } as const;
      const change = { person, scope, code, ...(through !== undefined && { through }) };
      await changeConsent(view, { ...change, ...given });
      return true;
    }
    case 'confirm':
      await confirm(view, act.event, TEXT);
      return true;
    case 'dispute':
      await dispute(view, act.event, TEXT);
      return true;
    case 'close_mailbox':
      await closeMailbox(view, TEXT);
      return true;
    case 'reopen':
      await reopen(view, TEXT);
      return true;
    default:
      return false;
  }
}
