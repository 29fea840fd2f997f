import { execFile } from 'node:child_process';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from '@jest/globals';

const root = path.resolve('.');

/** Every file of one build, by its name. */
async function built(): Promise<ReadonlyMap<string, string>> {
  const folder = mkdtempSync(path.join(tmpdir(), 'sc-page-'));
  try {
    const vite = path.join(root, 'node_modules/vite/bin/vite.js');
    const config = path.join(root, 'apps/reporter-web/vite.config.ts');
    await promisify(execFile)(process.execPath, [
      vite,
      'build',
      '--config',
      config,
      '--outDir',
      folder,
      '--emptyOutDir',
    ]);
    const files = readdirSync(folder, { recursive: true, withFileTypes: true }).filter((one) => one.isFile());
    return new Map(
      files.map(({ parentPath, name }) => [name, readFileSync(path.join(parentPath, name), 'base64')]),
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

it('builds the reporter page to the same bytes every time, with nothing that needs eval', async () => {
  const first = await built();
  expect([...first.keys()]).toEqual(expect.arrayContaining(['index.html']));
  expect(await built()).toEqual(first);
  const document = Buffer.from(first.get('index.html') ?? '', 'base64').toString();
  expect(document).not.toMatch(
    /<style|<script(?![^>]* src=)|\son\w+=|\sstyle=|https?:(?!\/\/www\.wikipedia)/,
  );
});
