/** A whole ledger for tests: real database, real signer and witnesses over HTTP, a clock that is set by hand. */
import { DEFAULT_POLICY, type Policy } from '@app/casework';
import { makeSigner, nobleSigning } from '@app/crypto/sign';
import { nobleVerifier } from '@app/crypto/verify';
import {
  ensureKeysetLeaf,
  httpSigner,
  httpWitness,
  type LedgerServices,
  type PublisherDeps,
} from '@app/ledger';
import { diskStore, logSource, openLedgerServices, Publisher, readPublished, Sequencer } from '@app/ledger';
import { connect, type DatabaseRole } from '@app/persistence';
import {
  type Clock,
  makeLogger,
  type PlainRequest,
  plainServer,
  systemRandom,
  writeFileDurable,
} from '@app/platform';
import {
  ALGORITHM_COSIGNATURE,
  ALGORITHM_ED25519,
  auditTree,
  type AuditReport,
  deriveKeyId,
  type NoteSigner,
  parsePolicy,
  parseVkey,
} from '@app/tlog';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type { DataSource } from 'typeorm';
import { CheckpointSigner } from '../../apps/signer/src/checkpoint-signer.js';
import { Witness } from '../../apps/witness/src/witness.js';
import type { TestDatabase } from './database.js';
import { LOG_SEED, TestOrganisation } from './organisation.js';

export const TICK = 60;
export const START = 1_800_000_000;
export const ORIGIN = 'test.example/audit/1';
/** For an answer of signer or witness: one that is stopped refuses at once, one on a busy machine takes its time. */
export const PATIENCE_MS = 30_000;

type PlainServer = ReturnType<typeof plainServer>;

/** One of the processes beside the ledger, which can be stopped and started on the same address and state. */
export class Party {
  readonly #make: () => PlainServer;
  #server: PlainServer | undefined;
  #port = 0;

  constructor(make: () => PlainServer) {
    this.#make = make;
  }

  get url(): string {
    return `http://127.0.0.1:${String(this.#port)}`;
  }

