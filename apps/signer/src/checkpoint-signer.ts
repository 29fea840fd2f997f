/**
 * The signer's one rule: it signs a tree only if it extends, by a proof checked here, the tree it signed last.
 * What it signed last is on its own disk before anyone sees the signature.
 */
import { encodeUtf8, fromBase64, ParseError, parseDecimal, toBase64, VerificationError } from '@app/encoding';
import { FileError, type PlainAnswer, readFileStrict, writeFileDurable } from '@app/platform';
import {
  emptyRoot,
  encodeCheckpoint,
  type Hash,
  type NoteSigner,
  signNote,
  verifyConsistency,
} from '@app/tlog';
import { z } from 'zod';

const STATE_MAX_BYTES = 256;
const PROOF_MAX_HASHES = 63;

/** Body of `POST /sign`. */
const signRequestSchema = z.strictObject({
  size: z.int().min(0),
  root: z.string(),
  oldSize: z.int().min(0).optional(),
  proof: z.array(z.string()).max(PROOF_MAX_HASHES).default([]),
});

type SignRequest = {
  readonly size: number;
  readonly root: Hash;
  readonly oldSize: number;
  readonly proof: readonly Hash[];
};

type Signed = { readonly size: number; readonly root: Hash };

/** Signs checkpoints of one log. Requests wait for each other, so that each is judged by the state the last one left. */
export class CheckpointSigner {
  readonly #signer: NoteSigner;
  readonly #stateFile: string;
  readonly #write: typeof writeFileDurable;
  #last: Promise<unknown> = Promise.resolve();

  /** @param write - durable when it resolves, and whole or not at all. */
  constructor(signer: NoteSigner, stateFile: string, write = writeFileDurable) {
    this.#signer = signer;
    this.#stateFile = stateFile;
    this.#write = write;
  }

  /**
   * 200 with the signed note; 400 for a malformed request; 409 with the size signed last if the proof does not begin
   * there or the tree is smaller; 422 if the tree is not an extension of it. The reason is the answer's body.
   */
  sign(body: string): Promise<PlainAnswer> {
    const turn = this.#last.then(() => this.#sign(body));
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  /** Fails if the state on disk cannot be read: without it nothing may be signed. */
  async checkState(): Promise<void> {
    await readState(this.#stateFile);
  }

  async #sign(body: string): Promise<PlainAnswer> {
    const request = parseRequest(body);
    if (request === undefined) return { status: 400, body: 'malformed\n' };
    const signed = await readState(this.#stateFile);
    const refusal = refusalOf(signed, request);
    if (refusal !== undefined) return refusal;
    const { size, root } = request;
    const text = encodeCheckpoint({ origin: this.#signer.name, size, root });
    const note = `${text}\n${signNote(text, this.#signer)}`;
    if (size !== signed.size) await this.#write(this.#stateFile, encodeUtf8(encodeState({ size, root })));
    // Crash here: the tree counts as signed, and asking again gives the same signature.
    return { status: 200, body: note };
  }
}

function refusalOf(signed: Signed, request: SignRequest): PlainAnswer | undefined {
  const isSame = request.size === signed.size;
  const startsThere = request.oldSize === signed.size;
  // The same tree again needs no proof; everything else starts from the tree signed last.
  if (request.size < signed.size || (!isSame && !startsThere)) {
    return { status: 409, body: `${String(signed.size)}\n` };
  }
  try {
    verifyConsistency(signed.size, signed.root, request.size, request.root, isSame ? [] : request.proof);
    return undefined;
  } catch (error) {
    if (!(error instanceof VerificationError)) throw error;
    return { status: 422, body: isSame ? 'fork\n' : 'not_consistent\n' };
  }
}

function parseRequest(body: string): SignRequest | undefined {
  try {
    const parsed = signRequestSchema.safeParse(JSON.parse(body));
    if (!parsed.success) return undefined;
    const { size, root, oldSize = 0, proof } = parsed.data;
    return {
      size,
      root: fromBase64(root, 'root', 32),
      oldSize,
      proof: proof.map((hash) => fromBase64(hash, 'proof', 32)),
    };
  } catch (error) {
    if (error instanceof ParseError || error instanceof SyntaxError) return undefined;
    throw error;
  }
}

/** One line: size and root. */
function encodeState({ size, root }: Signed): string {
  return `${String(size)} ${toBase64(root)}\n`;
}

async function readState(file: string): Promise<Signed> {
  try {
    const text = Buffer.from(await readFileStrict(file, STATE_MAX_BYTES)).toString('utf8');
    const [size = '', root = ''] = text.trimEnd().split(' ');
    const state = { size: parseDecimal(size, 'state'), root: fromBase64(root, 'state', 32) };
    if (encodeState(state) !== text) throw new ParseError('not_canonical', 'state');
    return state;
  } catch (error) {
    if (error instanceof FileError && error.code === 'file_missing') return { size: 0, root: emptyRoot() };
    throw error;
  }
}
