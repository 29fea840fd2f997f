/** The main job, in order. */
import { caseAt, type Job, type JobCase, type Step } from './job.js';
import { prove } from './proof-steps.js';
import { answer, lapse, submit, verifyDirectory } from './reporter-steps.js';
import { clear, decide, draft, handOver, send, signIn, takeOver, triage, write } from './staff-steps.js';

const of = (name: string, index: number, run: (job: Job, one: JobCase) => Promise<void>): Step => ({
  name: `${name}, report ${String(index + 1)}`,
  run: (job) => run(job, caseAt(job, index)),
});

const handled = (index: number): Step[] => [
  of('triage', index, triage),
  of('decide', index, decide),
  of('write', index, write),
  of('route', index, handOver),
  of('accept', index, takeOver),
  of('draft', index, draft),
  of('clear', index, clear),
  of('send', index, send),
];

/** Three reports: two handled to the end, one left alone until its deadline lapses. */
export const STEPS: readonly Step[] = [
  { name: 'verify the directory', run: verifyDirectory },
  ...[0, 1, 2].map((index) => of('submit', index, submit)),
  { name: 'sign in', run: signIn },
  ...handled(0),
  ...handled(1),
  of('answer', 0, (job, one) => answer(job, one, 'CONFIRM')),
  of('answer', 1, (job, one) => answer(job, one, 'DISPUTE')),
  of('lapse', 2, lapse),
  { name: 'prove', run: prove },
];
