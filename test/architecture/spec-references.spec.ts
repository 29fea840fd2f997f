import { describe, expect, it } from '@jest/globals';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { filesOf, ROOT, textOf } from './tree.js';

/** `SPEC.md §4.2` (of the own library) or `libs/tlog/SPEC.md §4.2, §5`; a list of sections may follow. */
const REFERENCE =
  /(?:(?<lib>libs\/[a-z-]+)[/ ])?SPEC\.md(?<sections>(?:(?:,|;| and| to)?[ \n*/]*§\d+(?:\.\d+)*)+)/g;

/** The section numbers of the headings of a text, as `4.2`. */
function headings(text: string): Set<string> {
  return new Set([...text.matchAll(/^#{1,6} +§?(\d+(?:\.\d+)*)[. ]/gm)].map((match) => match[1]!));
}

/** References in `text`, a file at `path`, that lead to no heading. */
function dangling(
  path: string,
  text: string,
  headingsOf: (lib: string) => Set<string> | undefined,
): string[] {
  const own = /^libs\/[a-z-]+/.exec(path)?.[0];
  return [...text.matchAll(REFERENCE)].flatMap(({ groups }) => {
    const lib = groups?.lib ?? own;
    const sections = groups?.sections?.match(/\d+(?:\.\d+)*/g) ?? [];
    const known = lib === undefined ? undefined : headingsOf(lib);
    return sections
      .filter((section) => known?.has(section) !== true)
      .map((section) => `${path}: ${lib ?? 'no library named for'} SPEC.md §${section}`);
  });
}

function headingsOf(lib: string): Set<string> | undefined {
  return existsSync(join(ROOT, lib, 'SPEC.md')) ? headings(textOf(`${lib}/SPEC.md`)) : undefined;
}

const SOURCES = ['apps', 'libs', 'test', 'docker', 'docs'].flatMap((folder) =>
  filesOf(folder, /\.(ts|tsx|mjs|sql|md)$/),
);

describe('references to specifications', () => {
  it('resolve to a heading', () => {
    const here = SOURCES.filter((path) => !path.endsWith('spec-references.spec.ts'));
    expect([...new Set(here.flatMap((path) => dangling(path, textOf(path), headingsOf)))]).toEqual([]);
  });

  it.each([
    ['libs/a/src/x.ts', 'SPEC.md §1.2', []],
    ['libs/a/src/x.ts', 'SPEC.md §1.2, §9', ['libs/a/src/x.ts: libs/a SPEC.md §9']],
    ['libs/a/src/x.ts', 'SPEC.md §1.20', ['libs/a/src/x.ts: libs/a SPEC.md §1.20']],
    ['libs/b/src/x.ts', 'libs/a/SPEC.md §1', []],
    ['libs/b/src/x.ts', 'libs/a SPEC.md §1', []],
    ['libs/b/src/x.ts', 'SPEC.md §1', ['libs/b/src/x.ts: libs/b SPEC.md §1']],
    ['apps/c/src/x.ts', 'SPEC.md §1', ['apps/c/src/x.ts: no library named for SPEC.md §1']],
  ])('of a planted kind are judged: %s, %s', (path, text, expected) => {
    const planted = headings('# a\n\n## 1 One\n\n### 1.2 Two\n');
    expect(dangling(path, text, (lib) => (lib === 'libs/a' ? planted : undefined))).toEqual(expected);
  });

  it('to decision records lead to a file', () => {
    const records = filesOf('docs/decisions', /\.md$/).map((path) =>
      path.slice('docs/decisions/'.length, -'.md'.length),
    );
    const missing = SOURCES.flatMap((path) =>
      [...textOf(path).matchAll(/docs\/decisions\/(\d{4}(?:-[a-z0-9-]+)?)/g)]
        .filter(
          ([, name]) => !records.some((record) => record === name || record.startsWith(`${name ?? ''}-`)),
        )
        .map(([reference]) => `${path}: ${reference}`),
    );
    expect(missing).toEqual([]);
  });
});
