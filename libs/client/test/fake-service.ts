/**
 * The whole service in memory, for tests of the client alone. It keeps the contract: bodies are parsed by the route
 * table, mailbox signatures, nonces, parts, statements, GRANTs and shapes are verified, and every event goes into a
 * real ledger. `tamper` changes an answer on its way out, `lose` breaks connections.
 */
import {
  type CaseAct,
  decide,
  encodeConsentMatrix,
  makeConsentMatrix,
  type Policy,
  type ReportBody,
} from '@app/casework';
import { type Fetch, makeApiClient } from '@app/api-client';
import {
  IDEMPOTENCY_KEY_HEADER,
  type ProblemCode,
  PROBLEMS,
  problemType,
  type Route,
  type RouteName,
  ROUTES,
} from '@app/contracts';
import { sha256 } from '@app/crypto/verify';
import { type Bytes, toHex } from '@app/encoding';
import { evaluationCeremony } from '../src/index.js';
import { FakeLedger, ORIGIN } from './fake-ledger.js';
import {
  countingRandom,
  demand,
  FakeOffice,
  type Handler,
  NOW,
  type Providers,
  Refused,
} from './fake-office.js';
import { publicHandlers } from './fake-public.js';
import { staffHandlers } from './fake-staff.js';

export class FakeService extends FakeOffice {
  readonly tamper = new Map<RouteName, (answer: never) => unknown>();
  /** How many of the next calls of a route lose their connection, before or after they were served. */
  readonly lose = new Map<RouteName, { times: number; when: 'before' | 'after' }>();
  readonly #kept = new Map<string, unknown>();
  readonly #handlers: Record<RouteName, Handler> = { ...publicHandlers(this), ...staffHandlers(this) };

  static async make(providers: Providers, policy: Policy): Promise<FakeService> {
    const random = countingRandom('ceremony');
    const ledger = new FakeLedger();
    const promiseSeed = random.bytes(32);
    const org = await evaluationCeremony(
      { ...providers, random },
      {
        origin: ORIGIN,
        logPublicKey: ledger.log.publicKey,
        promisePublicKey: providers.signing.publicKey(promiseSeed),
        witnesses: ledger.witnesses,
        policy,
        now: NOW,
      },
    );
    const service = new FakeService(org, providers, policy, promiseSeed);
    service.ledger.appendPolicy({ version: policy.version, hash: service.keyset.policyHash }, NOW);
    await service.ledger.tick(NOW);
    return service;
  }
  api() {
    return makeApiClient({ baseUrl: 'http://fake', fetch: this.fetch, sleep: () => Promise.resolve() });
  }

  readonly fetch: Fetch = async (url, init) => {
    const { pathname, search, searchParams } = new URL(url);
    const file = this.ledger.files.get(pathname.slice(1));
    if (file !== undefined) return new Response(file);
    const found = match(init.method, pathname);
    if (found === undefined) return problem('not_found');
    const { name, params } = found;
    this.requests.push(name);
    const lost = this.lose.get(name);
    if (lost !== undefined && lost.times > 0) {
      lost.times -= 1;
      if (lost.when === 'before') throw new TypeError('connection lost');
      await this.#answer(name, params, search, searchParams, init);
      throw new TypeError('connection lost');
    }
    return this.#answer(name, params, search, searchParams, init);
  };

  async #answer(
    name: RouteName,
    params: Readonly<Record<string, string>>,
    search: string,
    searchParams: URLSearchParams,
    init: Parameters<Fetch>[1],
  ): Promise<Response> {
    const route: Route = ROUTES[name];
    const body = init.body ?? new Uint8Array(0);
    try {
      let json: unknown;
      if (route.body !== undefined && route.body !== 'bytes') {
        const parsed = route.body.safeParse(JSON.parse(new TextDecoder().decode(body)));
        demand(parsed.success, 'invalid_request');
        json = parsed.data;
      }
      const url = route.path.replace(/:([a-z]+)/g, (_, key: string) => params[key] ?? '') + search;
      const request = {
        params,
        query: Object.fromEntries(searchParams),
        body,
        json,
        method: init.method,
        url,
        headers: init.headers,
      };
      const key = init.headers[IDEMPOTENCY_KEY_HEADER];
      const given = await this.#once(key && `${key} ${toHex(sha256(body))}`, () =>
        this.#handlers[name](request),
      );
      const answer = this.tamper.get(name)?.(given as never) ?? given;
      if (answer === undefined) return new Response(null, { status: 204 });
      return answer instanceof Uint8Array || typeof answer === 'string'
        ? new Response(answer as Bytes)
        : new Response(JSON.stringify(answer));
    } catch (error) {
      if (error instanceof Refused) return problem(error.code);
      throw error;
    }
  }

  /** A request that came before under its key is answered again, not done again; test clients draw equal keys. */
  async #once(key: string | undefined, handle: () => unknown): Promise<unknown> {
    if (key === undefined) return handle();
    if (!this.#kept.has(key)) this.#kept.set(key, await handle());
    return this.#kept.get(key);
  }

  /** Records an event of the system's own. */
  async system(act: CaseAct, deliver = false): Promise<void> {
    const one = this.cases[0];
    if (one === undefined) throw new Error('no case');
    const decision = decide(one.state, act, {
      now: this.now,
      actor: { kind: 'system' },
      policy: this.policy,
    });
    if (!decision.ok) throw new Error(decision.refusal.code);
    this.append(one, decision.event, decision.next, {}, []);
    if (deliver && one.submission.escalation !== null) {
      one.boxes.push({ ...one.submission.escalation, eventNumber: one.events.length });
    }
    await this.settle();
  }
}

function problem(code: ProblemCode): Response {
  return new Response(JSON.stringify({ type: problemType(code) }), { status: PROBLEMS[code].status });
}

function match(
  method: string,
  path: string,
): { name: RouteName; params: Record<string, string> } | undefined {
  for (const [name, route] of Object.entries(ROUTES)) {
    const pattern = route.path.replace(/:([a-z]+)/g, '(?<$1>[^/]+)');
    const found = route.method === method ? new RegExp(`^${pattern}$`).exec(path) : null;
    if (found !== null) return { name: name as RouteName, params: { ...found.groups } };
  }
  return undefined;
}

/** A report with every required answer; K3 and K5 granted at the given levels. */
export function report(change: Partial<ReportBody> = {}, codes: Record<string, string> = {}): ReportBody {
  const row = { K1: 'g', K2: 'g', K3: 'N', K5: '2', K7: 'g', ...codes } as Parameters<
    typeof makeConsentMatrix
  >[0][number];
  return {
    version: 2,
    safety: { declared_urgent: 'no' },
    submitter: { relation: 'VICTIM', name: 'Amina Example', contact: 'only here' },
    engagements: [{ body: 'HRC', modality: 'VID' }],
    acts: [
      {
        what: 'They came to my house the day after the session.',
        types: ['A09'],
        from: { value: '2026-10-01', precision: 'EXACT' },
      },
    ],
    persons: [{ names: 'Amina Example', relation: 'SC-A' }],
    concerned: { state: 'UNK', reason: 'not known' },
    consent: { matrix: encodeConsentMatrix(makeConsentMatrix([row])) },
    ...change,
  };
}
