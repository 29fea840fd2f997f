/**
 * The whole service in memory, for tests of the client alone. It keeps the contract: bodies are parsed by the route
 * table, mailbox signatures, nonces, parts, statements, GRANTs and shapes are verified, and every event goes into a
 * real ledger. `tamper` changes an answer on its way out, `lose` breaks connections.
 */
import {
  type CaseAct,
  type CaseEvent,
  type CaseState,
  decide,
  encodeConsentMatrix,
  EVENT_TYPES,
  makeConsentMatrix,
  nextDeadline,
  parseAct,
  type Policy,
  type ReportBody,
} from '@app/casework';
import { type Fetch, makeApiClient } from '@app/api-client';
import {
  type CaseEventRecord,
  type KeyBox,
  type Mailbox,
  type MailboxAct,
  MAILBOX_SIGNATURE_HEADER,
  PART_BYTES,
  type ProblemCode,
  PROBLEMS,
  problemType,
  type Route,
  type RouteName,
  ROUTES,
  sealedItems,
  type SealedObject,
  type StaffAct,
  type StoredBox,
  type StoredObject,
  type Submission,
} from '@app/contracts';
import type { Random, Sealing } from '@app/crypto/seal';
import { makeSigner, type Signing } from '@app/crypto/sign';
import {
  checkSealedBlobLength,
  checkSealedShape,
  checkSignature,
  commitEvent,
  commitPayload,
  encodeCaseLeaf,
  encodeMailboxRequest,
  encodeMailboxState,
  encodeOpening,
  encodePromise,
  hashItems,
  type Keyset,
  parseStatement,
  sha256,
  type SignatureVerifier,
  TAG,
  usableCertificate,
  verifyGrant,
  verifyKeyset,
  verifyMailboxRequest,
  verifySessionChallenge,
  verifyStatement,
} from '@app/crypto/verify';
import {
  type Bytes,
  bytesEqual,
  concatBytes,
  fromBase64,
  fromHex,
  type Json,
  toBase64,
  toHex,
} from '@app/encoding';
import { type ClientDeps, evaluationCeremony, type EvaluationOrganisation } from '../src/index.js';
import { FakeLedger, ORIGIN } from './fake-ledger.js';

export const NOW = 1_800_000_000;
const ZERO = new Uint8Array(32);

/** Random bytes that are the same in every run. */
export function countingRandom(label: string): Random {
  let n = 0;
  return {
    bytes: (length) => {
      const blocks: Bytes[] = [];
      for (let have = 0; have < length; have += 32) {
        blocks.push(sha256(new TextEncoder().encode(`${label} ${String(n++)}`)));
      }
      return concatBytes(...blocks).slice(0, length);
    },
  };
}

export type Providers = {
  readonly signing: Signing;
  readonly verifier: SignatureVerifier;
  readonly sealing: Sealing;
};

class Refused extends Error {
  readonly code: ProblemCode;
  constructor(code: ProblemCode) {
    super(code);
    this.code = code;
  }
}

function demand(holds: boolean, code: ProblemCode): asserts holds {
  if (!holds) throw new Refused(code);
}

type Blob = { readonly mailbox: string; readonly length: number; readonly parts: Map<number, Bytes> };
type FakeCase = {
  readonly pseudonym: Bytes;
  readonly threadId: string;
  readonly mailboxId: string;
  readonly bodyHash: string;
  readonly submission: Submission;
  state: CaseState;
  last: Bytes;
  readonly events: CaseEventRecord[];
  readonly boxes: StoredBox[];
  readonly objects: StoredObject[];
  readonly blobs: { id: string; eventNumber: number }[];
  readonly compartments: Submission['compartments'];
};
/** With the defaults of the schema filled in. */
type Act = { readonly [K in keyof StaffAct]-?: NonNullable<StaffAct[K]> };
type Request = {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Bytes;
  readonly json: unknown;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
};
type Signed = { mailbox: string; key: Bytes; transcript: Bytes; signature: Bytes };
type Handler = (request: Request) => unknown;

