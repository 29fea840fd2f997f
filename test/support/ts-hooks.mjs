/**
 * Lets `node --import ./test/support/ts-hooks.mjs file.ts` run the sources as they are, so that a test can start a
 * part of them as a process and kill it. Types are stripped by swc with the options Jest uses.
 */
import { transform } from '@swc/core';
import { existsSync } from 'node:fs';
import { readFile } from 'node:fs/promises';
import { register } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

const root = new URL('../../', import.meta.url);

export async function resolve(specifier, context, next) {
  const door = /^@app\/([^/]+)\/([^/]+)$/.exec(specifier);
  if (door) return { url: new URL(`libs/${door[1]}/src/${door[2]}.ts`, root).href, shortCircuit: true };
  const lib = /^@app\/([^/]+)$/.exec(specifier);
  if (lib) return { url: new URL(`libs/${lib[1]}/src/index.ts`, root).href, shortCircuit: true };
  if (/^\.{1,2}\/.*\.js$/.test(specifier) && context.parentURL?.endsWith('.ts')) {
    const source = new URL(specifier.replace(/\.js$/, '.ts'), context.parentURL);
    if (existsSync(source)) return { url: source.href, shortCircuit: true };
  }
  return next(specifier, context);
}

export async function load(url, context, next) {
  if (!url.startsWith(root.href) || !url.endsWith('.ts')) return next(url, context);
  const filename = fileURLToPath(url);
  const { code } = await transform(await readFile(filename, 'utf8'), { filename, sourceMaps: 'inline' });
  return { format: 'module', source: code, shortCircuit: true };
}

if (process.env.TS_HOOKS_LOADED !== '1') {
  process.env.TS_HOOKS_LOADED = '1';
  register(import.meta.url, pathToFileURL('./'));
}
