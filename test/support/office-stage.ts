/** The ledger's stage with intake and desk in front of it over HTTP, and a server between that can lie. */
import { type ApiClient, type Fetch, makeApiClient } from '@app/api-client';
import {
  type Accepted,
  type ClientDeps,
  connect,
  type ConnectOptions,
  ledgerOverHttp,
  type PreparedReport,
  prepareReport,
  type Service,
  type StaffSession,
  submitReport,
  type Trust,
  unlock,
} from '@app/client';
import { type RouteName, type RouteResponse, ROUTES } from '@app/contracts';
import { makeReporterCode, nobleSealing } from '@app/crypto/seal';
import { makeSigner, nobleSigning } from '@app/crypto/sign';
import { nobleVerifier } from '@app/crypto/verify';
import { fromBase64, fromHex } from '@app/encoding';
import type { PublishReport } from '@app/ledger';
import { makeLogger, systemRandom } from '@app/platform';
import { createServer } from '@app/platform/nest';
import { encodeTlogProof, inclusionProof, parseCheckpoint, parseNote } from '@app/tlog';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { inventedReports } from '../../apps/cli/src/demo/reports.js';
import { DeskConfig } from '../../apps/desk/src/config.js';
import { DeskModule } from '../../apps/desk/src/desk.module.js';
import { IntakeModule } from '../../apps/intake/src/intake.module.js';
import { PromiseSigner } from '../../apps/intake/src/promise-signer.js';
import type { TestDatabase } from './database.js';
import { LedgerStage, TICK } from './ledger-stage.js';
import type { TestOrganisation } from './organisation.js';

const PART = 1_048_576;

/** What the server between answers instead, whatever the real one answers; `file` for tiles and bundles by path. */
export type Lies = { readonly [N in RouteName]?: (answer: RouteResponse<N>) => unknown } & {
  readonly file?: (path: string) => Uint8Array<ArrayBuffer> | undefined;
};

export type Submitted = {
  readonly code: Uint8Array<ArrayBuffer>;
  readonly prepared: PreparedReport;
  readonly accepted: Accepted;
  readonly pseudonym: string;
};

export class OfficeStage {
  readonly ledger: LedgerStage;
  readonly deps: ClientDeps;
  readonly trust: Trust;
  /** The status of every answer the servers gave, in order. */
  readonly statuses: number[] = [];
  readonly #apps: NestFastifyApplication[] = [];
  readonly #urls: string[] = [];

  private constructor(ledger: LedgerStage) {
    this.ledger = ledger;
    const { made } = ledger.organisation;
    this.trust = { rootset: made.rootset, policy: made.logPolicyText };
    this.deps = {
      signing: nobleSigning(),
      verifier: nobleVerifier(),
      sealing: nobleSealing(),
      random: systemRandom,
      now: () => ledger.now,
      sleep: async () => {
        await this.settle();
      },
    };
  }

  /** With a first witnessed checkpoint. */
  static async open(
    organisation: TestOrganisation,
    database: TestDatabase,
    ordinaryPerMinute = 1_000_000,
  ): Promise<OfficeStage> {
    const stage = new OfficeStage(await LedgerStage.open(organisation, database));
    await stage.ledger.worker.work.run(async (tx) => {
      for (const { vault } of organisation.made.staff) {
        await tx.query(
          'insert into staff_vaults (subject_id, auth_hash, certificate_hash, keyring) values ($1, $2, $3, $4)',
          [
            Buffer.from(fromHex(vault.subject, 'subject', 16)),
            Buffer.from(fromHex(vault.authHash, 'hash', 32)),
            Buffer.from(fromHex(vault.certificateHash, 'certificate', 32)),
            Buffer.from(fromBase64(vault.keyring, 'keyring')),
          ],
        );
      }
      for (const { role, epoch, certificateHash, box } of organisation.made.epochBoxes) {
        await tx.query(
          'insert into epoch_boxes (role_id, epoch, certificate_hash, box) values ($1, $2, $3, $4)',
          [
            Buffer.from(fromHex(role, 'role', 16)),
            epoch,
            Buffer.from(fromHex(certificateHash, 'certificate', 32)),
            Buffer.from(fromBase64(box, 'box')),
          ],
        );
      }
    });
    await stage.#listen(ordinaryPerMinute);
    const { published, problems } = await stage.settle();
    if (published === 0) throw new Error(`no first checkpoint: ${problems.join(', ')}`);
    return stage;
  }

