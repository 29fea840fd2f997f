import { isWork, WORK_BITS_MAX } from '@app/crypto/verify';
import { type Tx, UnitOfWork } from '@app/persistence';
import { type Clock, CLOCK, Refused } from '@app/platform';
import { Inject, Injectable } from '@nestjs/common';
import { IntakeConfig } from '../config.js';
import { newSince, quarantine } from './flood.queries.js';

const WINDOW_SECONDS = 60;
/** More than the ordinary rate costs this much, and each doubling a bit more. */
const FIRST_BITS = 3;
/** From four times the ordinary rate on, reports are set apart until somebody looks at them. */
const QUARANTINE_TIMES = 4;

/**
 * What a flood costs those who make it, and how it is kept from burying the others. It knows rates, and nobody: no
 * address is asked for, so a Tor user is like anybody.
 */
@Injectable()
export class FloodService {
  readonly #work: UnitOfWork;
  readonly #config: IntakeConfig;
  readonly #clock: Clock;

  constructor(work: UnitOfWork, config: IntakeConfig, @Inject(CLOCK) clock: Clock) {
    this.#work = work;
    this.#config = config;
    this.#clock = clock;
  }

  /** The zero bits that a request costs now; 0 at rest. */
  async bits(): Promise<number> {
    return bitsFor(await this.#work.statement((tx) => this.#times(tx)));
  }

  /** @throws {Refused} `work_required` if the work is missing or too little; a bit less than now is taken. */
  async check(nonce: Uint8Array, counter: number | undefined): Promise<void> {
    const bits = (await this.bits()) - 1;
    if (bits <= 0) return;
    if (counter === undefined || !(await isWork(nonce, counter, bits))) throw new Refused('work_required');
  }

  /** Sets a case that has just arrived apart, if it came in a flood. @returns whether it did. */
  async setApart(tx: Tx, casePseudonym: Buffer): Promise<boolean> {
    if ((await this.#times(tx)) < QUARANTINE_TIMES) return false;
    await quarantine(tx, casePseudonym, this.#clock.now());
    return true;
  }

  /** How many times the ordinary rate of a minute the last one brought. */
  async #times(tx: Tx): Promise<number> {
    const since = this.#clock.now() - WINDOW_SECONDS;
    return (await newSince(tx, since, this.#config.ordinaryPerMinute)) / this.#config.ordinaryPerMinute;
  }
}

function bitsFor(times: number): number {
  if (times <= 1) return 0;
  return Math.min(WORK_BITS_MAX, FIRST_BITS + Math.floor(Math.log2(times)));
}
