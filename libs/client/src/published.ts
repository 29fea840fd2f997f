/** A ledger as whoever checks it sees it. */
import { type ApiClient, ApiProblem } from '@app/api-client';
import { type Bytes, ParseError } from '@app/encoding';
import { logFiles, type LogSource, LogUnreadable } from '@app/tlog';

/** The newest checkpoint, and files by path. */
export interface PublishedLedger {
  /** The signed note. */
  checkpoint(): Promise<string>;
  /** Resolves to undefined if there is no such file. @throws {LogUnreadable} if that cannot be told. */
  read(path: string): Promise<Bytes | undefined>;
}

/** The ledger's files over HTTP. */
export function publishedOverHttp(api: ApiClient): PublishedLedger {
  return {
    checkpoint: () => api.call('checkpoint', {}),
    read: async (path) => {
      try {
        return await api.readFile(path);
      } catch (error) {
        if (error instanceof ApiProblem && error.code === 'not_found') return undefined;
        // An answer of another form is a wrong file; anything else says nothing of the file.
        throw error instanceof ParseError ? error : new LogUnreadable(error);
      }
    },
  };
}

/** Tiles and bundles over HTTP. */
export function ledgerOverHttp(api: ApiClient): LogSource {
  return logFiles((path) => publishedOverHttp(api).read(path));
}
