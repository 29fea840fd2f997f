/** The release of a page: its manifest is made, signed by the roots like anything else, and put together. */
import path from 'node:path';
import { CeremonyError, rootSignaturesOver } from '@app/client';
import {
  encodeRelease,
  encodeSignedRelease,
  inGroups,
  parseRelease,
  parseRootset,
  sha256,
} from '@app/crypto/verify';
import { type Bytes, bytesEqual, toHex } from '@app/encoding';
import { parseVkey } from '@app/tlog';
import { releaseOf } from '../../release/make-release.js';
import { refuseExisting } from './folder.js';
import { type Ceremony, type Outcome, outcome } from './outcome.js';
import { readDirectory, readPlan, readSignatures } from './state.js';

const manifestName = (number: number): string => `release-${String(number)}.manifest`;

/** Lists the files of a built page, with the pins of a finished directory, as they will be served. */
export async function release(
  { deps, folder }: Ceremony,
  page: string,
  directory: string,
  { number }: { readonly number: number },
): Promise<Outcome> {
  const planned = await readPlan(folder);
  const { rootset } = await readDirectory(folder.at(directory));
  if (!bytesEqual(rootset, planned.rootset))
    throw new CeremonyError('directory_differs', 'its ROOTSET is not that of the plan');
  const trust = await folder.read(path.join(directory, 'trust.json'));
  const origin = parseVkey(planned.logVkey).name;
  const bytes = encodeRelease(
    await releaseOf(path.resolve(page), trust, { number, origin, made: deps.now() }),
  );
  refuseExisting(folder.at(manifestName(number)));
  await folder.write(manifestName(number), bytes);
  const listing = describeRelease(bytes);
  return outcome({ file: manifestName(number), sha256: toHex(sha256(bytes)), listing }, [listing]);
}

/** The document to be published, once enough roots have signed its manifest. */
export async function publish({ deps, folder }: Ceremony, file: string): Promise<Outcome> {
  const { rootset } = await readPlan(folder);
  const manifest = await folder.read(file);
  const { number } = parseRelease(manifest);
  const signed = { signs: 'release', message: manifest, name: path.basename(file) } as const;
  const signatures = rootSignaturesOver(deps.verifier, rootset, signed, await readSignatures(folder));
  const name = `${String(number).padStart(6, '0')}.json`;
  const document = encodeSignedRelease({ manifest, signatures });
  await folder.write(name, document);
  const { threshold } = parseRootset(rootset);
  return outcome({ file: name, number, sha256: toHex(sha256(document)) }, [
    `Written: ${name}, signed by ${String(signatures.length)} roots of which ${String(threshold)} must sign.`,
  ]);
}

/** A manifest in words, for whoever is to sign it. @throws {ParseError} */
export function describeRelease(bytes: Bytes): string {
  const { number, origin, made, headers, files } = parseRelease(bytes);
  return [
    `RELEASE ${String(number)} of the page`,
    `fingerprint  ${inGroups(sha256(bytes))}`,
    `origin       ${origin}`,
    `made         ${new Date(made * 1000).toISOString()}`,
    ...[...files].map(([at, file]) => `file         ${at}\n  ${toHex(file.sha256)}  ${file.type}`),
    ...[...headers].map(([name, value]) => `header       ${name}: ${value}`),
    '',
  ].join('\n');
}
