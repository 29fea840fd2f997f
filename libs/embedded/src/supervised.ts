import { setTimeout as sleep } from 'node:timers/promises';
import { type EmbeddedPostgres, type EmbeddedPostgresOptions, startEmbeddedPostgres } from './launcher.js';
import { isAlive } from './lock.js';

const WATCH_MS = 250;

/**
 * As {@link startEmbeddedPostgres}, and starts the server again whenever it dies before `stop`: killed, or out of
 * memory. Addresses stay the same, committed rows are kept; `pid` is that of the server that runs now.
 */
export async function superviseEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const ended = new AbortController();
  const watched = { server: await startEmbeddedPostgres(options) };
  const watching = watched.server.owned ? keepAlive(watched, options, ended.signal) : Promise.resolve();
  const { owned, dataDirectory } = watched.server;
  return {
    owned,
    dataDirectory,
    url: (database, user) => watched.server.url(database, user),
    get pid() {
      return watched.server.pid;
    },
    stop: async () => {
      ended.abort();
      await watching;
      await watched.server.stop();
    },
  };
}

async function keepAlive(
  watched: { server: EmbeddedPostgres },
  options: EmbeddedPostgresOptions,
  ended: AbortSignal,
): Promise<void> {
  for (;;) {
    await sleep(WATCH_MS, undefined, { signal: ended, ref: false }).catch(() => undefined);
    if (ended.aborted) return;
    const { pid } = watched.server;
    if (isAlive(pid)) continue;
    try {
      watched.server = await startEmbeddedPostgres(options);
      options.onNotice?.('The database had ended and was started again.');
    } catch {
      // What keeps it from starting, a full disk or a child still leaving, may pass: the next round tries again.
    }
  }
}
