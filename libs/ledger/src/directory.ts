/** The signed directory as the servers hold it: the newest KEYSET of the database, verified, and its POLICY. */
import { parsePolicy, type Policy } from '@app/casework';
import { type Keyset, sha256, type SignatureVerifier, verifyKeyset } from '@app/crypto/verify';
import { type Bytes, bytesEqual, encodeUtf8, type Instant, parseCanonicalJson } from '@app/encoding';
import { DocumentRow, KeysetRow, PolicyRow, type Tx, type UnitOfWork } from '@app/persistence';
import { type Clock, Refused } from '@app/platform';
import { type AppendDeps, appendDocumentLeaf, ensureKeysetLeaf } from './append.js';

export type DirectoryDeps = {
  readonly work: UnitOfWork;
  /** Bytes of the pinned ROOTSET. */
  readonly rootset: Uint8Array;
  readonly verifier: SignatureVerifier;
  readonly clock: Clock;
};

/** A POLICY and the hash by which events name it. */
export type KnownPolicy = { readonly hash: Bytes; readonly body: string; readonly policy: Policy };

/** The KEYSET in force and its POLICY, read at one moment. */
export type InForce = { readonly keyset: Keyset; readonly policy: KnownPolicy };

type Verified = { readonly keyset: Keyset; readonly verifiedAt: Instant };

/** How long a verification is relied on: certificates are revoked and run out meanwhile. */
const VERIFIED_SECONDS = 60;

/** The directory is not there yet: no KEYSET or POLICY has been imported. */
export class DirectoryEmpty extends Refused {
  constructor() {
    super('not_ready');
    this.name = 'DirectoryEmpty';
  }
}

export class Directory {
  readonly #deps: DirectoryDeps;
  #keyset: Verified | undefined;
  readonly #policies = new Map<string, KnownPolicy>();

  constructor(deps: DirectoryDeps) {
    this.#deps = deps;
  }

  /**
   * The KEYSET in force, verified within the last minute.
   * @param tx - the caller's transaction, if it has one: no second connection is taken then.
   * @throws {DirectoryEmpty} before the first import.
   * @throws {VerificationError} as `verifyKeyset`, such as `keyset_expired`.
   */
  async currentKeyset(tx?: Tx): Promise<Keyset> {
    const now = this.#deps.clock.now();
    const hash = await this.#within(tx, newestHash);
    if (hash === undefined) throw new DirectoryEmpty();
    const cached = this.#keyset;
    if (cached !== undefined && isFresh(cached, now) && bytesEqual(cached.keyset.hash, hash))
      return cached.keyset;
    const bytes = await this.#within(tx, (inner) => keysetBytes(inner, hash));
    const keyset = this.#verify(bytes, now);
    this.#keyset = { keyset, verifiedAt: now };
    return keyset;
  }

