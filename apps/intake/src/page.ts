/** The reporter page at `/` of the public origin: the built files, and what the page pins. */
import { EXIT, readFileStrict, StartupError } from '@app/platform';
import { readPage, type StaticPage } from '@app/platform/nest';

const TRUST_MAX_BYTES = 65_536;

/**
 * What the page needs beyond the policy of every origin: its own scripts, requests to its own origin, and one
 * Trusted Types policy that makes nothing but the address of its worker.
 */
export const PAGE_POLICY = {
  'script-src': "'self'",
  'connect-src': "'self'",
  'worker-src': "'self'",
  'trusted-types': 'sealing-worker',
} as const;

/**
 * Reads the page and its pins; undefined where no page is served here.
 * @throws StartupError if only one of both is there.
 */
export async function reporterPage(
  folder: string | undefined,
  trustFile: string | undefined,
): Promise<StaticPage | undefined> {
  if (folder === undefined && trustFile === undefined) return undefined;
  if (folder === undefined || trustFile === undefined)
    throw new StartupError(
      'SAFE_CONDUCT_PAGE_DIR and SAFE_CONDUCT_TRUST_FILE go together.',
      EXIT.configuration,
    );
  return readPage(folder, { '/trust.json': await readFileStrict(trustFile, TRUST_MAX_BYTES) });
}
