/** The evaluation organisation signs the page it serves, whenever that is another than the one it signed last. */
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { type ClientDeps, signAsRoot } from '@app/client';
import { makeSigner } from '@app/crypto/sign';
import {
  encodeRelease,
  encodeSignedRelease,
  parseRelease,
  parseRootset,
  parseSignedRelease,
  type Release,
  TAG,
} from '@app/crypto/verify';
import { bytesEqual, fromHex, ParseError } from '@app/encoding';
import { releaseOf } from '../release/make-release.js';
import { readOrigin, readTrust } from './evaluation-files.js';

/** Puts the release of the page where the worker publishes from. Without root keys here, others have to. */
export async function ensureRelease(deps: ClientDeps, dataDir: string, page: string): Promise<void> {
  const directory = path.join(dataDir, 'directory');
  const { threshold } = parseRootset(readTrust(path.join(directory, 'trust.json')).rootset);
  const seeds = Array.from({ length: threshold }, (_, i) =>
    path.join(dataDir, 'keys', `root-${String(i + 1)}.key`),
  );
  if (!seeds.every((file) => existsSync(file))) return;
  const folder = path.join(directory, 'published', 'release');
  mkdirSync(folder, { recursive: true });
  const names = readdirSync(folder).filter((name) => !name.startsWith('.'));
  const newest = names.sort().at(-1);
  const last = newest === undefined ? undefined : readLast(path.join(folder, newest));
  const manifest = await releaseOf(page, Uint8Array.from(readFileSync(path.join(directory, 'trust.json'))), {
    number: names.length + 1,
    origin: readOrigin(dataDir),
    made: deps.now(),
  });
  if (last !== undefined && isSame(last, manifest)) return;
  const bytes = encodeRelease(manifest);
  const signatures = seeds.map((file, rootIndex) => {
    const seed = fromHex(readFileSync(file, 'utf8').trim(), 'root_key', 32);
    return signAsRoot({ rootIndex, signer: makeSigner(deps.signing, seed) }, TAG.release, bytes);
  });
  publish(folder, manifest.number, encodeSignedRelease({ manifest: bytes, signatures }));
}

function isSame(last: Release, next: Release): boolean {
  const { number, made } = last;
  return bytesEqual(encodeRelease(last), encodeRelease({ ...next, number, made }));
}

/** @returns undefined if the last document is no release: then the next one puts that right. */
function readLast(file: string): Release | undefined {
  try {
    return parseRelease(parseSignedRelease(Uint8Array.from(readFileSync(file))).manifest);
  } catch (error) {
    if (error instanceof ParseError) return undefined;
    throw error;
  }
}

/** The worker takes a file once its name has no leading dot, in the order of names. */
function publish(folder: string, number: number, document: Uint8Array): void {
  const name = `${String(number).padStart(6, '0')}.json`;
  writeFileSync(path.join(folder, `.${name}`), document);
  renameSync(path.join(folder, `.${name}`), path.join(folder, name));
}
