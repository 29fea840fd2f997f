import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { join } from 'node:path';
import { filesOf, plantedTree, runTool, textOf } from './tree.js';

interface LintedFile {
  filePath: string;
  messages: { ruleId: string | null; message: string }[];
}

const lines = (count: number): string => Array.from({ length: count }, (_, n) => `  n += ${n};`).join('\n');
const branches = Array.from({ length: 13 }, (_, n) => `  if (a === ${n}) return ${n};`).join('\n');

/** A file, what is in it, and a part of the message that must say what to do instead. */
const PLANTS: readonly { what: string; file: string; text: string; says: string }[] = [
  {
    what: 'forwardRef',
    file: 'apps/desk/src/plant-01.ts',
    text: "import { forwardRef } from '@nestjs/common';\nexport const x = forwardRef;\n",
    says: 'move it below both',
  },
  {
    what: 'ModuleRef',
    file: 'apps/desk/src/plant-02.ts',
    text: "import { ModuleRef } from '@nestjs/core';\nexport const x = ModuleRef;\n",
    says: 'move it below both',
  },
  {
    what: '@Global',
    file: 'apps/desk/src/plant-03.ts',
    text: "import { Global } from '@nestjs/common';\nexport const x = Global;\n",
    says: 'Import the module where it is used',
  },
  {
    what: 'an HttpException outside platform',
    file: 'apps/desk/src/plant-04.ts',
    text: "import { NotFoundException } from '@nestjs/common';\nexport const x = NotFoundException;\n",
    says: 'Throw `Refused`',
  },
  {
    what: '@InjectRepository',
    file: 'apps/desk/src/plant-05.ts',
    text: "import { InjectRepository } from '@nestjs/typeorm';\nexport const x = InjectRepository;\n",
    says: 'Take the transaction',
  },
  {
    what: 'Repository',
    file: 'libs/persistence/src/plant-06.ts',
    text: "import { Repository } from 'typeorm';\nexport const x = Repository;\n",
    says: 'Take the transaction',
  },
  {
    what: '.save(',
    file: 'libs/persistence/src/plant-07.ts',
    text: 'export const x = (tx: { save: (row: number) => number }): number => tx.save(1);\n',
    says: 'use insert, update or SQL',
  },
  {
    what: 'export *',
    file: 'libs/tlog/src/plant-08.ts',
    text: "export * from './hash.js';\n",
    says: 'Name what the door lets out',
  },
  {
    what: 'export default',
    file: 'libs/tlog/src/plant-09.ts',
    text: 'export default 1;\n',
    says: 'Use a named export',
  },
  {
    what: 'enum',
    file: 'apps/cli/src/plant-10.ts',
    text: 'export enum E {\n  A,\n}\n',
    says: '`as const` array',
  },
  {
    what: 'Math.random',
    file: 'apps/worker/src/plant-11.ts',
    text: 'export const x = Math.random();\n',
    says: 'use node:crypto',
  },
  {
    what: 'Date.now in a pure library',
    file: 'libs/casework/src/plant-12.ts',
    text: 'export const x = Date.now();\n',
    says: 'take `now: Instant`',
  },
  {
    what: 'new Date() in a pure library',
    file: 'libs/client/src/plant-13.ts',
    text: 'export const x = new Date();\n',
    says: 'take `now: Instant`',
  },
  {
    what: 'a module mock',
    file: 'libs/tlog/src/plant-14.spec.ts',
    text: "import { jest } from '@jest/globals';\njest.mock('./hash.js');\n",
    says: 'No module mocks',
  },
  {
    what: 'an ESM module mock',
    file: 'apps/desk/src/plant-15.spec.ts',
    text: "import { jest } from '@jest/globals';\njest.unstable_mockModule('./x.js', () => ({}));\n",
    says: 'No module mocks',
  },
  {
    what: 'a log line outside the logger',
    file: 'libs/ledger/src/plant-16.ts',
    text: "console.log('x');\nexport const x = 1;\n",
    says: 'Unexpected console statement',
  },
  {
    what: 'a long function',
    file: 'apps/cli/src/plant-17.ts',
    text: `export function f(): number {\n  let n = 0;\n${lines(60)}\n  return n;\n}\n`,
    says: 'too many lines',
  },
  {
    what: 'a tangled function',
    file: 'apps/cli/src/plant-18.ts',
    text: `export function f(a: number): number {\n${branches}\n  return 0;\n}\n`,
    says: 'complexity',
  },
  {
    what: 'seven parameters',
    file: 'apps/cli/src/plant-19.ts',
    text: 'export const f = (a: 1, b: 1, c: 1, d: 1, e: 1, g: 1, h: 1): number => a + b + c + d + e + g + h;\n',
    says: 'too many parameters',
  },
  {
    what: 'a promise nobody waits for',
    file: 'apps/cli/src/plant-20.ts',
    text: 'export function f(p: Promise<number>): void {\n  p.then(() => 1);\n}\n',
    says: 'Promises must be awaited',
  },
  {
    what: 'a malformed doc comment',
    file: 'libs/tlog/src/plant-21.ts',
    text: '/** {@link broken */\nexport const x = 1;\n',
    says: 'tsdoc',
  },
  {
    what: 'a switch that forgets a case',
    file: 'libs/casework/src/plant-22.ts',
    text: "export function f(a: 'x' | 'y'): void {\n  switch (a) {\n    case 'x':\n  }\n}\n",
    says: 'Switch is not exhaustive',
  },
];

describe('lint', () => {
  let tree: ReturnType<typeof plantedTree>;
  let linted: LintedFile[];

  beforeAll(() => {
    tree = plantedTree(Object.fromEntries(PLANTS.map(({ file, text }) => [file, text])));
    const files = PLANTS.map(({ file }) => file);
    linted = runTool(tree.folder, 'eslint/bin/eslint.js', ['--format', 'json', ...files]) as LintedFile[];
  }, 120_000);
  afterAll(() => tree.remove());

  it.each(PLANTS)('reports $what', ({ file, says }) => {
    const messages = linted.find(({ filePath }) => filePath === join(tree.folder, file))?.messages ?? [];
    expect(messages.map(({ message }) => message).join('\n')).toContain(says);
  });

  it('is switched off nowhere without a reason', () => {
    const bare = filesOf('.', /\.(ts|tsx|mjs|js)$/).filter((path) =>
      textOf(path)
        .split('\n')
        .some((line) => /(\/\/|\/\*)\s*eslint-disable(?!.* -- \S)/.test(line)),
    );
    expect(bare).toEqual([]);
  });

  it('is not needed for file names: they are in kebab case', () => {
    const odd = [
      ...filesOf('apps', /\.tsx?$/),
      ...filesOf('libs', /\.ts$/),
      ...filesOf('test', /\.ts$/),
    ].filter((path) => !path.split('/').every((part) => /^[a-z0-9]+([.-][a-z0-9]+)*$/.test(part)));
    expect(odd).toEqual([]);
  });
});
