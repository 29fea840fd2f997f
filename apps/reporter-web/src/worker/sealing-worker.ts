/** Everything secret of the page: sealing, sending, reading. One question at a time, in the order they were asked. */
import './before-zod.js';
import { ApiProblem, Unreachable } from '@app/api-client';
import { ReceiptWordError } from '@app/crypto/seal';
import { ParseError, VerificationError } from '@app/encoding';
import type { Calls, Failed, Op, Question, Reply } from '../protocol.js';
import { openDraft, sealDraft } from './drafts.js';
import { changeOneConsent, judge, open, write } from './mailbox.js';
import { connectToOffice, seal, send } from './report.js';

type Handlers = { [O in Op]: (ask: Calls[O]['ask']) => Promise<Calls[O]['answer']> };

const HANDLERS: Handlers = {
  connect: ({ acceptStale }) => connectToOffice(acceptStale),
  seal: ({ report, language }) => seal(report, language),
  send,
  open: ({ code }) => open(code),
  reply: ({ text }) => write(text),
  judge,
  consent: (ask) => changeOneConsent(ask),
  sealDraft: ({ draft, language }) => sealDraft(draft, language),
  openDraft: ({ code, file }) => openDraft(code, file),
};

let queue = Promise.resolve();

self.addEventListener('message', ({ data }: MessageEvent<Question>) => {
  queue = queue.then(async () => {
    const handle = HANDLERS[data.op] as (ask: unknown) => Promise<Calls[Op]['answer']>;
    const reply = await handle(data.ask).then(
      (answer): Reply => ({ id: data.id, answer }),
      (error: unknown): Reply => ({ id: data.id, failed: failedBy(error) }),
    );
    self.postMessage(reply);
  });
});

/** Codes alone: no message of an error may carry what was typed. */
function failedBy(error: unknown): Failed {
  if (error instanceof ReceiptWordError)
    return { code: error.code, position: error.position, nearest: error.nearest };
  if (error instanceof ApiProblem || error instanceof VerificationError || error instanceof ParseError)
    return { code: String(error.code) };
  return { code: error instanceof Unreachable ? 'unreachable' : 'internal' };
}
