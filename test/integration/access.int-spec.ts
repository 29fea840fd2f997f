/** The access table, asked of the real servers: every route, everybody, her own and others' and what is not there. */
import { type ApiClient, type Fetch, makeApiClient } from '@app/api-client';
import { withMailbox } from '@app/client';
import {
  caseTag,
  openApiDocument,
  problemsOf,
  type Route,
  type RouteName,
  type RouteRequest,
  ROUTES,
  routesOf,
  SESSION_PROOF_HEADER,
} from '@app/contracts';
import { deriveReporterKeys, makeReporterCode } from '@app/crypto/seal';
import { makeSigner } from '@app/crypto/sign';
import { encodeSessionRequest, sha256, TAG } from '@app/crypto/verify';
import { toBase64, toHex } from '@app/encoding';
import { makeLogger, systemRandom } from '@app/platform';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { createHash, randomBytes } from 'node:crypto';
import path from 'node:path';
import { LapseService } from '../../apps/worker/src/cases/lapse.service.js';
import { DirectoryService } from '../../apps/worker/src/directory/directory.service.js';
import { type AccessRow, PUBLIC_ACCESS, STAFF_ACCESS } from '../support/access-table.js';
import { openTestCase } from '../support/case-maker.js';
import { startTestServer, type TestDatabase, type TestServer } from '../support/database.js';
import { type EveryRole, withEveryRole } from '../support/every-role.js';
import { makeOrganisation, TICK } from '../support/ledger-stage.js';
import { OfficeStage, type Submitted } from '../support/office-stage.js';

const DAY = 86_400;
const BLOB_LENGTH = 1_572_864 + 1_643 + 24 * 16;
const MISSING_ID = 'ee'.repeat(16);
const MISSING_HASH = 'ee'.repeat(32);

type Requests = { readonly [N in RouteName]?: (thing: string) => RouteRequest<N> };
type Answer = { readonly status: number; readonly headers: Headers; readonly text: string };
type Asker = (route: RouteName, thing: string) => Promise<Answer>;

let server: TestServer;
let database: TestDatabase;
let office: OfficeStage;
let everyRole: EveryRole;
let her: Submitted;
let another: Submitted;
let herObject: string;
const cases = new Map([['missing', MISSING_ID]]);
/** `own` is that of whoever asks; `others` is open all the time. */
const sessions = new Map([
  ['missing', MISSING_ID],
  ['own', toHex(systemRandom.bytes(16))],
  ['others', toHex(systemRandom.bytes(16))],
]);
const blobs = new Map([['missing', MISSING_ID]]);
const reserved = new Map([
  ['missing', MISSING_ID],
  ['hers', toHex(systemRandom.bytes(16))],
]);

beforeAll(async () => {
  server = await startTestServer();
  database = await server.makeDatabase();
  office = await OfficeStage.open(await makeOrganisation(), database);
  [her, another] = [await office.submit(), await office.submit()];
  const { organisation, worker, owner } = office.ledger;
  const intake = await office.ledger.services('sc_intake');
  const [role, official] = [organisation.role('focal_point'), organisation.role('senior_official')];
  cases.set('fresh', (await openTestCase(intake, { role })).pseudonym);
  const lapsing = { role, urgent: true, consented: true, boxFor: official };
  cases.set('escalated', (await openTestCase(intake, lapsing)).pseudonym);
  cases.set('excluded', (await openTestCase(intake, { role, exclusions: [official] })).pseudonym);
  office.ledger.now += 2 * DAY;
  const log = makeLogger('test', { write: () => undefined });
  const directory = new DirectoryService(worker, path.join(office.ledger.folder, 'directory'), log);
  await new LapseService(worker, directory).lapse(caseOf('escalated'));
  blobs.set('hers', await bindBlob(her.pseudonym));
  blobs.set('fresh', await bindBlob(cases.get('fresh')!));
  const [object] = await owner.query<{ id: Buffer }[]>(
    'select id from objects where case_pseudonym = $1 limit 1',
    [Buffer.from(her.pseudonym, 'hex')],
  );
  herObject = toHex(object!.id);
  await office.settle();
  const open = 'insert into staff_sessions values ($1, $1, $2, $3, $1, $4, $4)';
  const others = Buffer.from(sessions.get('others')!, 'hex');
  await owner.query(open, [randomBytes(32), office.ledger.now + 600, others, office.ledger.now]);
  everyRole = await withEveryRole(organisation, office.ledger.now);
  await worker.work.run((tx) => worker.directory.acceptKeyset(tx, everyRole.keyset, { tickSeconds: TICK }));
}, 120_000);

afterAll(async () => {
  await office.close();
  await server.stop();
});

