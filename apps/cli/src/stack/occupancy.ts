/** Who is at work in a data directory: one supervisor at a time, and what it started. */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { startOf } from '@app/embedded';
import { z } from 'zod';

const schema = z.object({
  supervisor: z.number(),
  /** Of the supervisor, in clock ticks since boot: a number that is used again is another process. */
  started: z.string().optional(),
  children: z.array(z.number()),
});

/** What a data directory says of the processes in it; a killed supervisor leaves it behind. */
export class Occupancy {
  readonly #file: string;
  readonly #programs: string;

  /** @param programs - the folder whose programs are ours. */
  constructor(dataDir: string, programs: string) {
    this.#file = path.join(dataDir, 'pids');
    this.#programs = programs;
  }

  /** The supervisor that is at work here, if it is another one than this process. */
  other(): number | undefined {
    const { supervisor, started } = this.#read() ?? {};
    const isAtWork = started !== undefined && supervisor !== undefined && startOf(supervisor) === started;
    return isAtWork && supervisor !== process.pid ? supervisor : undefined;
  }

  /** Ends processes of ours that outlived a supervisor which was killed. */
  endLeftovers(): void {
    for (const pid of this.#read()?.children ?? []) {
      try {
        const command = readFileSync(`/proc/${String(pid)}/cmdline`, 'utf8');
        if (command.includes(this.#programs)) process.kill(pid, 'SIGKILL');
      } catch {
        // Gone already, or nothing that can be told from here.
      }
    }
  }

  /** Says that this process is at work here, with these children. */
  take(children: readonly (number | undefined)[]): void {
    const content = {
      supervisor: process.pid,
      started: startOf(process.pid),
      children: children.filter((pid) => pid !== undefined),
    };
    writeFileSync(this.#file, JSON.stringify(content));
  }

  leave(): void {
    rmSync(this.#file, { force: true });
  }

  #read(): z.infer<typeof schema> | undefined {
    if (!existsSync(this.#file)) return undefined;
    try {
      return schema.parse(JSON.parse(readFileSync(this.#file, 'utf8')));
    } catch {
      return undefined;
    }
  }
}
