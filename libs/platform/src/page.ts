/** A static page as an origin serves it: every file read once, compressed once, and the same for every reader. */
import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { gzipSync } from 'node:zlib';
import type { FastifyInstance } from 'fastify';
import { EXIT, StartupError } from './startup.js';

type PageFile = { readonly type: string; readonly bytes: Buffer; readonly zipped: Buffer };

/** Files by the path they are served at; the document is at `/`. */
export type StaticPage = ReadonlyMap<string, PageFile>;

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.json': 'application/json',
  '.svg': 'image/svg+xml',
};
const DOCUMENT = '/index.html';

/**
 * Reads a built page.
 * @param extra - files that are not of the build, by the path they are served at.
 * @throws StartupError if there is no page in the folder.
 */
export async function readPage(
  folder: string,
  extra: Readonly<Record<string, Uint8Array>> = {},
): Promise<StaticPage> {
  const files = new Map<string, PageFile>();
  const entries = await readdir(folder, { recursive: true, withFileTypes: true }).catch(() => []);
  for (const entry of entries.filter((one) => one.isFile())) {
    const file = path.join(entry.parentPath, entry.name);
    const at = `/${path.relative(folder, file).split(path.sep).join('/')}`;
    files.set(at === DOCUMENT ? '/' : at, pageFile(at, await readFile(file)));
  }
  for (const [at, bytes] of Object.entries(extra)) files.set(at, pageFile(at, bytes));
  if (!files.has('/'))
    throw new StartupError('There is no built page in the folder of the page.', EXIT.configuration);
  return files;
}

function pageFile(at: string, content: Uint8Array): PageFile {
  const bytes = Buffer.from(content);
  const type = TYPES[path.extname(at)] ?? 'application/octet-stream';
  return { type, bytes, zipped: gzipSync(bytes, { level: 9 }) };
}

/**
 * One route for each file. Names carry a hash of the content, yet nothing may be kept: a cached page is a trace on
 * the device of whoever opened it.
 */
export function addPage(instance: FastifyInstance, page: StaticPage): void {
  for (const [at, { type, bytes, zipped }] of page) {
    instance.get(at, (request, reply) => {
      const isZipped = /\bgzip\b/.test(request.headers['accept-encoding'] ?? '');
      void reply.header('content-type', type).header('vary', 'accept-encoding');
      if (isZipped) void reply.header('content-encoding', 'gzip');
      return reply.send(isZipped ? zipped : bytes);
    });
  }
}
