/** The page's end of the worker: questions out, answers back, in order. */
import type { Calls, Failed, Op, Reply } from './protocol.js';

/** What the worker said no to. */
export class EngineFailed extends Error {
  readonly failed: Failed;

  constructor(failed: Failed) {
    super(failed.code);
    this.name = 'EngineFailed';
    this.failed = failed;
  }
}

export type Engine = { call<O extends Op>(op: O, ask: Calls[O]['ask']): Promise<Calls[O]['answer']> };

type Waiting = { resolve: (answer: never) => void; reject: (error: EngineFailed) => void };

export function engineOf(worker: Worker): Engine {
  const waiting = new Map<number, Waiting>();
  let last = 0;
  worker.addEventListener('message', ({ data }: MessageEvent<Reply>) => {
    const asked = waiting.get(data.id);
    waiting.delete(data.id);
    if ('answer' in data) asked?.resolve(data.answer as never);
    else asked?.reject(new EngineFailed(data.failed));
  });
  worker.addEventListener('error', () => {
    for (const { reject } of waiting.values()) reject(new EngineFailed({ code: 'internal' }));
    waiting.clear();
  });
  return {
    call: (op, ask) =>
      new Promise((resolve, reject) => {
        last += 1;
        waiting.set(last, { resolve, reject });
        worker.postMessage({ id: last, op, ask });
      }),
  };
}
