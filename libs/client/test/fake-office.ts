/** The state of the service in memory: cases, ledger, keys, and who is asking. */
import {
  type CaseAct,
  type CaseEvent,
  type CaseState,
  decide,
  EVENT_TYPES,
  type Policy,
} from '@app/casework';
import {
  type CaseEventRecord,
  type KeyBox,
  MAILBOX_SIGNATURE_HEADER,
  PART_BYTES,
  type ProblemCode,
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
  checkSealedShape,
  commitEvent,
  commitPayload,
  encodeMailboxRequest,
  encodeOpening,
  encodePromise,
  type Keyset,
  sha256,
  type SignatureVerifier,
  TAG,
  usableCertificate,
  verifyKeyset,
  verifyMailboxRequest,
} from '@app/crypto/verify';
import { type Bytes, bytesEqual, concatBytes, fromBase64, fromHex, toBase64, toHex } from '@app/encoding';
import type { ClientDeps, EvaluationOrganisation } from '../src/index.js';
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

export class Refused extends Error {
  readonly code: ProblemCode;
  constructor(code: ProblemCode) {
    super(code);
    this.code = code;
  }
}

export function demand(holds: boolean, code: ProblemCode): asserts holds {
  if (!holds) throw new Refused(code);
}

export type Blob = { readonly mailbox: string; readonly length: number; readonly parts: Map<number, Bytes> };
export type FakeCase = {
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
  readonly statements: { eventNumber: number; statement: string; signature: string }[];
  readonly compartments: Submission['compartments'];
};
/** With the defaults of the schema filled in. */
export type Act = { readonly [K in keyof StaffAct]-?: NonNullable<StaffAct[K]> };
export type Request = {
  readonly params: Readonly<Record<string, string>>;
  readonly query: Readonly<Record<string, string>>;
  readonly body: Bytes;
  readonly json: unknown;
  readonly method: string;
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
};
export type Signed = { mailbox: string; key: Bytes; transcript: Bytes; signature: Bytes };
export type Handler = (request: Request) => unknown;

/** What the office's servers keep, and what they do with it. */
export class FakeOffice {
  readonly ledger = new FakeLedger();
  readonly requests: string[] = [];
  readonly blobs = new Map<string, Blob>();
  readonly cases: FakeCase[] = [];
  now = NOW;
  keyset: Keyset;
  /** Ticks of its own after each event, as the worker would. */
  isTicking = true;
  readonly org: EvaluationOrganisation;
  /** The document that is handed out as published. */
  released: Bytes | undefined;
  readonly policy: Policy;
  readonly keysets = new Map<string, Bytes>();
  readonly nonces = new Set<string>();
  /** What a request that stores something new costs now. */
  work = 0;
  readonly sessions = new Map<string, string>();
  readonly random = countingRandom('service');
  readonly providers: Providers;
  readonly promise: ReturnType<typeof makeSigner>;
  readonly epochBoxes: EvaluationOrganisation['epochBoxes'][number][];

  protected constructor(
    org: EvaluationOrganisation,
    providers: Providers,
    policy: Policy,
    promiseSeed: Bytes,
  ) {
    this.org = org;
    this.policy = policy;
    this.providers = providers;
    this.promise = makeSigner(providers.signing, promiseSeed);
    this.epochBoxes = [...org.epochBoxes];
    this.keyset = this.publish(org.keyset);
  }

  /** Puts a KEYSET in force and logs it. */
  publish(bytes: Bytes, boxes: readonly EvaluationOrganisation['epochBoxes'][number][] = []): Keyset {
    this.keyset = verifyKeyset(this.providers.verifier, bytes, { rootset: this.org.rootset, now: this.now });
    this.keysets.set(toHex(this.keyset.hash), bytes);
    this.epochBoxes.push(...boxes);
    this.ledger.appendKeyset(this.keyset, this.now);
    return this.keyset;
  }

  deps(label = 'client'): ClientDeps {
    return {
      ...this.providers,
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

  async settle(): Promise<void> {
    if (this.isTicking) await this.ledger.tick(this.now);
  }

  open(submission: Submission, bodyHash: string, signed: Signed): FakeCase {
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
      pseudonym: this.random.bytes(16),
      threadId: submission.threadId,
      mailboxId: signed.mailbox,
      bodyHash,
      submission,
      state: decision.next,
      last: ZERO,
      events: [],
      boxes: [],
      objects: [],
      statements: [],
      compartments: [...submission.compartments],
    };
    this.append(one, decision.event, decision.next, signed, sealedItems(submission));
    this.store(one, submission, 'reporter');
    this.cases.push(one);
    return one;
  }

  append(
    one: FakeCase,
    event: CaseEvent,
    next: CaseState,
    signed: { transcript?: Bytes; signature?: Bytes },
    items: readonly string[],
  ): void {
    const hashes = items.map((item) => sha256(fromBase64(item, 'item')));
    const statementHash = signed.transcript === undefined ? ZERO : sha256(signed.transcript);
    const signatureHash = signed.signature === undefined ? ZERO : sha256(signed.signature);
    const payloadRandom = this.random.bytes(32);
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
    const random = this.random.bytes(32);
    one.last = commitEvent(random, opening);
    one.state = next;
    const entry = this.ledger.appendEvent(event.at, random, opening);
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
  }

  store(
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

  promised(receipt: CaseEventRecord | undefined) {
    if (receipt === undefined) throw new Error('no event');
    const entry = fromBase64(receipt.entry, 'entry');
    const time = this.cases.flatMap(({ events }) => events).includes(receipt) ? timeOf(receipt) : 0;
    const message = encodePromise({ origin: ORIGIN, entry, time, maxDelaySeconds: 600 });
    const signature = toBase64(this.promise.sign(TAG.promise, message));
    return { receipt, promise: { time, maxDelaySeconds: 600, signature } };
  }

  signed(request: Request, spend = true): Signed {
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
    verifyMailboxRequest(this.providers.verifier, fromHex(key, 'key', 32), message, signature);
    if (spend) demand(this.nonces.delete(nonce), 'nonce_expired');
    return { mailbox, key: fromHex(key, 'key'), transcript: encodeMailboxRequest(message), signature };
  }

  own(request: Request): FakeCase {
    const { mailbox } = this.signed(request);
    return this.cases.find((one) => one.mailboxId === mailbox) ?? refused('not_found');
  }

  blob(request: Request): Blob {
    const { mailbox } = this.signed(request);
    const blob = this.blobs.get(String(request.params.blob));
    demand(blob?.mailbox === mailbox, 'not_found');
    return blob;
  }

  complete(id: string): void {
    const blob = this.blobs.get(id);
    demand(blob?.parts.size === Math.ceil((blob?.length ?? 0) / PART_BYTES), 'blob_incomplete');
  }

  token({ headers }: Request): string {
    const token = (headers.authorization ?? '').replace('Bearer ', '');
    demand(this.sessions.has(token), 'unauthorized');
    return token;
  }

  staff(request: Request) {
    const hash = this.sessions.get(this.token(request)) ?? '';
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

  case({ params }: Request): FakeCase {
    return this.cases.find(({ pseudonym }) => toHex(pseudonym) === params.case) ?? refused('not_found');
  }
}

function timeOf(receipt: CaseEventRecord): number {
  const opening = fromBase64(receipt.opening, 'opening');
  return Number(new DataView(opening.buffer).getBigUint64(24));
}
export function refused(code: ProblemCode): never {
  throw new Refused(code);
}
