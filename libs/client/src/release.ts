/** A live page against the release that the ledger names, from outside. */
import { ApiProblem } from '@app/api-client';
import {
  parseKeysetLeafBody,
  parseLeaf,
  PUBLIC_LEAF_CLASS,
  type Release,
  type ReleaseFile,
  sha256,
  verifyRelease,
} from '@app/crypto/verify';
import { type Bytes, bytesEqual, type Instant, toHex } from '@app/encoding';
import { type AuditOptions, auditFrom, type LogSource } from '@app/tlog';
import { refuse } from './deps.js';
import { ledgerOverHttp } from './published.js';
import type { Service } from './service.js';

/** The newest release the ledger names, and where it names it. */
export type LoggedRelease = {
  readonly release: Release;
  /** SHA-256 of the published document. */
  readonly hash: string;
  /** Position of its entry in the ledger. */
  readonly index: number;
  readonly loggedAt: Instant;
  /** Entries of the ledger that were read. */
  readonly entries: number;
  readonly witnessedAt: Instant;
};

/**
 * Finds the release in force. Reads the whole ledger against a witnessed checkpoint: only so is it shown that no
 * newer release is in it, and every entry is proven included on the way.
 *
 * @throws {ParseError} malformed. @throws {VerificationError} as `verifyCheckpoint` and `verifyRelease`;
 * `release_not_logged`, `release_withheld`, `release_altered`; `release_number` unless the numbers of entries rise
 * and the document has that of its entry; `ledger_damaged`; `checkpoint_forked`, `checkpoint_rolled_back`.
 * @see libs/crypto SPEC.md §8.3
 */
export async function releaseInForce(
  { api, deps, trust, checkpoints }: Service,
  options: Pick<AuditOptions, 'onProgress' | 'sha256'> & {
    readonly source?: (size: number) => LogSource;
  } = {},
): Promise<LoggedRelease> {
  const { checkpoint, quorumTime } = await checkpoints.verify(await api.call('checkpoint', {}));
  const named: Named[] = [];
  const { findings } = await auditFrom(
    0,
    checkpoint,
    options.source?.(checkpoint.size) ?? ledgerOverHttp(api),
    {
      onProgress: options.onProgress,
      sha256: options.sha256,
      onEntry: (index, entry) => void named.push(...releaseNamed(index, entry)),
    },
  );
  if (findings.length > 0) refuse('ledger_damaged');
  const newest = named.at(-1) ?? refuse('release_not_logged');
  if (named.some(({ number }, i) => number <= (named[i - 1]?.number ?? 0))) refuse('release_number');
  const document = await published(api, toHex(newest.hash));
  if (!bytesEqual(sha256(document), newest.hash)) refuse('release_altered');
  const expected = { rootset: trust.rootset, origin: checkpoint.origin };
  const release = verifyRelease(deps.verifier, document, expected);
  if (release.number !== newest.number) refuse('release_number');
  return {
    release,
    hash: toHex(newest.hash),
    index: newest.index,
    loggedAt: newest.at,
    entries: checkpoint.size,
    witnessedAt: quorumTime,
  };
}

type Named = {
  readonly index: number;
  readonly number: number;
  readonly hash: Bytes;
  readonly at: Instant;
};

function releaseNamed(index: number, entry: Bytes): Named[] {
  const leaf = parseLeaf(entry);
  if (leaf.class !== PUBLIC_LEAF_CLASS.release) return [];
  const { version, hash } = parseKeysetLeafBody(leaf.body);
  return [{ index, number: version, hash, at: leaf.time }];
}

async function published(api: Service['api'], hash: string): Promise<Bytes> {
  try {
    return await api.call('published', { params: { hash } });
  } catch (error) {
    if (error instanceof ApiProblem && error.code === 'not_found') return refuse('release_withheld');
    throw error;
  }
}

/**
 * - `page_file_missing`: the file is not served, or only by way of another address.
 * - `page_file_changed`: other bytes than those signed.
 * - `page_type_changed`, `page_header_changed`: a header is missing or has another value, the policy among them.
 * - `page_header_added`: a header that makes a browser do more than the page says.
 * - `page_reference_unlisted`: a file of the page has a browser load something that the release does not list.
 */
export type PageCode =
  | 'page_file_missing'
  | 'page_file_changed'
  | 'page_type_changed'
  | 'page_header_changed'
  | 'page_header_added'
  | 'page_reference_unlisted';

