import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import { loadConfig } from './config.js';

/** The only source of time in the servers, so that tests and evaluations can move it. */
export interface Clock {
  /** Whole seconds since 1970-01-01T00:00:00Z. */
  now(): number;
  nowMs(): number;
}

/** The only source of randomness in the servers. */
export interface Random {
  bytes(n: number): Uint8Array<ArrayBuffer>;
}

/** Injection tokens: interfaces have none of their own. */
export const CLOCK = Symbol('Clock');
export const RANDOM = Symbol('Random');

export const systemClock: Clock = clockWithOffset(0);

export const systemRandom: Random = { bytes: (n) => new Uint8Array(randomBytes(n)) };

/** Config slice: lets an evaluation live in another time. */
export const clockConfigSchema = z.object({
  SAFE_CONDUCT_CLOCK_OFFSET_SECONDS: z.coerce.number().int().default(0).describe('a whole number of seconds'),
});

export function clockFromEnv(env: Readonly<Record<string, string | undefined>> = process.env): Clock {
  const name = 'SAFE_CONDUCT_CLOCK_OFFSET_SECONDS';
  return clockWithOffset(loadConfig(clockConfigSchema, { [name]: env[name] })[name]);
}

export function clockWithOffset(offsetSeconds: number): Clock {
  const nowMs = (): number => Date.now() + offsetSeconds * 1000;
  return { nowMs, now: () => Math.floor(nowMs() / 1000) };
}