/** A stored attachment of one part, bound to a case as intake binds it. */
async function bindBlob(pseudonym: string): Promise<string> {
  const { owner } = office.ledger;
  const id = randomBytes(16);
  const bytes = randomBytes(64);
  const at = Buffer.from(pseudonym, 'hex');
  await owner.query('insert into blobs select $1, mailbox_id, 64, 0 from cases where pseudonym = $2', [
    id,
    at,
  ]);
  const sha256 = createHash('sha256').update(bytes).digest();
  await owner.query('insert into blob_parts values ($1, 0, $2, $3)', [id, sha256, bytes]);
  await owner.query('insert into case_blobs values ($1, $2, 1)', [id, at]);
  return id.toString('hex');
}

const hashOf = (thing: string): string =>
  thing === 'missing' ? MISSING_HASH : toHex(office.ledger.organisation.keyset.hash);
const caseOf = (thing: string): string => cases.get(thing)!;

const OPEN: Requests = {
  keysetByHash: (thing) => ({ params: { hash: hashOf(thing) } }),
  policy: (thing) => ({
    params: {
      hash: thing === 'missing' ? MISSING_HASH : toHex(office.ledger.organisation.keyset.policyHash),
    },
  }),
  published: (thing) => ({ params: { hash: hashOf(thing) } }),
};

const REQUESTS: Requests = {
  ...OPEN,
  nonces: () => ({ body: { count: 1 } }),
  reserveBlob: (thing) => ({ params: { blob: reserved.get(thing)! }, body: { length: BLOB_LENGTH } }),
  blobStatus: (thing) => ({ params: { blob: reserved.get(thing)! } }),
  putPart: (thing) => ({ params: { blob: reserved.get(thing)!, part: 0 }, body: new Uint8Array(5) }),
  getPart: (thing) => ({ params: { blob: blobs.get(thing)!, part: 0 } }),
  submit: () => ({ body: {} as never }),
  mailboxObject: (thing) => ({ params: { object: thing === 'missing' ? MISSING_HASH : herObject } }),
  mailboxAct: () => ({
    body: { kind: 'message', object: { compartment: 0, epoch: 1, file: '!!!!' }, after: 1, blobs: [] },
  }),
  mailboxProof: (thing) => ({ params: { event: thing === 'missing' ? 99 : 1 } }),
  // Of a subject of its own each time: wrong keys are counted.
  vault: () => ({ body: { subject: toHex(randomBytes(16)), authKey: Buffer.alloc(32).toString('base64') } }),
  openSession: () => ({
    body: {
      certificateHash: MISSING_HASH,
      nonce: MISSING_HASH,
      deviceKey: MISSING_HASH,
      signature: Buffer.alloc(64).toString('base64'),
    },
  }),
  // Bytes, but no list of unlockers.
  changeVault: () => ({ body: { keyring: 'AAAA', unlockers: 'AAAA' } }),
  endSession: (thing) => ({ params: { session: sessions.get(thing)! } }),
  epochBoxes: () => ({ query: {} }),
  publishKeyset: () => ({ idempotencyKey: toHex(randomBytes(16)), body: { keyset: 'AAAA', boxes: [] } }),
  cases: () => ({ query: {} }),
  caseFile: (thing) => ({ params: { case: caseOf(thing) } }),
  casePart: (thing) => ({
    params: { case: caseOf(thing === 'missing' ? 'fresh' : thing), blob: blobs.get(thing)!, part: 0 },
  }),
  caseAct: (thing) => ({
    params: { case: caseOf(thing) },
    idempotencyKey: toHex(randomBytes(16)),
    ifMatch: caseTag({ eventNumber: 1_000, commitment: MISSING_HASH }),
    body: {
      act: { kind: 'acknowledge' },
      statement: 'AAAA',
      signature: Buffer.alloc(64).toString('base64'),
    },
  }),
  referrals: () => ({ query: {} }),
  referralFile: (thing) => ({ params: { case: caseOf(thing) } }),
  retention: () => ({ query: {} }),
  retentionCase: (thing) => ({ params: { case: caseOf(thing) } }),
  openings: () => ({ query: { from: 0, to: 8 } }),
  checkpoints: () => ({ query: { after: 0, upTo: 8 } }),
  responseTimes: () => ({ query: {} }),
  delays: () => ({ query: { from: 0, to: 1 } }),
  alarms: () => ({ query: {} }),
  deadLetters: () => ({ query: {} }),
  redriveDeadLetter: () => ({ idempotencyKey: toHex(randomBytes(16)), params: { letter: MISSING_ID } }),
  discardDeadLetter: () => ({
    idempotencyKey: toHex(randomBytes(16)),
    params: { letter: MISSING_ID },
    body: { reason: 'obsolete' },
  }),
};

/** Calls a route by the typed client and gives the answer as it came. */
function asker(surface: 'public' | 'staff', sign: (api: ApiClient) => ApiClient | Promise<ApiClient>): Asker {
  return async (route, thing) => {
    let answer: Answer | undefined;
    const record: Fetch = async (url, init) => {
      const response = await fetch(url, init);
      const isStream = response.headers.get('content-type') === 'text/event-stream';
      if (isStream) await response.body?.cancel();
      const text = isStream ? '' : await response.clone().text();
      answer = { status: response.status, headers: response.headers, text };
      return isStream ? new Response() : response;
    };
    const api = await sign(makeApiClient({ baseUrl: office.api(surface).baseUrl, fetch: record }));
    const make = REQUESTS[route] as ((thing: string) => RouteRequest<typeof route>) | undefined;
    await api.call(route, make?.(thing) ?? {}).catch(() => undefined);
    return answer!;
  };
}

