/** `safe-conduct verify-page`: a live page against the release that the ledger names. */
import { Unreachable } from '@app/api-client';
import {
  checkPage,
  ledgerOverHttp,
  type LoggedRelease,
  type PageCode,
  type PageFinding,
  releaseInForce,
  type Served,
} from '@app/client';
import { type Bytes, concatBytes } from '@app/encoding';
import { sha256 } from '@app/platform';
import type { Command } from 'commander';
import { connectTo } from '../connecting.js';
import { print, utc } from '../terminal.js';
import { explaining } from './failures.js';
import { readingAhead } from './ledger-files.js';
import { ProgressDisplay } from './progress.js';

type Options = {
  readonly trust: string;
  readonly acceptSilentWitnesses?: boolean;
  readonly json?: boolean;
};

export function registerVerifyPage(program: Command): void {
  program
    .command('verify-page <url>')
    .description('check the page that a service serves now against the release its ledger names')
    .requiredOption('--trust <file>', 'what you pinned: trust.json')
    .option('--accept-silent-witnesses', 'go on although the witnesses have been silent for 7 to 30 days')
    .option('--json')
    .action(explaining(run));
}

async function run(url: string, options: Options): Promise<void> {
  const service = await connectTo({ ...options, service: url });
  const display = new ProgressDisplay();
  const logged = await releaseInForce(service, {
    sha256,
    source: (size) => readingAhead(ledgerOverHttp(service.api), size),
    onProgress: (done, total) => {
      display.show(done, total);
    },
  });
  display.end();
  const origin = url.replace(/\/$/, '');
  const findings = await checkPage(logged.release, (path, encodings) =>
    served(`${origin}${path}`, encodings),
  );
  const { release, hash, index, loggedAt, entries, witnessedAt } = logged;
  const facts = {
    holds: findings.length === 0,
    release: { number: release.number, hash, files: release.files.size, made: release.made },
    entry: { index, loggedAt, entries, witnessedAt },
    findings,
  };
  print(facts, options.json, [...findings.map(sentence), summary(logged, findings)].join('\n'));
  if (findings.length > 0) process.exitCode = 1;
}

function summary({ release, index, loggedAt, witnessedAt }: LoggedRelease, findings: PageFinding[]): string {
  const which = `release ${String(release.number)}, entry ${String(index)} of the ledger since ${utc(loggedAt)}`;
  return findings.length === 0
    ? `The page is ${which}: all ${String(release.files.size)} files and their headers are as the officers signed them, and no newer release was in the ledger at ${utc(witnessedAt)}.`
    : `The page is NOT ${which}. Do not use it, and keep what you saw.`;
}

const SENTENCES: Readonly<Record<PageCode, string>> = {
  page_file_missing: 'is not served',
  page_file_changed: 'is not the file that was signed',
  page_type_changed: 'is served as another type of content',
  page_header_changed: 'is served without, or with another value of, the header',
  page_header_added: 'is served with a header that is no part of the release:',
  page_reference_unlisted: 'loads something that is no part of the release:',
};

function sentence({ code, file, subject }: PageFinding): string {
  // What a server says is shown quoted: it could bring control characters.
  const what = subject === undefined ? '' : ` ${JSON.stringify(subject)}`;
  return `${file} ${SENTENCES[code]}${what} (${code})`;
}

const FETCH_MS = 30_000;
const FILE_MAX_BYTES = 16_777_216;

/** @throws {Unreachable} if there is no answer, or no end of it. */
async function served(url: string, encodings: string): Promise<Served> {
  try {
    const signal = AbortSignal.timeout(FETCH_MS);
    const response = await fetch(url, {
      redirect: 'manual',
      headers: { 'accept-encoding': encodings },
      signal,
    });
    const bytes = await bodyOf(response);
    return { status: response.status, headers: new Map(response.headers), bytes };
  } catch {
    throw new Unreachable();
  }
}

/** As much as the largest file may have; what is longer is another file already. */
async function bodyOf(response: Response): Promise<Bytes> {
  const parts: Uint8Array[] = [];
  const reader = response.body?.getReader();
  for (let length = 0; reader !== undefined && length <= FILE_MAX_BYTES;) {
    const part: { readonly value?: Uint8Array | undefined } = await reader.read();
    if (part.value === undefined) break;
    parts.push(part.value);
    length += part.value.length;
  }
  await reader?.cancel();
  return concatBytes(...parts);
}
