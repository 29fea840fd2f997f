import { type Info, type LedgerProof, ROUTES } from '@app/contracts';
import { fromHex, toBase64, toHex } from '@app/encoding';
import { DocumentRow, KeysetRow, LogQuorumRow, PolicyRow, type Tx, UnitOfWork } from '@app/persistence';
import { type Clock, CLOCK, Refused } from '@app/platform';
import type { LandingFacts } from '@app/platform/nest';
import { parseTilePath } from '@app/tlog';
import {
  Controller,
  Get,
  Header,
  Inject,
  Injectable,
  Param,
  Req,
  SerializeOptions,
  StreamableFile,
} from '@nestjs/common';
import type { z } from 'zod';
import { Directory } from '../directory.js';
import { type AnnouncedKeyset, announcedKeyset, proofFor } from '../proofs.js';
import { CHECKPOINT_FILE, type LedgerStore } from '../store.js';

/** Injection tokens of the ledger's public face. */
export const LEDGER_STORE = Symbol('LedgerStore');
export const INSTANCE_FACTS = Symbol('InstanceFacts');

/** What an instance says of itself beside the directory. */
export type InstanceFacts = { readonly organisation: string; readonly maxAttachmentBytes: number };

const BY_HASH = ROUTES.keysetByHash.params;
const POLICY = ROUTES.policy.params;
const PUBLISHED = ROUTES.published.params;
const TEXT = 'text/plain; charset=utf-8';
const BINARY = 'application/octet-stream';
/** Named by its hash or by its place in an append-only tree: it never changes. */
const IMMUTABLE = 'public, max-age=31536000, immutable';

/** The facts of the ledger and the directory that anybody may know. */
@Injectable()
export class LedgerFacts {
  readonly #work: UnitOfWork;
  readonly #directory: Directory;
  readonly #clock: Clock;
  readonly #facts: InstanceFacts;

  constructor(
    work: UnitOfWork,
    directory: Directory,
    @Inject(CLOCK) clock: Clock,
    @Inject(INSTANCE_FACTS) facts: InstanceFacts,
  ) {
    this.#work = work;
    this.#directory = directory;
    this.#clock = clock;
    this.#facts = facts;
  }

  info(): Promise<Info> {
    return this.#work.read(async (tx) => {
      const keyset = await this.#directory.currentKeyset(tx);
      const quorum = await newestQuorum(tx);
      return {
        ...this.#facts,
        origin: keyset.origin,
        time: this.#clock.now(),
        keysetVersion: keyset.version,
        keysetHash: toHex(keyset.hash),
        policyHash: toHex(keyset.policyHash),
        ledgerSize: quorum?.size ?? 0,
        witnessedAt: quorum?.witnessedAt ?? null,
      };
    });
  }

  /** The same facts for the page at `/`. */
  async landing(kind: LandingFacts['kind']): Promise<LandingFacts> {
    const info = await this.info();
    return {
      kind,
      organisation: info.organisation,
      keysetFingerprint: (info.keysetHash.match(/.{8}/g) ?? []).join(' '),
      keysetVersion: info.keysetVersion,
      ledgerSize: info.ledgerSize,
      ...(info.witnessedAt !== null && { witnessedAt: info.witnessedAt }),
      now: info.time,
    };
  }
}

/** KEYSET, POLICY, checkpoint and tiles: public, the same on both origins. A proxy may serve the files instead. */
@Controller()
export class LedgerController {
  readonly #ledger: LedgerFacts;
  readonly #work: UnitOfWork;
  readonly #store: LedgerStore;

  constructor(ledger: LedgerFacts, work: UnitOfWork, @Inject(LEDGER_STORE) store: LedgerStore) {
    this.#ledger = ledger;
    this.#work = work;
    this.#store = store;
  }

  @Get(ROUTES.info.path)
  @SerializeOptions({ schema: ROUTES.info.response })
  info(): Promise<Info> {
    return this.#ledger.info();
  }

