import { describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { PROBLEM_CODES, PROBLEMS } from '@app/contracts';
import { filesOf, ROOT, textOf } from './tree.js';

const REGISTER = 'docs/api/problems.md';

/** The codes in the first column of the tables of the register. */
function documented(): string[] {
  if (!existsSync(join(ROOT, REGISTER))) return [];
  return [...textOf(REGISTER).matchAll(/^\| *`([a-z_]+)` *\|/gm)].map((match) => match[1]!);
}

describe('problem codes', () => {
  it('are documented, each once, and every documented one exists', () => {
    expect(documented().sort()).toEqual([...PROBLEM_CODES].sort());
  });

  it('are documented with the status that they have', () => {
    const rows = [...textOf(REGISTER).matchAll(/^\| *`([a-z_]+)` *\| (\d+) \|/gm)];
    const documentedStatus = Object.fromEntries(
      rows.map(([, code, status]): [string, number] => [code!, Number(status)]),
    );
    const statuses = PROBLEM_CODES.map((code) => [code, PROBLEMS[code].status]);
    expect(documentedStatus).toEqual(Object.fromEntries(statuses));
  });

  it('are each asked for by a test', () => {
    const tests = [
      ...filesOf('libs', /spec\.ts$/),
      ...filesOf('apps', /spec\.ts$/),
      ...filesOf('test', /\.ts$/),
    ]
      .filter((path) => !path.startsWith('test/architecture/'))
      .map(textOf)
      .join('\n');
    expect(PROBLEM_CODES.filter((code) => !new RegExp(`['"\`]${code}['"\`]`).test(tests))).toEqual([]);
  });
});
