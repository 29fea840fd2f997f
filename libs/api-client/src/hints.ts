/** The desk's event stream, read as it comes. */
import { type DeskHint, parseHint } from '@app/contracts';
import { ParseError } from '@app/encoding';
import { Unreachable } from './errors.js';
import type { FetchAnswer } from './transport.js';

const BLOCK_MAX_CHARACTERS = 4_096;

/**
 * The hints in an answer, until the service ends it.
 * @throws {Unreachable} the connection broke. @throws {ParseError} `bad_answer`: this is no such stream.
 */
export async function* readHints({ body, headers }: FetchAnswer): AsyncGenerator<DeskHint, void> {
  if (headers.get('content-type') !== 'text/event-stream') throw new ParseError('bad_answer', 'api.events');
  const reader = body?.getReader();
  let text = '';
  try {
    while (reader !== undefined) {
      const { done, value } = await reader.read().catch(() => {
        throw new Unreachable();
      });
      if (done) return;
      // Every byte of a hint is ASCII.
      text += String.fromCharCode(...(value ?? []));
      const blocks = text.split('\n\n');
      text = blocks.pop() ?? '';
      if (text.length > BLOCK_MAX_CHARACTERS) throw new ParseError('bad_answer', 'api.events');
      yield* blocks.map(parseHint).filter((hint) => hint !== undefined);
    }
  } finally {
    void reader?.cancel().catch(() => undefined);
  }
}