export class FakeService {
  readonly ledger = new FakeLedger();
  readonly tamper = new Map<RouteName, (answer: never) => unknown>();
  readonly requests: string[] = [];
  readonly blobs = new Map<string, Blob>();
  readonly cases: FakeCase[] = [];
  /** How many of the next calls of a route lose their connection, before or after they were served. */
  readonly lose = new Map<RouteName, { times: number; when: 'before' | 'after' }>();
  now = NOW;
  keyset: Keyset;
  /** Ticks of its own after each event, as the worker would. */
  isTicking = true;
  readonly org: EvaluationOrganisation;
  readonly policy: Policy;
  readonly #keysets = new Map<string, Bytes>();
  readonly #nonces = new Set<string>();
  readonly #sessions = new Map<string, string>();
  readonly #random = countingRandom('service');
  readonly #providers: Providers;
  readonly #promise: ReturnType<typeof makeSigner>;
  readonly #epochBoxes: EvaluationOrganisation['epochBoxes'][number][];

  private constructor(org: EvaluationOrganisation, providers: Providers, policy: Policy, promiseSeed: Bytes) {
    this.org = org;
    this.policy = policy;
    this.#providers = providers;
    this.#promise = makeSigner(providers.signing, promiseSeed);
    this.#epochBoxes = [...org.epochBoxes];
    this.keyset = this.publish(org.keyset);
  }

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
    await service.ledger.tick(NOW);
    return service;
  }

  /** Puts a KEYSET in force and logs it. */
  publish(bytes: Bytes, boxes: readonly EvaluationOrganisation['epochBoxes'][number][] = []): Keyset {
    this.keyset = verifyKeyset(this.#providers.verifier, bytes, { rootset: this.org.rootset, now: this.now });
    this.#keysets.set(toHex(this.keyset.hash), bytes);
    this.#epochBoxes.push(...boxes);
    this.ledger.appendKeyset(this.keyset, this.now);
    return this.keyset;
  }

  deps(label = 'client'): ClientDeps {
    return {
      ...this.#providers,
      random: countingRandom(label),
      now: () => this.now,
      sleep: async () => {
        this.now += 1;
        await this.ledger.tick(this.now);
      },
    };
  }

  trust() {
    return { rootset: this.org.rootset, policy: this.org.logPolicyText };
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
      const given = await this.#handlers[name](request);
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
    this.#append(one, decision.event, decision.next, {}, []);
    if (deliver && one.submission.escalation !== null) {
      one.boxes.push({ ...one.submission.escalation, eventNumber: one.events.length });
    }
    await this.#settle();
  }

  async #settle(): Promise<void> {
    if (this.isTicking) await this.ledger.tick(this.now);
  }

  readonly #handlers: Record<RouteName, Handler> = {
    info: () => undefined,
    keyset: () => this.keyset.bytes,
    keysetByHash: ({ params }) => this.#keysets.get(String(params.hash)) ?? refused('not_found'),
    keysetProof: async () => {
      const entry = this.ledger.entries.findLast((bytes) => bytes[1] === 1) ?? refused('not_ready');
      return { entry: toBase64(entry), proof: await this.ledger.proof(this.ledger.indexOf(entry)) };
    },
    policy: () => this.org.policyText,
    checkpoint: () => this.ledger.checkpoint,
    nonces: ({ json }) => {
      const { count } = json as { count: number };
      const nonces = Array.from({ length: count }, () => toHex(this.#random.bytes(16)));
      for (const nonce of nonces) this.#nonces.add(nonce);
      return { nonces, expires: this.now + 300 };
    },
    reserveBlob: (request) => {
      const { mailbox } = this.#signed(request);
      const { length } = request.json as { length: number };
      checkSealedBlobLength(length);
      const id = String(request.params.blob);
      const blob = this.blobs.get(id) ?? { mailbox, length, parts: new Map<number, Bytes>() };
      demand(blob.length === length && blob.mailbox === mailbox, 'id_taken');
      this.blobs.set(id, blob);
      return { length, parts: [...blob.parts.keys()] };
    },
    blobStatus: (request) => {
      const { length, parts } = this.#blob(request);
      return { length, parts: [...parts.keys()] };
    },
    putPart: (request) => {
      const blob = this.#blob(request);
      const part = Number(request.params.part);
      const expected = Math.max(0, Math.min(PART_BYTES, blob.length - part * PART_BYTES));
      demand(request.body.length === expected, 'wrong_size_class');
      const earlier = blob.parts.get(part);
      demand(earlier === undefined || bytesEqual(earlier, request.body), 'part_mismatch');
      blob.parts.set(part, request.body);
    },
    getPart: (request) => this.#blob(request).parts.get(Number(request.params.part)) ?? refused('not_found'),
    submit: async (request) => {
      const signed = this.#signed(request);
      const submission = request.json as Submission;
      const bodyHash = toHex(sha256(request.body));
      const earlier = this.cases.find((one) => one.mailboxId === signed.mailbox);
      if (earlier !== undefined) {
        demand(earlier.bodyHash === bodyHash, 'id_taken');
        return this.#promised(earlier.events[0]);
      }
      for (const box of allBoxes(submission)) checkSealedShape(fromBase64(box.box, 'box'), ['key_box']);
      for (const id of submission.blobs) this.#complete(id);
      const one = this.#open(submission, bodyHash, signed);
      await this.#settle();
      return this.#promised(one.events[0]);
    },
    mailbox: (request) => {
      const one = this.#own(request);
      const message = {
        origin: ORIGIN,
        mailboxId: fromHex(one.mailboxId, 'id'),
        eventNumber: one.events.length,
        commitment: one.last,
        time: this.now,
      };
      const answer: Mailbox = {
        threadId: one.threadId,
        casePseudonym: toHex(one.pseudonym),
        state: {
          eventNumber: message.eventNumber,
          commitment: toHex(one.last),
          time: this.now,
          signature: toBase64(this.#promise.sign(TAG.mailboxState, encodeMailboxState(message))),
        },
        events: one.events,
        compartments: one.compartments.filter(({ compartment }) => compartment < 2),
        boxes: one.boxes.filter(({ recipient }) => recipient.kind === 'reporter'),
        objects: one.objects.filter(({ compartment }) => compartment < 2).slice(-1),
        more: one.objects
          .filter(({ compartment }) => compartment < 2)
          .slice(0, -1)
          .map(({ id }) => id),
        blobs: [],
        padding: '',
      };
      return answer;
    },
    mailboxObject: (request) =>
      this.#own(request).objects.find(({ id }) => id === request.params.object) ?? refused('not_found'),
    mailboxAct: async (request) => {
      const one = this.#own(request);
      const signed = this.#signed(request, false);
      const act = request.json as MailboxAct;
      const id = toHex(sha256(fromBase64(act.object.file, 'object')));
      const earlier = one.objects.find((object) => object.id === id);
      if (earlier !== undefined) return this.#promised(one.events[earlier.eventNumber - 1]);
      const decision = decide(one.state, reporterAct(act), {
        now: this.now,
        actor: { kind: 'reporter' },
        policy: this.policy,
      });
      demand(decision.ok, 'not_allowed_now');
      const sealed = { objects: [act.object], boxes: [] };
      this.#append(one, decision.event, decision.next, signed, sealedItems(sealed));
      this.#store(one, sealed, 'reporter');
      if (act.kind === 'message') for (const blob of act.blobs) this.#complete(blob);
      await this.#settle();
      return this.#promised(one.events.at(-1));
    },
    mailboxProof: async (request) => {
      const receipt = this.#own(request).events[Number(request.params.event) - 1] ?? refused('not_found');
      const entry = fromBase64(receipt.entry, 'entry');
      const index = this.ledger.indexOf(entry);
      demand(index >= 0, 'not_ready');
      return { entry: receipt.entry, proof: await this.ledger.proof(index) };
    },
    vault: ({ json }) => {
      const { subject, authKey } = json as { subject: string; authKey: string };
      const member = this.org.staff.find((one) => one.subject === subject);
      const isRight = member?.vault.authHash === toHex(sha256(fromBase64(authKey, 'auth')));
      demand(isRight, 'unauthorized');
      return { keyring: member.vault.keyring, certificateHash: member.certificateHash };
    },
    challenge: () => {
      const nonce = toHex(this.#random.bytes(32));
      this.#nonces.add(nonce);
      return { nonce, expires: this.now + 120 };
    },
    openSession: ({ json }) => {
      const body = json as { certificateHash: string; nonce: string; signature: string };
      demand(this.#nonces.delete(body.nonce), 'nonce_expired');
      const certificateHash = fromHex(body.certificateHash, 'hash');
      const certificate = usableCertificate(this.keyset, certificateHash, this.now);
      const challenge = { origin: ORIGIN, nonce: fromHex(body.nonce, 'nonce'), certificateHash };
      const signature = fromBase64(body.signature, 'signature');
      verifySessionChallenge(this.#providers.verifier, certificate.signingPublicKey, challenge, signature);
      const token = toHex(this.#random.bytes(32));
      this.#sessions.set(token, body.certificateHash);
      return { token, expires: this.now + 900 };
    },
    closeSession: (request) => void this.#sessions.delete(this.#token(request)),
    epochBoxes: (request) => {
      const certificateHash = this.#sessions.get(this.#token(request));
      return { boxes: this.#epochBoxes.filter((box) => box.certificateHash === certificateHash) };
    },
    publishKeyset: () => undefined,
    cases: (request) => {
      const { roleId } = this.#staff(request);
      const mine = this.cases.filter(({ state }) =>
        [state.role, state.routedTo, state.escalatedTo].includes(roleId),
      );
      return {
        cases: mine.map((one) => ({
          casePseudonym: toHex(one.pseudonym),
          phase: one.state.phase,
          priority: one.state.priority ?? null,
          declaredUrgent: one.state.declaredUrgent,
          escalated: one.state.flags.escalated,
          role: one.state.role,
          assignedToMe: false,
          eventNumber: one.events.length,
          receivedAt: one.state.submittedAt,
          nextDeadline: nextDeadline(one.state) ?? null,
        })),
        next: null,
      };
    },
    caseFile: (request) => {
      const { roleId } = this.#staff(request);
      const one = this.#case(request);
      const boxes = one.boxes.filter(
        ({ recipient }) => recipient.kind === 'role' && recipient.role === roleId,
      );
      return {
        casePseudonym: toHex(one.pseudonym),
        threadId: one.threadId,
        policyHash: toHex(this.keyset.policyHash),
        events: one.events,
        compartments: one.compartments,
        boxes,
        objects: one.objects.filter((o) => boxes.some((b) => b.compartment === o.compartment)),
        blobs: [],
      };
    },
    casePart: (request) => {
      this.#staff(request);
      const blob = this.blobs.get(String(request.params.blob));
      return blob?.parts.get(Number(request.params.part)) ?? refused('not_found');
    },
    caseAct: async (request) => {
      const actor = this.#staff(request);
      const one = this.#case(request);
      const body = request.json as Act;
      const decision = decide(one.state, parseAct(body.act as Json), {
        now: this.now,
        actor,
        policy: this.policy,
      });
      demand(decision.ok, 'not_allowed_now');
      const items = sealedItems(body);
      this.#checkStatement(one, decision.event, body, items);
      for (const box of body.boxes)
        verifyGrant(this.#providers.verifier, this.keyset, fromBase64(String(box.grant), 'grant'), this.now);
      const statement = {
        transcript: fromBase64(body.statement, 's'),
        signature: fromBase64(body.signature, 's'),
      };
      this.#append(one, decision.event, decision.next, statement, items);
      this.#store(one, body, 'staff');
      one.compartments.push(...body.compartments);
      await this.#settle();
      return { receipt: one.events.at(-1) };
    },
    openings: ({ query }) => ({
      from: Number(query.from),
      openings: this.ledger.openings.slice(Number(query.from), Number(query.to)),
    }),
    responseTimes: () => ({ times: [] }),
  };

  #checkStatement(one: FakeCase, event: CaseEvent, body: Act, items: readonly string[]): void {
    const bytes = fromBase64(body.statement, 'statement');
    const { verifier } = this.#providers;
    verifyStatement(verifier, this.keyset, bytes, fromBase64(body.signature, 'signature'), this.now);
    const statement = parseStatement(bytes);
    const isCurrent =
      statement.expectedEventNumber === one.events.length + 1 &&
      bytesEqual(statement.previousCommitment, one.last);
    demand(isCurrent, 'out_of_date');
    const hash = hashItems(items.map((item) => sha256(fromBase64(item, 'item'))));
    demand(
      statement.type === EVENT_TYPES[event.type] && bytesEqual(statement.itemsHash, hash),
      'statement_invalid',
    );
    const named = 'second' in event.detail ? event.detail.second : undefined;
    // The schema leaves it out where there is none.
    const second = body.second as StaffAct['second'];
    demand(named === second?.certificateHash, 'statement_invalid');
    if (second === undefined) return;
    const { signingPublicKey } = usableCertificate(
      this.keyset,
      fromHex(second.certificateHash, 'second'),
      this.now,
    );
    checkSignature(verifier, TAG.second, signingPublicKey, bytes, fromBase64(second.signature, 'second'));
  }

  #open(submission: Submission, bodyHash: string, signed: Signed): FakeCase {
    const act: CaseAct = {
      kind: 'submit',
      declared_urgent: submission.declaredUrgent,
      consents: submission.consents,
      role: submission.role,
      exclusions: submission.exclusions,
      escalation: submission.escalation !== null,
    };
    const decision = decide(undefined, act, {
      now: this.now,
      actor: { kind: 'reporter' },
      policy: this.policy,
    });
    demand(decision.ok, 'not_allowed_now');
    const one: FakeCase = {
      pseudonym: this.#random.bytes(16),
      threadId: submission.threadId,
      mailboxId: signed.mailbox,
      bodyHash,
      submission,
      state: decision.next,
      last: ZERO,
      events: [],
      boxes: [],
      objects: [],
      blobs: [],
      compartments: [...submission.compartments],
    };
    this.#append(one, decision.event, decision.next, signed, sealedItems(submission));
    this.#store(one, submission, 'reporter');
    this.cases.push(one);
    return one;
  }

  #append(
    one: FakeCase,
    event: CaseEvent,
    next: CaseState,
    signed: { transcript?: Bytes; signature?: Bytes },
    items: readonly string[],
  ): void {
    const hashes = items.map((item) => sha256(fromBase64(item, 'item')));
    const statementHash = signed.transcript === undefined ? ZERO : sha256(signed.transcript);
    const signatureHash = signed.signature === undefined ? ZERO : sha256(signed.signature);
    const payloadRandom = this.#random.bytes(32);
    const opening = encodeOpening({
      type: EVENT_TYPES[event.type],
      actorClass: event.actor === 'system' ? 0 : event.actor === 'reporter' ? 1 : 2,
      flags: 0,
      casePseudonym: one.pseudonym,
      eventNumber: next.eventNumber,
      serverTime: event.at,
      previousCommitment: one.last,
      payloadCommitment: commitPayload(payloadRandom, statementHash, signatureHash, hashes),
      policyHash: this.keyset.policyHash,
      detail: event.detail,
    });
    const random = this.#random.bytes(32);
    one.last = commitEvent(random, opening);
    one.state = next;
    const entry = encodeCaseLeaf({ time: event.at, commitment: one.last });
    one.events.push({
      casePseudonym: toHex(one.pseudonym),
      eventNumber: next.eventNumber,
      entry: toBase64(entry),
      random: toBase64(random),
      opening: toBase64(opening),
      payloadRandom: toBase64(payloadRandom),
      statementHash: toHex(statementHash),
      signatureHash: toHex(signatureHash),
      items: hashes.map(toHex),
      index: null,
    });
    this.ledger.append(entry, { random: toBase64(random), opening: toBase64(opening) });
  }

  #store(
    one: FakeCase,
    sealed: { readonly boxes: readonly KeyBox[]; readonly objects: readonly SealedObject[] },
    author: 'reporter' | 'staff',
  ): void {
    const eventNumber = one.events.length;
    one.boxes.push(...sealed.boxes.map((box) => ({ ...box, eventNumber })));
    for (const object of sealed.objects) {
      const file = fromBase64(object.file, 'object');
      checkSealedShape(file, ['object']);
      one.objects.push({ ...object, id: toHex(sha256(file)), author, eventNumber });
    }
  }

  #promised(receipt: CaseEventRecord | undefined) {
    if (receipt === undefined) throw new Error('no event');
    const entry = fromBase64(receipt.entry, 'entry');
    const time = this.cases.flatMap(({ events }) => events).includes(receipt) ? timeOf(receipt) : 0;
    const message = encodePromise({ origin: ORIGIN, entry, time, maxDelaySeconds: 600 });
    const signature = toBase64(this.#promise.sign(TAG.promise, message));
    return { receipt, promise: { time, maxDelaySeconds: 600, signature } };
  }

  #signed(request: Request, spend = true): Signed {
    const [mailbox = '', key = '', nonce = '', sig = ''] = (
      request.headers[MAILBOX_SIGNATURE_HEADER] ?? ''
    ).split('.');
    const signature = fromBase64(sig, 'signature');
    const message = {
      origin: ORIGIN,
      method: request.method,
      pathWithQuery: request.url,
      mailboxId: fromHex(mailbox, 'mailbox', 16),
      bodyHash: sha256(request.body),
      nonce: fromHex(nonce, 'nonce', 16),
    };
    verifyMailboxRequest(this.#providers.verifier, fromHex(key, 'key', 32), message, signature);
    if (spend) demand(this.#nonces.delete(nonce), 'nonce_expired');
    return { mailbox, key: fromHex(key, 'key'), transcript: encodeMailboxRequest(message), signature };
  }

  #own(request: Request): FakeCase {
    const { mailbox } = this.#signed(request);
    return this.cases.find((one) => one.mailboxId === mailbox) ?? refused('not_found');
  }

  #blob(request: Request): Blob {
    const { mailbox } = this.#signed(request);
    const blob = this.blobs.get(String(request.params.blob));
    demand(blob?.mailbox === mailbox, 'not_found');
    return blob;
  }

  #complete(id: string): void {
    const blob = this.blobs.get(id);
    demand(blob?.parts.size === Math.ceil((blob?.length ?? 0) / PART_BYTES), 'blob_incomplete');
  }

  #token({ headers }: Request): string {
    const token = (headers.authorization ?? '').replace('Bearer ', '');
    demand(this.#sessions.has(token), 'unauthorized');
    return token;
  }

  #staff(request: Request) {
    const hash = this.#sessions.get(this.#token(request)) ?? '';
    const certificate = usableCertificate(this.keyset, fromHex(hash, 'certificate'), this.now);
    const role = this.keyset.roles.find(({ id }) => bytesEqual(id, certificate.roleId));
    demand(role !== undefined, 'unauthorized');
    const roleId = toHex(role.id);
    return {
      kind: 'staff' as const,
      roleId,
      roleKind: role.kind,
      caps: certificate.capabilities,
      certificate: hash,
    };
  }

  #case({ params }: Request): FakeCase {
    return this.cases.find(({ pseudonym }) => toHex(pseudonym) === params.case) ?? refused('not_found');
  }
}