  async #listen(ordinaryPerMinute: number): Promise<void> {
    const intake = await this.ledger.servicesToClose('sc_intake');
    const desk = await this.ledger.servicesToClose('sc_desk');
    const log = makeLogger('test', { write: () => undefined });
    const facts = { organisation: 'Test organisation', maxAttachmentBytes: PART };
    const key = makeSigner(this.deps.signing, new Uint8Array(32).fill(0x50));
    const promises = new PromiseSigner(key, intake.directory);
    const options = { log, bodyLimitBytes: PART };
    this.#apps.push(
      await createServer(IntakeModule.with(intake, facts, promises, ordinaryPerMinute), {
        ...options,
        surface: 'public',
        rawBodies: { 'application/octet-stream': PART },
      }),
      await createServer(DeskModule.with(desk, facts, new DeskConfig(desk.rootset)), {
        ...options,
        surface: 'staff',
      }),
    );
    for (const app of this.#apps) {
      await app.listen(0, '127.0.0.1');
      this.#urls.push(await app.getUrl());
    }
  }

  async close(): Promise<void> {
    for (const app of this.#apps) await app.close();
    await this.ledger.close();
  }

  /** One tick and its publication. */
  async settle(): Promise<PublishReport> {
    await this.ledger.tick();
    return this.ledger.publisher().publish();
  }

  /** Minutes go by; the worker ticks at the end of them. */
  async pass(minutes: number): Promise<void> {
    this.ledger.now += (minutes - 1) * TICK;
    await this.settle();
  }

  /** A proof of an entry under a checkpoint, made from the public files as anybody could. */
  async proofUnder(note: string, index: number): Promise<string> {
    const { size } = parseCheckpoint(parseNote(note).body);
    const proof = await inclusionProof(index, size, ledgerOverHttp(this.api()));
    return encodeTlogProof({ index, proof, checkpointNote: note });
  }

  api(origin: 'public' | 'staff' = 'public', lies: Lies = {}): ApiClient {
    const baseUrl = this.#urls[origin === 'public' ? 0 : 1] ?? '';
    return makeApiClient({ baseUrl, fetch: lyingFetch(lies, this.statuses) });
  }

  connect(
    lies: Lies = {},
    options: ConnectOptions = {},
    origin: 'public' | 'staff' = 'public',
  ): Promise<Service> {
    return connect(this.deps, this.api(origin, lies), this.trust, options);
  }

  /** A session of a member, opened with her own words. */
  async session(name: string, lies: Lies = {}): Promise<StaffSession> {
    const member = this.ledger.organisation.made.staff.find((staff) => staff.name === name);
    if (member === undefined) throw new Error(`no member ${name}`);
    return unlock(await this.connect(lies, {}, 'staff'), member.subject, member.words.join(' '));
  }

  /** A report, sealed and submitted by its own client. */
  submit(lies: Lies = {}): Promise<Submitted> {
    return this.submitBy(this.api('public', lies));
  }

  async submitBy(api: ApiClient): Promise<Submitted> {
    const service = await connect(this.deps, api, this.trust, {});
    const code = makeReporterCode(systemRandom);
    const [invented] = inventedReports(1_000, (n) => systemRandom.bytes(n));
    const preparation = await prepareReport(service, { report: invented!.report, files: [], code });
    if (!preparation.ok) throw new Error(JSON.stringify(preparation.problems));
    const accepted = await submitReport(service, preparation.prepared);
    return { code, prepared: preparation.prepared, accepted, pseudonym: accepted.receipt.casePseudonym };
  }
}

function lyingFetch(lies: Lies, statuses: number[]): Fetch {
  return async (url, init) => {
    const { pathname } = new URL(url);
    const file = lies.file?.(pathname.slice(1));
    if (file !== undefined) return new Response(file);
    const answer = await fetch(url, init);
    statuses.push(answer.status);
    const name = routeAt(init.method, pathname);
    const lie = name === undefined ? undefined : (lies[name] as ((answer: unknown) => unknown) | undefined);
    if (lie === undefined || name === undefined) return answer;
    const { response } = ROUTES[name];
    const told = lie(answer.ok ? await contentOf(answer, response) : undefined);
    return new Response(typeof response === 'string' ? (told as string) : JSON.stringify(told));
  };
}

async function contentOf(answer: Response, form: unknown): Promise<unknown> {
  if (form === 'bytes') return new Uint8Array(await answer.arrayBuffer());
  return form === 'text' ? answer.text() : answer.json();
}

function routeAt(method: string, path: string): RouteName | undefined {
  const found = Object.entries(ROUTES).find(
    ([, route]) =>
      route.method === method && new RegExp(`^${route.path.replace(/:[a-z]+/g, '[^/]+')}$`).test(path),
  );
  return found?.[0] as RouteName | undefined;
}
