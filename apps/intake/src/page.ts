/** The reporter page at `/` of the public origin: the built files, and what the page pins. */
import { PAGE_TRUST } from '@app/contracts';
import { EXIT, readFileStrict, readPage, StartupError, type StaticPage } from '@app/platform';

const TRUST_MAX_BYTES = 65_536;

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
  return readPage(folder, { [PAGE_TRUST]: await readFileStrict(trustFile, TRUST_MAX_BYTES) });
}