function timeOf(receipt: CaseEventRecord): number {
  const opening = fromBase64(receipt.opening, 'opening');
  return Number(new DataView(opening.buffer).getBigUint64(24));
}

function allBoxes({ boxes, escalation }: Submission): KeyBox[] {
  return escalation === null ? boxes : [...boxes, escalation];
}

function reporterAct(act: MailboxAct): CaseAct {
  if (act.kind === 'message') return { kind: 'reporter_message' };
  if (act.kind !== 'consent') return { kind: act.kind, event: act.eventNumber };
  const { person, through, scope, code } = act;
  return parseAct({ kind: 'consent_change', person, ...(through && { through }), scope, code });
}

function refused(code: ProblemCode): never {
  throw new Refused(code);
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
    version: 1,
    safety: { declared_urgent: 'no' },
    submitter: { relation: 'VICTIM', name: 'Amina Example', contact: 'only here' },
    engagements: [{ body: 'HRC', modality: 'VID' }],
    acts: [{ what: 'They came to my house the day after the session.', types: ['A09'], from: '2026-10-01' }],
    persons: [{ names: 'Amina Example', relation: 'SC-A' }],
    concerned: { state: 'UNK', reason: 'not known' },
    consent: { matrix: encodeConsentMatrix(makeConsentMatrix([row])) },
    ...change,
  };
}
