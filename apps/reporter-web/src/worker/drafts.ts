/** A draft as a sealed file: an archive of one file, to a code of its own, in the format of attachments. */
import {
  deriveReporterKeys,
  digestBlob,
  makeReporterCode,
  openAttachment,
  sealAttachment,
} from '@app/crypto/seal';
import { decodeUtf8, encodeUtf8, ParseError } from '@app/encoding';
import type { Calls, Json } from '../protocol.js';
import { deps, readCode, shownCode } from './session.js';

const NAME = 'draft.json';

export async function sealDraft(draft: Json, language: string): Promise<Calls['sealDraft']['answer']> {
  const code = makeReporterCode(deps.random);
  const { kemPublicKey } = deriveReporterKeys(code, deps.signing, deps.sealing);
  const data = encodeUtf8(JSON.stringify(draft));
  const file = await sealAttachment(deps.sealing, kemPublicKey, [{ name: NAME, data }]);
  return { code: shownCode(code, language), file };
}

/** @throws {ParseError} `draft_unreadable` for another file, or another code. */
export async function openDraft(
  text: string,
  file: Uint8Array<ArrayBuffer>,
): Promise<Calls['openDraft']['answer']> {
  const { kemSeed } = deriveReporterKeys(readCode(text), deps.signing, deps.sealing);
  try {
    const [draft] = await openAttachment(deps.sealing, kemSeed, file, digestBlob(file));
    return { draft: JSON.parse(decodeUtf8(draft?.data ?? new Uint8Array(0), 'draft')) as Json };
  } catch {
    throw new ParseError('draft_unreadable', 'draft');
  }
}
