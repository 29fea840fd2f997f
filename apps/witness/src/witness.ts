/**
 * A C2SP tlog-witness for the logs it was given keys of: it cosigns what extends, by a proof checked here, the tree it
 * cosigned last. What it cosigned last is on its own disk before anyone sees the cosignature.
 */
import { type SignatureVerifier, sha256 } from '@app/crypto/verify';
import {
  encodeUtf8,
  fromBase64,
  type Instant,
  ParseError,
  parseDecimal,
  toBase64,
  toHex,
} from '@app/encoding';
import {
  type Clock,
  FileError,
  type PlainAnswer,
  type PlainServerOptions,
  readFileStrict,
  writeFileDurable,
} from '@app/platform';
import {
  type AddCheckpoint,
  cosign,
  decideAddCheckpoint,
  encodeNote,
  type NoteSignature,
  type NoteSigner,
  parseAddCheckpoint,
  parseCheckpoint,
  parseNote,
  type VerifierKey,
  type WitnessState,
} from '@app/tlog';
import path from 'node:path';

export type WitnessDeps = {
  readonly signer: NoteSigner;
  /** The keys of the logs; their names are the origins. A log may have several, any one of which may sign. */
  readonly logKeys: readonly VerifierKey[];
  readonly verifier: SignatureVerifier;
  readonly clock: Clock;
  readonly stateDir: string;
  /** `writeFileDurable` if left out. */
  readonly write?: typeof writeFileDurable;
};

/** `time` is that of the last cosignature. */
type Cosigned = WitnessState & { readonly time: Instant };

const STATE_MAX_BYTES = 256;
const NOTE_MAX_BYTES = 262_144;
const SIZE_TYPE = 'text/x.tlog.size';

export class Witness {
  readonly #deps: WitnessDeps;
  /** The last request of each origin: the next waits for it. */
  readonly #turns = new Map<string, Promise<unknown>>();

  constructor(deps: WitnessDeps) {
    this.#deps = deps;
  }

  /**
   * Answers `POST add-checkpoint`: 200 with the cosignature line; 400, 403, 404, 409 with the known size, or 422.
   * @see libs/tlog/SPEC.md §7
   */
  async addCheckpoint(body: string): Promise<PlainAnswer> {
    const request = parsed(body);
    if (request === undefined) return { status: 400, body: 'malformed request\n' };
    const { origin } = request.checkpoint;
    const logKeys = this.#deps.logKeys.filter(({ name }) => name === origin);
    // C2SP tlog-witness, add-checkpoint: 404 for an origin that is not known.
    if (logKeys.length === 0) return { status: 404, body: 'unknown origin\n' };
    const turn = (this.#turns.get(origin) ?? Promise.resolve()).then(() => this.#decide(request, logKeys));
    this.#turns.set(
      origin,
      turn.catch(() => undefined),
    );
    return turn;
  }

  /** The origins of its logs. */
  get origins(): readonly string[] {
    return [...new Set(this.#deps.logKeys.map(({ name }) => name))];
  }

  /** The checkpoint of a log that it cosigned last, with the log's signatures and its own; 404 if there is none. */
  async checkpoint(origin: string): Promise<PlainAnswer> {
    try {
      const note = await readFileStrict(this.#fileOf(origin, 'checkpoint'), NOTE_MAX_BYTES);
      return { status: 200, body: Buffer.from(note).toString('utf8') };
    } catch (error) {
      if (!(error instanceof FileError) || error.code !== 'file_missing') throw error;
      return { status: 404, body: 'never cosigned\n' };
    }
  }

  /** Fails if a state on disk cannot be read: without it nothing may be cosigned. */
  async checkState(): Promise<void> {
    for (const origin of this.origins) await readState(this.#fileOf(origin, 'cosigned'));
  }

  async #decide(request: AddCheckpoint, logKeys: readonly VerifierKey[]): Promise<PlainAnswer> {
    const { signer, verifier, clock, write = writeFileDurable } = this.#deps;
    const { origin } = parseCheckpoint(parseNote(request.note).body);
    const file = this.#fileOf(origin, 'cosigned');
    const state = await readState(file);
    const decision = decideAddCheckpoint(state, request, logKeys, verifier);
    if (decision.status === 409) return { status: 409, type: SIZE_TYPE, body: decision.body };
    if (decision.status !== 200) return decision;
    // A clock that was set back must not make a later tree look older.
    const time = Math.max(clock.now(), state?.time ?? 0);
    const line = cosign(decision.body, time, signer);
    await write(file, encodeUtf8(encodeState({ ...decision.next, time })));
    // Crash here: the tree counts as cosigned, and the log may ask for it again.
    const note = encodeNote({ body: decision.body, signatures: signaturesBy(logKeys, request.note) });
    await write(this.#fileOf(origin, 'checkpoint'), encodeUtf8(`${note}${line}`));
    return { status: 200, body: line };
  }

  #fileOf(origin: string, kind: 'cosigned' | 'checkpoint'): string {
    return path.join(this.#deps.stateDir, `${originHash(origin).slice(0, 32)}.${kind}`);
  }
}

/** What a witness answers, under the prefix of its submissions and of its monitors alike. */
export function routesOf(witness: Witness, prefix = ''): Pick<PlainServerOptions, 'post' | 'get'> {
  // C2SP tlog-witness, Monitor Retrieval Mechanism: the SHA-256 of the origin in lower-case hexadecimal.
  const monitored = witness.origins.map((origin) => [
    `${prefix}/${originHash(origin)}/checkpoint`,
    () => witness.checkpoint(origin),
  ]);
  return {
    post: { [`${prefix}/add-checkpoint`]: (body) => witness.addCheckpoint(body) },
    get: Object.fromEntries(monitored) as PlainServerOptions['get'] & object,
  };
}

function originHash(origin: string): string {
  return toHex(sha256(encodeUtf8(origin)));
}

/** The signature lines of known keys; that they hold was decided before. */
function signaturesBy(keys: readonly VerifierKey[], note: string): NoteSignature[] {
  return parseNote(note).signatures.filter((signature) =>
    keys.some(({ name, keyId }) => name === signature.name && keyId === signature.keyId),
  );
}

function parsed(body: string): ReturnType<typeof parseAddCheckpoint> | undefined {
  try {
    return parseAddCheckpoint(body);
  } catch (error) {
    if (error instanceof ParseError) return undefined;
    throw error;
  }
}

/** One line: size, root and time. */
function encodeState({ size, root, time }: Cosigned): string {
  return `${String(size)} ${toBase64(root)} ${String(time)}\n`;
}

async function readState(file: string): Promise<Cosigned | undefined> {
  try {
    const text = Buffer.from(await readFileStrict(file, STATE_MAX_BYTES)).toString('utf8');
    const [size = '', root = '', time = ''] = text.trimEnd().split(' ');
    const state = {
      size: parseDecimal(size, 'state'),
      root: fromBase64(root, 'state', 32),
      time: parseDecimal(time, 'state'),
    };
    if (encodeState(state) !== text) throw new ParseError('not_canonical', 'state');
    return state;
  } catch (error) {
    if (error instanceof FileError && error.code === 'file_missing') return undefined;
    throw error;
  }
}