export type PageFinding = {
  readonly code: PageCode;
  /** Path of the file. */
  readonly file: string;
  /** The header, or what is referred to. */
  readonly subject?: string;
};

/** One file as it came over the wire, its content encoding undone; redirects are not followed. */
export type Served = {
  readonly status: number;
  readonly headers: ReadonlyMap<string, string>;
  readonly bytes: Bytes;
};

/** Fetches a path of the page. @param encodings - the `accept-encoding` to ask with. */
export type PageReader = (path: string, encodings: string) => Promise<Served>;

/** A server holds the compressed form of a file apart from the plain one, so both are looked at. */
const ENCODINGS = ['identity', 'gzip'];

const ACTIVE_HEADERS = [
  'access-control-allow-origin',
  'clear-site-data',
  'content-security-policy-report-only',
  'link',
  'nel',
  'refresh',
  'report-to',
  'reporting-endpoints',
  'service-worker-allowed',
  'set-cookie',
  'sourcemap',
  'x-sourcemap',
];

/**
 * Holds every file that is served against the release.
 * @returns what does not hold, in the order of the release; nothing if, and only if, all does.
 * @see libs/crypto SPEC.md §8.3
 */
export async function checkPage(release: Release, read: PageReader): Promise<PageFinding[]> {
  const findings: PageFinding[] = [];
  for (const [file, expected] of release.files) {
    for (const encoding of ENCODINGS) {
      const found = checkFile(release, file, expected, await read(file, encoding));
      findings.push(...found);
      if (found.length > 0) break;
    }
  }
  return findings;
}

function checkFile(release: Release, file: string, expected: ReleaseFile, served: Served): PageFinding[] {
  if (served.status !== 200) return [{ code: 'page_file_missing', file }];
  const { bytes, headers } = served;
  const findings: PageFinding[] = [];
  if (bytes.length !== expected.size || !bytesEqual(sha256(bytes), expected.sha256))
    findings.push({ code: 'page_file_changed', file });
  if (headers.get('content-type') !== expected.type) findings.push({ code: 'page_type_changed', file });
  for (const [name, value] of release.headers)
    if (headers.get(name) !== value) findings.push({ code: 'page_header_changed', file, subject: name });
  for (const name of ACTIVE_HEADERS)
    if (headers.has(name) && !release.headers.has(name))
      findings.push({ code: 'page_header_added', file, subject: name });
  const text = new TextDecoder().decode(bytes);
  for (const subject of referencesIn(text, expected.type, file))
    if (!release.files.has(subject)) findings.push({ code: 'page_reference_unlisted', file, subject });
  return findings;
}

const IN_DOCUMENT = /<(?!a\s)[a-z][^>]*?\s(?:src|href|data|action|poster|srcset)\s*=\s*["']?([^"'\s>]+)/gi;
const IN_STYLE = /(?:url\(\s*|@import\s+)["']?([^"')\s;]+)/gi;
const IN_SCRIPT = /["'`](\.{0,2}\/(?:[\w-]+\/)*[\w-]+(?:\.[\w-]+)*\.(?:m?js|css|wasm|html))["'`]/g;

/** What a browser would load by itself for this file: a path of the page, or the address as it stands. */
function referencesIn(text: string, type: string, file: string): string[] {
  const pattern = patternFor(type);
  if (pattern === undefined) return [];
  return [...text.matchAll(pattern)].map(([, address]) => pathOf(String(address), file));
}

function patternFor(type: string): RegExp | undefined {
  if (type.startsWith('text/html')) return IN_DOCUMENT;
  if (type.startsWith('text/css')) return IN_STYLE;
  return type.startsWith('text/javascript') ? IN_SCRIPT : undefined;
}

/** The file's own folder is where a relative address begins (RFC 3986 §5.2). */
function pathOf(address: string, file: string): string {
  if (/^(?:[a-z][a-z0-9+.-]*:|\/\/)/i.test(address)) return address;
  const [plain = ''] = address.split('#');
  const folder = file.slice(0, file.lastIndexOf('/') + 1);
  const parts: string[] = [];
  for (const part of (plain.startsWith('/') ? plain : folder + plain).split('/')) {
    if (part === '..') parts.pop();
    else if (part !== '.' && part !== '') parts.push(part);
  }
  return `/${parts.join('/')}`;
}
