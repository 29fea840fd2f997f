/** How a listening process begins and ends, whatever serves the requests. */
import type { Server } from 'node:http';
import { errorCode } from './error-code.js';
import type { Log } from './logging.js';
import { EXIT, StartupError } from './startup.js';

/** Something that serves and can be ended. */
export type Listening = {
  getHttpServer(): Pick<Server, 'closeIdleConnections' | 'closeAllConnections'>;
  close(): Promise<void>;
};

const IDLE_POLL_MS = 50;

/** The sentence for an address that cannot be had, or the error itself. */
export function addressFailure(err: unknown, host: string, port: number): unknown {
  const code = typeof err === 'object' && err !== null && 'code' in err ? err.code : undefined;
  const why = typeof code === 'string' ? ADDRESS_FAILURES.get(code) : undefined;
  if (why === undefined) return err;
  return new StartupError(`Port ${String(port)} on ${host} ${why}.`, EXIT.address);
}

const ADDRESS_FAILURES = new Map([
  ['EADDRINUSE', 'is in use by another program; choose another port'],
  ['EACCES', 'may not be opened by this account; choose a port above 1023'],
  ['EADDRNOTAVAIL', 'does not exist on this machine; choose another host'],
  ['ENOTFOUND', 'cannot be resolved; choose another host'],
]);

/**
 * On SIGTERM or SIGINT: no new connections, requests in flight end, then the process, with code 0.
 * @param drainMs - after which their connections are cut.
 */
export function endOnSignals(app: Listening, log: Log, drainMs = 10_000): void {
  let ending = false;
  const end = async (signal: string): Promise<void> => {
    if (ending) return;
    ending = true;
    log.info('stopping', { signal });
    const server = app.getHttpServer();
    // A connection kept alive by a request that was in flight would hold the end up until it times out.
    const idle = setInterval(() => {
      server.closeIdleConnections();
    }, IDLE_POLL_MS);
    const cut = setTimeout(() => {
      server.closeAllConnections();
    }, drainMs);
    try {
      await app.close();
      log.info('stopped');
      process.exit(0);
    } catch (err) {
      log.error('stop.failed', { code: errorCode(err) });
      process.exit(EXIT.defect);
    } finally {
      clearInterval(idle);
      clearTimeout(cut);
    }
  };
  for (const signal of ['SIGTERM', 'SIGINT']) {
    process.on(signal, () => void end(signal));
  }
}
