/** One service as a client sees it: its API, what is pinned about it, and its directory as last verified. */
import type { ApiClient } from '@app/api-client';
import { verifyCheckpoint } from '@app/tlog';
import type { Instant } from '@app/encoding';
import type { ClientDeps, Trust } from './deps.js';
import {
  type Directory,
  type DirectoryOptions,
  type KeysetArchive,
  loadDirectory,
  makeKeysetArchive,
} from './directory.js';

export type Service = {
  readonly deps: ClientDeps;
  readonly api: ApiClient;
  readonly trust: Trust;
  readonly directory: Directory;
  readonly archive: KeysetArchive;
};

/** Verifies the directory of a service. Errors as `loadDirectory`; nothing else of this library works without it. */
export async function connect(
  deps: ClientDeps,
  api: ApiClient,
  trust: Trust,
  options: DirectoryOptions = {},
): Promise<Service> {
  const directory = await loadDirectory(deps, api, trust, options);
  return { deps, api, trust, directory, archive: makeKeysetArchive(deps, api, trust, directory.keyset) };
}

/** The time of the newest checkpoint by its witnesses' clocks: the only present that nobody alone can fake. */
export async function witnessedNow({ api, deps, directory }: Service): Promise<Instant> {
  const note = await api.call('checkpoint', {});
  return verifyCheckpoint(note, directory.logPolicy, deps.verifier).quorumTime;
}
