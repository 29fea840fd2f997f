/** A package on disk: a folder with the sealed report, which never changes, and what was signed to send it. */
import { existsSync } from 'node:fs';
import { mkdtemp, open, readFile, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import {
  encodeRequests,
  parsePackage,
  parseRequests,
  type ReportPackage,
  type RequestMemory,
} from '@app/client';
import type { Bytes } from '@app/encoding';
import { readFileStrict, writeFileDurable } from '@app/platform';
import { CliError } from '../errors.js';

const REPORT = 'report.sealed';
const REQUESTS = 'requests';
const PROMISE = 'promise.json';
const MAX_PACKAGE_BYTES = 1_610_612_736;

/** @throws {CliError} `package_exists` if anything has this name. */
export function refuseExisting(dir: string): void {
  if (existsSync(dir))
    throw new CliError(
      'package_exists',
      `${dir} is there already and is not overwritten; choose another --out.`,
    );
}

/** All of the package or none of it; the folder is 0700, its files 0600. */
export async function writePackage(dir: string, bytes: Bytes): Promise<void> {
  refuseExisting(dir);
  const parent = path.dirname(path.resolve(dir));
  const draft = await mkdtemp(path.join(parent, `.${path.basename(dir)}.`));
  try {
    await writeFileDurable(path.join(draft, REPORT), bytes);
    refuseExisting(dir);
    await rename(draft, dir);
  } finally {
    await rm(draft, { recursive: true, force: true });
  }
  const folder = await open(parent, 'r');
  await folder.sync().finally(() => folder.close());
}

/** @throws {CliError} `package_malformed`. */
export async function readPackage(dir: string): Promise<ReportPackage> {
  const file = path.join(dir, REPORT);
  if (!existsSync(file))
    throw new CliError(
      'package_missing',
      `${dir} is no package: "safe-conduct seal" makes one, a folder with ${REPORT}.`,
    );
  const bytes = await readFileStrict(file, MAX_PACKAGE_BYTES);
  try {
    return parsePackage(bytes);
  } catch {
    throw new CliError(
      'package_malformed',
      `${file} is not a whole package of this version. Nothing was sent; use another copy, or seal the report again.`,
    );
  }
}

/** What was signed for this package before; every request is on the disk before it is sent. */
export async function requestsOf(dir: string): Promise<RequestMemory> {
  const file = path.join(dir, REQUESTS);
  let all = existsSync(file) ? parseRequests(await readFile(file, 'utf8')) : [];
  return {
    earlier: all,
    keep: async (request) => {
      all = [...all, request];
      await writeFileDurable(file, Buffer.from(encodeRequests(all)));
    },
  };
}

/** The promise is evidence if the entry never appears in the ledger. @returns the file. */
export async function keepPromise(dir: string, promise: unknown): Promise<string> {
  const file = path.join(dir, PROMISE);
  await writeFileDurable(file, Buffer.from(`${JSON.stringify(promise, null, 2)}\n`));
  return file;
}
