import { describe, expect, it } from '@jest/globals';
import { z } from 'zod';
import { clockConfigSchema, clockFromEnv, clockWithOffset, systemRandom } from './clock.js';
import { loadConfig } from './config.js';
import { runMain, StartupError } from './startup.js';

const SECRET = 'postgres://someone:hunter2@host/db';
const schema = z.object({
  SAFE_CONDUCT_PORT: z.coerce.number().int().min(0).max(65_535).describe('a port from 0 to 65535'),
  SAFE_CONDUCT_MODE: z.enum(['on', 'off']).default('off'),
  DATABASE_URL: z.url().optional(),
  ...clockConfigSchema.shape,
});

function refusal(env: Record<string, string>): StartupError {
  try {
    loadConfig(schema, env);
  } catch (err) {
    if (err instanceof StartupError) return err;
    throw err;
  }
  throw new Error('accepted');
}

describe('loadConfig', () => {
  it('reads what the schema names and nothing else', () => {
    expect(
      loadConfig(schema, {
        SAFE_CONDUCT_PORT: '80',
        SAFE_CONDUCT_MODE: '',
        HOME: '/root',
        DATABASE_URL: SECRET,
      }),
    ).toEqual({
      SAFE_CONDUCT_PORT: 80,
      SAFE_CONDUCT_MODE: 'off',
      SAFE_CONDUCT_CLOCK_OFFSET_SECONDS: 0,
      DATABASE_URL: SECRET,
    });
  });

  it.each([
    [{}, 'SAFE_CONDUCT_PORT is missing. It must be a port from 0 to 65535.'],
    [{ SAFE_CONDUCT_PORT: '' }, 'SAFE_CONDUCT_PORT is missing. It must be a port from 0 to 65535.'],
    [{ SAFE_CONDUCT_PORT: SECRET }, 'SAFE_CONDUCT_PORT is not valid. It must be a port from 0 to 65535.'],
    [{ SAFE_CONDUCT_PORT: '1', SAFE_CONDUCT_MODE: SECRET }, 'SAFE_CONDUCT_MODE is not valid.'],
    [
      { SAFE_CONDUCT_PORT: '1', SAFE_CONDUCT_PROT: SECRET },
      'SAFE_CONDUCT_PROT is not a setting of this program; remove it.',
    ],
    [{ SAFE_CONDUCT_PORT: '1', DATABASE_URL: 'hunter2' }, 'DATABASE_URL is not valid.'],
  ])('stops at %j with one sentence', (env, sentence) => {
    const err = refusal(env);
    expect(err.message).toBe(sentence);
    expect(err.exitCode).toBe(3);
  });
});

describe('runMain', () => {
  async function outcome(failure: Error): Promise<{ text: string; code: number }> {
    const seen = { text: '', code: 0 };
    const fail = (): Promise<void> => Promise.reject(failure);
    await runMain(fail, { writeError: (text) => (seen.text += text), exit: (code) => (seen.code = code) });
    return seen;
  }

  it('says the sentence of a known failure and only the code of any other', async () => {
    expect(await outcome(new StartupError('Port 1 is in use.', 4))).toEqual({
      text: 'Port 1 is in use.\n',
      code: 4,
    });
    const other = Object.assign(new Error(SECRET), { code: 'ECONNREFUSED' });
    expect(await outcome(other)).toEqual({ text: 'Start-up failed (Error:ECONNREFUSED).\n', code: 1 });
  });
});

describe('clock and randomness', () => {
  it('moves by the offset in the environment', () => {
    const real = Date.now();
    const ahead = clockFromEnv({ SAFE_CONDUCT_CLOCK_OFFSET_SECONDS: '86400', SAFE_CONDUCT_OTHER: 'x' });
    expect(ahead.nowMs() - real).toBeGreaterThanOrEqual(86_400_000);
    expect(ahead.nowMs() - real).toBeLessThan(86_410_000);
    expect(Number.isInteger(clockWithOffset(-5).now())).toBe(true);
    expect(() => clockFromEnv({ SAFE_CONDUCT_CLOCK_OFFSET_SECONDS: '1.5' })).toThrow(
      'must be a whole number of seconds',
    );
  });

  it('gives fresh bytes of the asked length', () => {
    expect(systemRandom.bytes(32)).toHaveLength(32);
    expect(systemRandom.bytes(32)).not.toEqual(systemRandom.bytes(32));
  });
});
