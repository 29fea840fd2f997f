/** The sequencer in a process of its own, once a period, saying when each tree size was committed. */
import { setTimeout as sleep } from 'node:timers/promises';
import { connect, UnitOfWork } from '@app/persistence';
import { systemClock, systemRandom } from '@app/platform';
import { Sequencer } from '@app/ledger';
import { answer } from './child.js';

export type Tick = { readonly size: number; readonly atMs: number };
export type SequencerAnswer = { readonly ticks: readonly Tick[] };

const [databaseUrl = '', tickSeconds = '1'] = process.argv.slice(2);
const periodMs = 1000 * Number(tickSeconds);
const source = await connect({ url: databaseUrl, poolSize: 2, name: 'bench sequencer' });
const sequencer = new Sequencer({
  work: new UnitOfWork(source, () => (systemRandom.bytes(1)[0] ?? 0) / 256),
  random: systemRandom,
  tickSeconds: Number(tickSeconds),
});

const ticks: Tick[] = [];

async function run(): Promise<never> {
  for (let next = Date.now(); ; next += periodMs) {
    await sleep(Math.max(0, next - Date.now()));
    const { size } = await sequencer.tick(systemClock.now());
    ticks.push({ size, atMs: Date.now() });
  }
}

process.once('disconnect', () => {
  process.exit(0);
});

run().catch((error: unknown) => {
  process.stderr.write(`${String(error)}\n`);
  process.exit(1);
});
answer((): SequencerAnswer => ({ ticks }));
