/** A whole log on a real HTTP server, served as static files are: by anybody's server, not ours. */
import { makeSigner, nobleSigning } from '@app/crypto/sign';
import { type Bytes, concatBytes, encodeUtf8, toBase64 } from '@app/encoding';
import type { Trust } from '@app/client';
import {
  ALGORITHM_COSIGNATURE,
  ALGORITHM_ED25519,
  cosign,
  deriveKeyId,
  encodeCheckpoint,
  encodeEntryBundle,
  encodeVkey,
  entriesPath,
  growTiles,
  leafHash,
  logFiles,
  type NoteSigner,
  rootFromTiles,
  signNote,
  tilePath,
  type VerifierKey,
} from '@app/tlog';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

type Key = NoteSigner & VerifierKey;

function keyOf(name: string, algorithm: number, fill: number): Key {
  const raw = makeSigner(nobleSigning(), new Uint8Array(32).fill(fill));
  const keyId = deriveKeyId(name, algorithm, raw.publicKey);
  return { name, keyId, algorithm, publicKey: raw.publicKey, sign: (message) => raw.signRaw(message) };
}

/** The keys are the same for every log, so that two of them can be forks of one. */
export const TEST_LOG = keyOf('log.example/1', ALGORITHM_ED25519, 1);
export const TEST_WITNESS = keyOf('w.example', ALGORITHM_COSIGNATURE, 2);

export class LogServer {
  readonly files = new Map<string, Bytes>();
  readonly requests: string[] = [];
  /** Once so many requests were answered, connections are cut. */
  cutAfter = Infinity;
  url = '';
  /** The path below which the files are served. */
  prefix = '';
  readonly #label: string;
  #entries: Bytes[] = [];
  #server: Server | undefined;

  constructor(label = 'a') {
    this.#label = label;
  }

  /** Grows with entries of its label, or with these, and publishes a checkpoint. */
  async grow(count: number, time: number, given: readonly Bytes[] = []): Promise<void> {
    const before = this.#entries.length;
    for (let i = 0; i < count; i += 1) {
      this.#entries.push(given[i] ?? encodeUtf8(`${this.#label} ${String(before + i)}`));
    }
    const hashes = this.#entries.slice(before).map(leafHash);
    for (const { tile, bytes } of await growTiles(before, hashes, this.#source()))
      this.files.set(tilePath(tile), bytes);
    for (let index = Math.floor(before / 256); index * 256 < this.#entries.length; index += 1) {
      const bundle = this.#entries.slice(index * 256, (index + 1) * 256);
      this.files.set(entriesPath(index, bundle.length), encodeEntryBundle(bundle));
    }
    await this.sign(time);
  }

  async sign(time: number): Promise<void> {
    const size = this.#entries.length;
    const root = await rootFromTiles(size, this.#source());
    const body = encodeCheckpoint({ origin: TEST_LOG.name, size, root });
    const note = `${body}\n${signNote(body, TEST_LOG)}${cosign(body, time, TEST_WITNESS)}`;
    this.files.set('checkpoint', encodeUtf8(note));
  }

  trust(rootset: Bytes = new Uint8Array(0)): Trust {
    const keys = [`log ${encodeVkey(TEST_LOG)}`, `witness W ${encodeVkey(TEST_WITNESS)}`];
    return { rootset, policy: `${keys.join('\n')}\nquorum W\n` };
  }

  /** The content of a trust.json. */
  trustJson(rootset: Bytes = new Uint8Array(0)): string {
    return JSON.stringify({ rootset: toBase64(rootset), policy: this.trust().policy });
  }

  async start(): Promise<void> {
    this.#server = createServer((request, response) => {
      const asked = request.url ?? '';
      const path = asked.startsWith(`${this.prefix}/`) ? asked.slice(this.prefix.length + 1) : asked;
      this.requests.push(path);
      if (this.requests.length > this.cutAfter) return void request.socket.destroy();
      const bytes = this.files.get(path);
      if (bytes === undefined) response.writeHead(404, { 'content-type': 'text/html' }).end('no such file');
      else response.end(bytes);
    });
    await new Promise<void>((resolve) => this.#server?.listen(0, '127.0.0.1', resolve));
    this.url = `http://127.0.0.1:${String((this.#server.address() as AddressInfo).port)}`;
  }

  async stop(): Promise<void> {
    this.#server?.closeAllConnections();
    await new Promise((resolve) => this.#server?.close(resolve));
  }

  #source() {
    return logFiles((path) => Promise.resolve(this.files.get(path)));
  }
}

/** The bytes with one bit of one byte turned. */
export function flipped(bytes: Bytes, at = bytes.length - 1): Bytes {
  return concatBytes(bytes.slice(0, at), Uint8Array.of((bytes[at] ?? 0) ^ 1), bytes.slice(at + 1));
}
