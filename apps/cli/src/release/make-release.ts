/** The release of a built page: what intake serves of it, and with which headers. */
import { PAGE_POLICY, PAGE_TRUST } from '@app/contracts';
import { type Release, sha256 } from '@app/crypto/verify';
import { type Bytes, encodeUtf8 } from '@app/encoding';
import { LANDING_ICON, readPage, securityHeaders } from '@app/platform';

/**
 * Lists the files of a built page as they are served.
 * @param folder - the built page.
 * @param trust - the bytes of trust.json, which the page pins.
 * @throws StartupError if there is no page in the folder.
 */
export async function releaseOf(
  folder: string,
  trust: Bytes,
  about: Pick<Release, 'number' | 'origin' | 'made'>,
): Promise<Release> {
  const page = await readPage(folder, { [PAGE_TRUST]: trust, '/icon.svg': encodeUtf8(LANDING_ICON) });
  const files = [...page].map(
    ([at, { type, bytes }]): [string, { sha256: Bytes; size: number; type: string }] => [
      at,
      { sha256: sha256(bytes), size: bytes.length, type },
    ],
  );
  return { ...about, headers: new Map(Object.entries(securityHeaders(PAGE_POLICY))), files: new Map(files) };
}
