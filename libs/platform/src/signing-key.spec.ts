import { afterEach, beforeEach, describe, expect, it } from '@jest/globals';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { type KeySource, openKeySource } from './signing-key.js';

const HEX = 'ab'.repeat(32);

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(path.join(tmpdir(), 'sc-key-'));
});
afterEach(() => {
  rmSync(folder, { recursive: true });
});

/** A program of the operator's: Node runs this text. */
function program(source: string): string {
  const file = path.join(folder, 'sign.cjs');
  writeFileSync(file, source);
  return JSON.stringify([process.execPath, file, 'an argument; not a shell line']);
}

const open = (env: Record<string, string>): Promise<KeySource> => openKeySource('X', env);

async function answerOf(source: string, message: string): Promise<unknown> {
  const key = await open({ X_KEY_COMMAND: program(source), X_PUBLIC_KEY: HEX });
  if (key.kind !== 'command') throw new Error(key.kind);
  try {
    return Buffer.from(key.sign(Buffer.from(message))).toString('latin1');
  } catch (error) {
    return (error as { code?: unknown }).code;
  }
}

describe('where a key is', () => {
  it('is a file or a variable, with the same seed in it', async () => {
    const file = path.join(folder, 'key');
    writeFileSync(file, `${HEX}\n`);
    const seed = new Uint8Array(32).fill(0xab);
    expect(await open({ X_KEY_FILE: file })).toEqual({ kind: 'seed', seed });
    expect(await open({ X_KEY: HEX })).toEqual({ kind: 'seed', seed });
  });

  it.each<[string, Record<string, string>, RegExp]>([
    ['nothing', {}, /^Set one of X_KEY_FILE, X_KEY and X_KEY_COMMAND\.$/],
    ['two keys', { X_KEY: HEX, X_KEY_FILE: 'k' }, /^Set one of/],
    ['a short key', { X_KEY: 'ab' }, /^X_KEY is not valid/],
    ['upper case', { X_KEY: HEX.toUpperCase() }, /^X_KEY is not valid/],
    ['a command without its public key', { X_KEY_COMMAND: '/bin/x' }, /belong together/],
    ['a public key without a command', { X_KEY: HEX, X_PUBLIC_KEY: HEX }, /belong together/],
    ['a relative path', { X_KEY_COMMAND: 'sign', X_PUBLIC_KEY: HEX }, /absolute path/],
    ['a shell line', { X_KEY_COMMAND: 'sh -c sign', X_PUBLIC_KEY: HEX }, /absolute path/],
    ['half a list', { X_KEY_COMMAND: '["/bin/x"', X_PUBLIC_KEY: HEX }, /JSON list/],
    ['a list of numbers', { X_KEY_COMMAND: '["/bin/x",1]', X_PUBLIC_KEY: HEX }, /JSON list/],
  ])('is not %s, and no value is told', async (_, env, sentence) => {
    const refusal = await open(env).then(
      () => 'accepted',
      (error: unknown) => (error as Error).message,
    );
    expect(refusal).toMatch(sentence);
    expect(refusal).not.toContain(HEX);
  });
});

describe('a program that signs', () => {
  it('gets the message as it is, its arguments, and none of our settings', async () => {
    process.env.SAFE_CONDUCT_TEST_ONLY = 'secret';
    try {
      const source = `const all = require('node:fs').readFileSync(0);
        const ours = Object.keys(process.env).filter((name) => name.startsWith('SAFE_CONDUCT_')).length;
        process.stdout.write((all.toString('hex') + '|' + process.argv[2] + '|' + ours).padEnd(64).slice(0, 64));`;
      expect(await answerOf(source, 'a\0b')).toBe('610062|an argument; not a shell line|0'.padEnd(64));
    } finally {
      delete process.env.SAFE_CONDUCT_TEST_ONLY;
    }
  });

  it.each([
    ['key_command_answer', 'says nothing', ''],
    ['key_command_answer', 'says too little', "process.stdout.write('x'.repeat(63))"],
    ['key_command_answer', 'says too much', "process.stdout.write('x'.repeat(65))"],
    [
      'key_command_answer',
      'does not stop talking',
      "for (;;) require('node:fs').writeSync(1, 'x'.repeat(4096))",
    ],
    ['key_command_failed', 'fails', "process.stdout.write('x'.repeat(64)); process.exitCode = 1"],
    ['key_command_failed', 'dies', "process.kill(process.pid, 'SIGKILL')"],
    ['key_command_late', 'hangs', 'setTimeout(() => undefined, 60_000)'],
  ])('is refused with %s when it %s', async (code, _, source) => {
    expect(await answerOf(source, 'm')).toBe(code);
  });

  it('is refused when it is not there', async () => {
    const key = await open({ X_KEY_COMMAND: path.join(folder, 'nobody'), X_PUBLIC_KEY: HEX });
    expect(() => key.kind === 'command' && key.sign(new Uint8Array(1))).toThrow('key_command_failed');
  });
});
