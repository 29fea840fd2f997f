/** One service as a client sees it: its API, what is pinned about it, and its directory as last verified. */
import type { ApiClient } from '@app/api-client';
import type { Instant } from '@app/encoding';
import { parseTlogProof, type VerifiedCheckpoint, type VerifiedTlogProof } from '@app/tlog';
import { Checkpoints } from './checkpoints.js';
import { type ClientDeps, refuse, type Trust } from './deps.js';
import {
  type Directory,
  type DirectoryOptions,
  type KeysetArchive,
  loadDirectory,
  makeKeysetArchive,
} from './directory.js';
import { ledgerOverHttp } from './published.js';

export type Service = {
  readonly deps: ClientDeps;
  readonly api: ApiClient;
  readonly trust: Trust;
  readonly directory: Directory;
  readonly archive: KeysetArchive;
  /** Every checkpoint of this session goes through here. */
  readonly checkpoints: Checkpoints;
};

export type ConnectOptions = DirectoryOptions & {
  /** The newest checkpoint of an earlier session (`checkpoints.newest`), if this client may remember one. */
  readonly checkpoint?: string;
};

/**
 * Verifies the directory of a service. Nothing else of this library works without it.
 * @throws {ParseError} and {VerificationError} as `loadDirectory`; `checkpoint_forked`, `checkpoint_rolled_back`.
 */
export async function connect(
  deps: ClientDeps,
  api: ApiClient,
  trust: Trust,
  options: ConnectOptions = {},
): Promise<Service> {
  const source = ledgerOverHttp(api);
  const checkpoints = await Checkpoints.remembering(deps.verifier, trust, source, options.checkpoint);
  const directory = await loadDirectory(deps, api, trust, options, checkpoints);
  const archive = makeKeysetArchive(deps, api, trust, directory.keyset);
  return { deps, api, trust, directory, archive, checkpoints };
}

/** The time of the newest checkpoint by its witnesses' clocks: the only present that nobody alone can fake. */
export async function witnessedNow(service: Service): Promise<Instant> {
  return (await presentCheckpoint(service)).quorumTime;
}

/** What a receipt shows, and the ledger of today that continues the one it is of. */
export type ReceiptCheck = { readonly receipt: VerifiedTlogProof; readonly present: VerifiedCheckpoint };

/**
 * Holds a receipt, kept for however long, against the ledger as the service shows it now.
 * @param receipt - a `.tlog-proof` with its entry (`encodeReceipt`).
 * @throws {ParseError} malformed. @throws {VerificationError} as `verifyTlogProof`; `receipt_mismatch` without the
 * entry; `checkpoint_forked` if today's ledger does not continue the receipt's, `checkpoint_rolled_back` if it is
 * smaller.
 * @see libs/tlog/SPEC.md §10
 */
export async function checkReceiptAgainst(service: Service, receipt: string): Promise<ReceiptCheck> {
  const entry = parseTlogProof(receipt).extra ?? refuse('receipt_mismatch');
  const present = await presentCheckpoint(service);
  return { receipt: await service.checkpoints.verifyOldProof(receipt, entry), present };
}

async function presentCheckpoint({ api, checkpoints }: Service): Promise<VerifiedCheckpoint> {
  return checkpoints.verify(await api.call('checkpoint', {}));
}