  @Get(ROUTES.keyset.path)
  @Header('content-type', BINARY)
  keyset(): Promise<StreamableFile> {
    // Even one that has run out: whoever asks judges it, and must be able to say what is wrong.
    return this.#work.read(async (tx) => {
      const { hash } = await this.#announced(tx);
      const row = await tx.findOneBy(KeysetRow, { hash: Buffer.from(hash) });
      if (row === null) throw new Refused('not_ready');
      return new StreamableFile(row.bytes);
    });
  }

  @Get(ROUTES.keysetByHash.path)
  @Header('content-type', BINARY)
  @Header('cache-control', IMMUTABLE)
  async keysetByHash(@Param({ schema: BY_HASH }) params: z.infer<typeof BY_HASH>): Promise<StreamableFile> {
    const hash = Buffer.from(fromHex(params.hash, 'hash', 32));
    const row = await this.#work.run((tx) => tx.findOneBy(KeysetRow, { hash }));
    if (!row) throw new Refused('not_found');
    return new StreamableFile(row.bytes);
  }

  @Get(ROUTES.keysetProof.path)
  @SerializeOptions({ schema: ROUTES.keysetProof.response })
  keysetProof(): Promise<LedgerProof> {
    return this.#work.read(async (tx) => {
      const { index } = await this.#announced(tx);
      const found = await proofFor(this.#store, index);
      if (found === null) throw new Refused('not_ready');
      return { entry: toBase64(found.entry), proof: found.proof };
    });
  }

  @Get(ROUTES.policy.path)
  @Header('content-type', 'application/json')
  @Header('cache-control', IMMUTABLE)
  async policy(@Param({ schema: POLICY }) params: z.infer<typeof POLICY>): Promise<string> {
    const hash = Buffer.from(fromHex(params.hash, 'hash', 32));
    const row = await this.#work.run((tx) => tx.findOneBy(PolicyRow, { hash }));
    if (row === null) throw new Refused('not_found');
    return row.body;
  }

  @Get(ROUTES.published.path)
  @Header('content-type', BINARY)
  @Header('cache-control', IMMUTABLE)
  async published(@Param({ schema: PUBLISHED }) params: z.infer<typeof PUBLISHED>): Promise<StreamableFile> {
    const hash = Buffer.from(fromHex(params.hash, 'hash', 32));
    const row = await this.#work.run((tx) => tx.findOneBy(DocumentRow, { hash }));
    if (row === null) throw new Refused('not_found');
    return new StreamableFile(row.bytes);
  }

  @Get(ROUTES.checkpoint.path)
  @Header('content-type', TEXT)
  async checkpoint(): Promise<StreamableFile> {
    const note = await this.#store.read(CHECKPOINT_FILE);
    if (note === undefined) throw new Refused('not_ready');
    return new StreamableFile(note);
  }

  /** Tiles and entry bundles (C2SP tlog-tiles), at the paths the specification gives them. */
  @Get('/tile/*')
  @Header('content-type', BINARY)
  @Header('cache-control', IMMUTABLE)
  async tile(@Req() request: { readonly url: string }): Promise<StreamableFile> {
    const path = request.url.slice(1);
    const bytes = isTilePath(path) ? await this.#store.read(path) : undefined;
    if (bytes === undefined) throw new Refused('not_found');
    return new StreamableFile(bytes);
  }

  async #announced(tx: Tx): Promise<AnnouncedKeyset> {
    const found = await announcedKeyset(tx, this.#store);
    if (found === null) throw new Refused('not_ready');
    return found;
  }
}

async function newestQuorum(tx: Tx): Promise<LogQuorumRow | undefined> {
  const [row] = await tx.find(LogQuorumRow, { order: { size: 'DESC' }, take: 1 });
  return row;
}

function isTilePath(path: string): boolean {
  try {
    parseTilePath(path);
    return true;
  } catch {
    return false;
  }
}
