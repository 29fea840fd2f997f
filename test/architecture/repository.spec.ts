import { describe, expect, it } from '@jest/globals';
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { filesOf, ROOT, textOf } from './tree.js';

const TEXTS = filesOf(
  '.',
  /(^|\/)[^/]+\.(ts|tsx|mjs|js|json|md|sql|yaml|yml|sh|css|html)$|Dockerfile|^\.ci\//,
).filter((path) => !path.startsWith('test/architecture/'));

/** The product speaks of itself alone: nothing of the machine or the desk it was written on. */
const FOREIGN: readonly [string, RegExp][] = [
  ['a home folder', /\/(?:home|Users)\/[a-z]|\/root\//],
  ['the folder it stands in', new RegExp(ROOT.replace(/[^\w/]/g, '\\$&'))],
  ['a registry host', /\bregistry\.[a-z]+\.(?:com|org|net|io)\b/],
  ['an unfinished place', /\b(?:TODO|FIXME|XXX|HACK)\b/],
  ['a conflict marker', /^(?:<{7}|>{7}) /m],
];

describe('the repository', () => {
  it.each(FOREIGN)('names nowhere %s', (_what, pattern) => {
    expect(TEXTS.filter((path) => pattern.test(textOf(path)))).toEqual([]);
  });

  it.each([
    ['a home folder', "readFile('/home/me/x')"],
    ['the folder it stands in', `cd ${ROOT}`],
    ['a registry host', 'https://registry.example.org/x'],
    ['an unfinished place', '// TODO: later'],
    ['a conflict marker', '<<<<<<< HEAD'],
  ])('would be caught naming %s', (what, text) => {
    expect(FOREIGN.find(([name]) => name === what)?.[1].test(text)).toBe(true);
  });

  it('is under the GNU Affero General Public License, version 3 or later, in its official text', () => {
    const licence = readFileSync(join(ROOT, 'LICENSE'));
    expect(createHash('sha256').update(licence).digest('hex')).toBe(
      '0d96a4ff68ad6d4b6f1f30f713b18d5184912ba8dd389f86aa7710db079abcb0',
    );
    expect((JSON.parse(textOf('package.json')) as { license: string }).license).toBe('AGPL-3.0-or-later');
  });

  it('installs exact versions from a lock file that names no host, and runs no install script', () => {
    const { dependencies, devDependencies } = JSON.parse(textOf('package.json')) as Record<
      string,
      Record<string, string>
    >;
    const loose = Object.entries({ ...dependencies, ...devDependencies }).filter(
      ([, version]) => !/^\d[\w.-]*$/.test(version),
    );
    expect(loose).toEqual([]);
    const lock = JSON.parse(textOf('package-lock.json')) as {
      packages: Record<string, { resolved?: string; integrity?: string }>;
    };
    const installed = Object.entries(lock.packages).filter(([path]) => path !== '');
    expect(installed.filter(([, entry]) => entry.resolved !== undefined)).toEqual([]);
    expect(installed.filter(([, entry]) => entry.integrity === undefined).map(([path]) => path)).toEqual([]);
    expect(textOf('.npmrc').split('\n')).toEqual(
      expect.arrayContaining(['ignore-scripts=true', 'omit-lockfile-registry-resolved=true']),
    );
  });

  it('keeps in docs only the threat model, decisions, operations and what the API is', () => {
    const other = filesOf('docs', /./).filter(
      (path) =>
        !/^docs\/(THREAT-MODEL\.md|operations\.md|decisions\/\d{4}-[a-z0-9-]+\.md|api\/(?:(?:public|staff)\.openapi\.json|problems\.md))$/.test(
          path,
        ),
    );
    expect(other).toEqual([]);
  });
});