  /** The log's name, which all its KEYSETs have: of one that was in force within the last minute. Errors as `currentKeyset`. */
  async origin(): Promise<string> {
    const cached = this.#keyset;
    if (cached !== undefined && isFresh(cached, this.#deps.clock.now())) return cached.keyset.origin;
    return (await this.currentKeyset()).origin;
  }

  /** The POLICY the KEYSET in force names. Errors as `inForce`. */
  async currentPolicy(tx?: Tx): Promise<KnownPolicy> {
    return (await this.inForce(tx)).policy;
  }

  /**
   * The KEYSET in force and the POLICY it names.
   * @throws {DirectoryEmpty} and {VerificationError} as `currentKeyset`, or if the POLICY has not been imported.
   */
  async inForce(tx?: Tx): Promise<InForce> {
    const keyset = await this.currentKeyset(tx);
    return { keyset, policy: await this.policy(keyset.policyHash, tx) };
  }

  /** A POLICY by its hash: cases follow the one of their submission. @throws {DirectoryEmpty} if it is not known. */
  async policy(hash: Uint8Array, tx?: Tx): Promise<KnownPolicy> {
    const name = Buffer.from(hash).toString('hex');
    const known = this.#policies.get(name);
    if (known !== undefined) return known;
    const row = await this.#within(tx, (inner) => inner.findOneBy(PolicyRow, { hash: Buffer.from(hash) }));
    if (row === null) throw new DirectoryEmpty();
    const policy = parsePolicy(parseCanonicalJson(row.body, 'policy'));
    const found = { hash: new Uint8Array(row.hash), body: row.body, policy };
    this.#policies.set(name, found);
    return found;
  }

  /**
   * Takes in a KEYSET: verifies it against the pinned ROOTSET and the KEYSET before, stores it and sees to its entry.
   * The one in force already is fine.
   * @throws {ParseError} and {VerificationError} as `verifyKeyset`: `keyset_rolled_back`, `keyset_two_hashes` and all
   *   others.
   */
  async acceptKeyset(tx: Tx, bytes: Uint8Array, deps: Pick<AppendDeps, 'tickSeconds'>): Promise<Keyset> {
    const now = this.#deps.clock.now();
    await tx.query('select pg_advisory_xact_lock($1)', [DIRECTORY_LOCK]);
    const [before] = await tx.find(KeysetRow, { order: { version: 'DESC' }, take: 1 });
    const keyset = this.#verify(bytes, now, before);
    if (before?.version !== keyset.version) {
      await tx.insert(KeysetRow, {
        version: keyset.version,
        rootVersion: keyset.rootVersion,
        hash: Buffer.from(keyset.hash),
        bytes: Buffer.from(keyset.bytes),
        importedAt: now,
      });
    }
    await ensureKeysetLeaf(tx, keyset, now, deps);
    return keyset;
  }

  /**
   * Takes in a POLICY and adds its entry; one that is known already is fine.
   * @param body - canonical JSON.
   * @throws {ParseError} if it is not a POLICY.
   */
  async acceptPolicy(tx: Tx, body: string, deps: Pick<AppendDeps, 'tickSeconds'>): Promise<KnownPolicy> {
    const now = this.#deps.clock.now();
    const policy = parsePolicy(parseCanonicalJson(body, 'policy'));
    const hash = sha256(encodeUtf8(body));
    await tx.query('select pg_advisory_xact_lock($1)', [DIRECTORY_LOCK]);
    if ((await tx.findOneBy(PolicyRow, { hash: Buffer.from(hash) })) === null) {
      await tx.insert(PolicyRow, { hash: Buffer.from(hash), version: policy.version, body, importedAt: now });
      await appendDocumentLeaf(tx, { kind: 'policy', version: policy.version, hash }, now, deps);
    }
    return { hash, body, policy };
  }

  /** Publishes a document and adds its entry; one that is known already is fine. */
  async acceptDocument(
    tx: Tx,
    kind: DocumentRow['kind'],
    bytes: Uint8Array,
    deps: Pick<AppendDeps, 'tickSeconds'>,
  ): Promise<void> {
    const now = this.#deps.clock.now();
    const hash = Buffer.from(sha256(bytes));
    await tx.query('select pg_advisory_xact_lock($1)', [DIRECTORY_LOCK]);
    if ((await tx.findOneBy(DocumentRow, { hash })) !== null) return;
    const version = (await tx.countBy(DocumentRow, { kind })) + 1;
    await tx.insert(DocumentRow, { hash, kind, number: version, bytes: Buffer.from(bytes), importedAt: now });
    await appendDocumentLeaf(tx, { kind, version, hash }, now, deps);
  }

  #verify(bytes: Uint8Array, now: Instant, previous?: KeysetRow): Keyset {
    const { verifier, rootset } = this.#deps;
    return verifyKeyset(verifier, bytes, { rootset, now, ...(previous !== undefined && { previous }) });
  }

  /** @param read - one statement. */
  #within<T>(tx: Tx | undefined, read: (tx: Tx) => Promise<T>): Promise<T> {
    return tx === undefined ? this.#deps.work.statement(read) : read(tx);
  }
}

function isFresh({ verifiedAt }: Verified, now: Instant): boolean {
  return Math.abs(now - verifiedAt) < VERIFIED_SECONDS;
}

const DIRECTORY_LOCK = 0x5afec0d3;

async function newestHash(tx: Tx): Promise<Buffer | undefined> {
  const rows: { hash: Buffer }[] = await tx.query('select hash from keysets order by version desc limit 1');
  return rows[0]?.hash;
}

async function keysetBytes(tx: Tx, hash: Buffer): Promise<Buffer> {
  const row = await tx.findOneBy(KeysetRow, { hash });
  if (row === null) throw new DirectoryEmpty();
  return row.bytes;
}