  async start(): Promise<void> {
    const server = this.#make();
    const address = await server.listen({ host: '127.0.0.1', port: this.#port });
    this.#port = Number(new URL(address).port);
    this.#server = server;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    server?.server.closeAllConnections();
    await server?.close();
  }
}

export class LedgerStage {
  readonly folder = mkdtempSync(path.join(tmpdir(), 'sc-stage-'));
  readonly ledgerDir = path.join(this.folder, 'ledger');
  readonly store = diskStore(this.ledgerDir);
  readonly clock: Clock = { now: () => this.now, nowMs: () => this.now * 1000 };
  readonly signer = new Party(() => this.#signerServer());
  readonly witnesses = [0, 1].map((i) => new Party(() => this.#witnessServer(i)));
  /** How signer and witnesses write what they remember. */
  write = writeFileDurable;
  /** How far the witnesses' clocks are from the worker's, seconds. */
  witnessesAhead = 0;
  readonly organisation: TestOrganisation;
  readonly owner: DataSource;
  now = START;
  #worker: LedgerServices | undefined;
  readonly #database: TestDatabase;
  readonly #opened: LedgerServices[] = [];

  private constructor(organisation: TestOrganisation, database: TestDatabase, owner: DataSource) {
    this.organisation = organisation;
    this.#database = database;
    this.owner = owner;
  }

  /** With KEYSET and POLICY imported, their entries waiting, and signer and witnesses up. */
  static async open(organisation: TestOrganisation, database: TestDatabase): Promise<LedgerStage> {
    const owner = await connect({ url: database.ownerUrl, poolSize: 2, name: 'test' });
    const stage = new LedgerStage(organisation, database, owner);
    organisation.write(path.join(stage.folder, 'directory'));
    stage.#worker = await stage.services('sc_worker');
    await stage.worker.work.run(async (tx) => {
      await stage.worker.directory.acceptPolicy(tx, organisation.made.policyText, { tickSeconds: TICK });
      await stage.worker.directory.acceptKeyset(tx, organisation.made.keyset, { tickSeconds: TICK });
    });
    for (const party of [stage.signer, ...stage.witnesses]) await party.start();
    return stage;
  }

  get worker(): LedgerServices {
    return this.#worker!;
  }

  async services(role: DatabaseRole): Promise<LedgerServices> {
    const services = await this.servicesToClose(role);
    this.#opened.push(services);
    return services;
  }

  /** For whoever closes them, as a server does that ends. */
  servicesToClose(role: DatabaseRole): Promise<LedgerServices> {
    return openLedgerServices({
      name: role,
      databaseUrl: this.#database.url(role),
      rootsetFile: path.join(this.folder, 'directory', 'rootset.bin'),
      ledgerDir: this.ledgerDir,
      clock: this.clock,
      random: systemRandom,
    });
  }

  sequencer(): Sequencer {
    return new Sequencer({ work: this.worker.work, random: systemRandom, tickSeconds: TICK });
  }

  /** As after a restart of the worker: it knows only what is stored. */
  publisher(changed: Partial<PublisherDeps> = {}): Publisher {
    return new Publisher({
      work: this.worker.work,
      store: this.store,
      signer: httpSigner(this.signer.url, PATIENCE_MS),
      witnesses: this.witnesses.map(({ url }) => httpWitness(url, PATIENCE_MS)),
      trust: () => Promise.resolve(this.organisation.keyset),
      verifier: nobleVerifier(),
      clock: this.clock,
      ...changed,
    });
  }

  /** One minute later: sequences only. */
  async tick(): Promise<number> {
    this.now += TICK;
    const { now } = this;
    const { keyset } = this.organisation;
    await this.worker.work.run((tx) => ensureKeysetLeaf(tx, keyset, now, { tickSeconds: TICK }));
    return (await this.sequencer().tick(now)).size;
  }

  /** The audit that anyone can make from outside. */
  async audit(): Promise<AuditReport> {
    const published = await readPublished(this.store);
    const policy = parsePolicy(this.organisation.keyset.tlogPolicy);
    return auditTree(published?.note ?? '', policy, nobleVerifier(), logSource(this.store));
  }

  async close(): Promise<void> {
    for (const party of [this.signer, ...this.witnesses]) await party.stop();
    for (const services of this.#opened) await services.close();
    await this.owner.destroy();
    await this.#database.drop();
    rmSync(this.folder, { recursive: true });
  }

  witnessStateDir(i: number): string {
    return path.join(this.folder, `witness-${String(i)}`);
  }

  #signerServer(): PlainServer {
    const key = noteSigner(ORIGIN, ALGORITHM_ED25519, LOG_SEED);
    const write: typeof writeFileDurable = (...args) => this.write(...args);
    const signer = new CheckpointSigner(key, path.join(this.folder, 'signer', 'signed'), write);
    return quietServer('/sign', (body) => signer.sign(body));
  }

  #witnessServer(i: number): PlainServer {
    const name = ['w1.example', 'w2.example'][i]!;
    const witness = new Witness({
      signer: noteSigner(name, ALGORITHM_COSIGNATURE, new Uint8Array(32).fill(0x57 + i)),
      logKeys: [parseVkey(this.organisation.keyset.logVkey)],
      verifier: nobleVerifier(),
      clock: {
        now: () => this.now + this.witnessesAhead,
        nowMs: () => (this.now + this.witnessesAhead) * 1000,
      },
      stateDir: this.witnessStateDir(i),
      write: (...args) => this.write(...args),
    });
    return quietServer('/add-checkpoint', (body) => witness.addCheckpoint(body));
  }
}

/** An organisation whose ledger ticks every minute. */
export function makeOrganisation(
  policy: Policy = { ...DEFAULT_POLICY, tick_seconds: TICK },
): Promise<TestOrganisation> {
  return TestOrganisation.make(START - 86_400, policy);
}

function quietServer(path: string, handle: PlainRequest): PlainServer {
  const log = makeLogger('test', { write: () => undefined });
  return plainServer({ log, maxBodyBytes: 65_536, post: { [path]: handle } });
}

function noteSigner(name: string, algorithm: number, seed: Uint8Array): NoteSigner {
  const raw = makeSigner(nobleSigning(), seed);
  const keyId = deriveKeyId(name, algorithm, raw.publicKey);
  return { name, keyId, algorithm, sign: (message) => raw.signRaw(message) };
}