const unsigned = (api: ApiClient): ApiClient => api.authorizedBy(() => Promise.resolve({}));

function mailboxOf(code: () => Uint8Array<ArrayBuffer>): Asker {
  return asker('public', async (api) => {
    const service = { ...(await office.connect()), api };
    const keys = deriveReporterKeys(code(), office.deps.signing, office.deps.sealing);
    return withMailbox(service, keys).api;
  });
}

/** Each request in a session of its own, since one of the routes ends it. */
function member(seat: string, isStored = true): Asker {
  return asker('staff', async (api) => {
    const token = randomBytes(32);
    const hash = createHash('sha256').update(token).digest();
    const certificate = everyRole.certificates.get(seat)!;
    const device = makeSigner(office.deps.signing, systemRandom.bytes(32));
    const { now, owner } = office.ledger;
    const id = Buffer.from(sessions.get('own') ?? MISSING_ID, 'hex');
    await owner.query('delete from staff_sessions where id = $1', [id]);
    const row = [hash, certificate, now + 600, id, Buffer.from(device.publicKey), now];
    const insert = 'insert into staff_sessions values ($1, $2, $3, $4, $5, $6, $6)';
    if (isStored) await owner.query(insert, row);
    return api.authorizedBy(({ method, pathWithQuery, body }) => {
      const bodyHash = sha256(body ?? new Uint8Array());
      const signed = encodeSessionRequest({ tokenHash: hash, method, pathWithQuery, bodyHash, time: now });
      const signature = toBase64(device.sign(TAG.request, signed));
      return Promise.resolve({
        authorization: `Bearer ${token.toString('hex')}`,
        [SESSION_PROOF_HEADER]: `${String(now)}.${signature}`,
      });
    });
  });
}

const stranger = makeReporterCode(systemRandom);
const PUBLIC: Readonly<Record<string, Asker>> = {
  nobody: asker('public', unsigned),
  her: mailboxOf(() => her.code),
  another: mailboxOf(() => another.code),
  stranger: mailboxOf(() => stranger),
};
const STAFF: Readonly<Record<string, Asker>> = {
  nobody: asker('staff', unsigned),
  ended: member('focal-1', false),
  revoked: member('focal-2'),
  focal: member('focal-1'),
  ...Object.fromEntries(
    [
      'other-focal',
      'official',
      'alternate',
      'ethics',
      'mechanism',
      'oversight',
      'custodian',
      'administrator',
    ].map((seat) => [seat, member(seat)]),
  ),
};

function outcomeOf({ status, text }: Answer): string {
  return status < 300 ? 'ok' : (JSON.parse(text) as { code: string }).code;
}

/** All that somebody who asks can compare. */
function likeness({ status, headers, text }: Answer): string {
  const { instance, ...problem } = JSON.parse(text) as Record<string, unknown>;
  expect(instance).toMatch(/^urn:uuid:[0-9a-f-]{36}$/);
  const kept = [...headers].filter(([name]) => name !== 'date').sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify({ status, headers: kept, problem });
}

describe.each<['public' | 'staff', readonly AccessRow[], Readonly<Record<string, Asker>>]>([
  ['public', PUBLIC_ACCESS, PUBLIC],
  ['staff', STAFF_ACCESS, STAFF],
])('the %s surface', (surface, table, askers) => {
  const seen = new Map<string, Set<string>>();

  it('has every route in the table, and only those', () => {
    const named = new Set(table.map(({ route }) => route));
    expect(named).toEqual(new Set(routesOf(surface).map(([name]) => name)));
    for (const { answers } of table) expect(Object.keys(answers)).toEqual(Object.keys(askers));
  });

  it.each(table.map((row) => [row.route, row.thing, row.answers] as const))(
    'answers %s of %s as the table says',
    async (route, thing, expected) => {
      const found: Record<string, string> = {};
      for (const [who, ask] of Object.entries(askers)) {
        const answer = await ask(route as RouteName, thing);
        const outcome = outcomeOf(answer);
        found[who] = outcome;
        if (outcome === 'ok') continue;
        expect(problemsOf(ROUTES[route as RouteName] as Route)).toContain(outcome);
        seen.set(outcome, (seen.get(outcome) ?? new Set()).add(likeness(answer)));
      }
      expect(found).toEqual(expected);
    },
  );

  it('says missing and forbidden in one way, and so who is not let in', () => {
    expect([seen.get('not_found')?.size, seen.get('unauthorized')?.size]).toEqual([1, 1]);
  });

  it('describes itself', async () => {
    const answer = await askers.nobody!('openApi', '-');
    expect(JSON.parse(answer.text)).toEqual(openApiDocument(surface));
  });
});
