/** The parties a checkpoint is sent to: the signer and the witnesses. All of them may be away at any time. */
import { type Bytes, concatBytes, decodeUtf8, parseDecimal, toBase64 } from '@app/encoding';
import { encodeAddCheckpoint, type Hash } from '@app/tlog';

/** What a signer needs to sign a tree: its head, and the proof that it extends the tree it signed last. */
export type SignRequest = {
  readonly size: number;
  readonly root: Bytes;
  readonly oldSize: number;
  readonly proof: readonly Hash[];
};

/**
 * - `signed`: the note, signed.
 * - `other_size`: the proof should begin at `size`, the last size it knows.
 * - `refused`: it will not sign this tree, ever.
 * - `away`: no answer, or none that makes sense; ask again later.
 */
export type SignAnswer =
  | { readonly kind: 'signed'; readonly note: string }
  | { readonly kind: 'other_size'; readonly size: number }
  | { readonly kind: 'refused' }
  | { readonly kind: 'away' };

export interface CheckpointSigner {
  sign(request: SignRequest): Promise<SignAnswer>;
}

export type CosignRequest = {
  readonly oldSize: number;
  readonly proof: readonly Hash[];
  readonly note: string;
};

/** As `SignAnswer`; `lines` are signature lines, not yet verified. */
export type CosignAnswer =
  | { readonly kind: 'cosigned'; readonly lines: readonly string[] }
  | { readonly kind: 'other_size'; readonly size: number }
  | { readonly kind: 'refused' }
  | { readonly kind: 'away' };

export interface Witness {
  addCheckpoint(request: CosignRequest): Promise<CosignAnswer>;
}

const TIMEOUT_MS = 5_000;
const ANSWER_MAX_BYTES = 65_536;

/** The signer process at a URL: `POST /sign`. */
export function httpSigner(url: string, timeoutMs = TIMEOUT_MS): CheckpointSigner {
  return {
    sign: async ({ size, root, oldSize, proof }) => {
      const request = { size, root: toBase64(root), oldSize, proof: proof.map(toBase64) };
      const body = JSON.stringify(request);
      const answer = await post(`${trimmed(url)}/sign`, 'application/json', body, timeoutMs);
      if (answer?.status === 200) return { kind: 'signed', note: answer.text };
      return answer === undefined ? { kind: 'away' } : refusal(answer);
    },
  };
}

/** A witness at a URL, spoken to as C2SP tlog-witness says: `POST add-checkpoint`. */
export function httpWitness(url: string, timeoutMs = TIMEOUT_MS): Witness {
  return {
    addCheckpoint: async (request) => {
      const body = encodeAddCheckpoint(request);
      const answer = await post(`${trimmed(url)}/add-checkpoint`, 'text/plain', body, timeoutMs);
      if (answer?.status === 200) {
        return { kind: 'cosigned', lines: answer.text.split('\n').filter((line) => line !== '') };
      }
      return answer === undefined ? { kind: 'away' } : refusal(answer);
    },
  };
}

type Answer = { readonly status: number; readonly text: string };

function refusal({
  status,
  text,
}: Answer): Extract<CosignAnswer, { kind: 'other_size' | 'refused' | 'away' }> {
  if (status === 409) return otherSize(text);
  // C2SP tlog-witness, add-checkpoint: 422 for a proof that does not hold.
  return { kind: status === 422 ? 'refused' : 'away' };
}

/** C2SP tlog-witness, add-checkpoint: the body of a 409 is the known size and a newline. */
function otherSize(text: string): { kind: 'other_size'; size: number } | { kind: 'away' } {
  try {
    return { kind: 'other_size', size: parseDecimal(text.trimEnd(), 'tree size') };
  } catch {
    return { kind: 'away' };
  }
}

async function post(url: string, type: string, body: string, timeoutMs: number): Promise<Answer | undefined> {
  try {
    const signal = AbortSignal.timeout(timeoutMs);
    const headers = { 'content-type': type };
    const response = await fetch(url, { method: 'POST', headers, body, signal, redirect: 'error' });
    const text = await readText(response);
    return text === undefined ? undefined : { status: response.status, text };
  } catch {
    return undefined;
  }
}

/** Undefined if the answer is longer than any can be. */
async function readText({ body }: Response): Promise<string | undefined> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  for await (const chunk of (body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > ANSWER_MAX_BYTES) return undefined;
    chunks.push(chunk);
  }
  return decodeUtf8(concatBytes(...chunks), 'answer');
}

function trimmed(url: string): string {
  return url.replace(/\/+$/, '');
}
