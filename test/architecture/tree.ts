import { spawnSync } from 'node:child_process';
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

export const ROOT = resolve(dirname(fileURLToPath(import.meta.url)), '../..');

const CONFIGS = ['package.json', 'tsconfig.json', 'eslint.config.mjs', '.dependency-cruiser.mjs'];
const NOT_OURS = new Set([
  'node_modules',
  'dist',
  '.git',
  '.data',
  'coverage',
  'reports',
  '.stryker-tmp',
  'screenshots',
]);

/** Every file of the repository under `folder` whose path matches, relative to the root, sorted. */
export function filesOf(folder: string, matching: RegExp): string[] {
  const start = join(ROOT, folder);
  if (!existsSync(start)) return [];
  const found = readdirSync(start, { withFileTypes: true }).flatMap((entry) => {
    const path = relative(ROOT, join(start, entry.name));
    if (entry.isDirectory()) return NOT_OURS.has(entry.name) ? [] : filesOf(path, matching);
    return entry.isFile() && matching.test(path) ? [path] : [];
  });
  return found.sort();
}

export function textOf(path: string): string {
  return readFileSync(join(ROOT, path), 'utf8');
}

/**
 * A copy of the repository with `plants` (path -> text) in it, for tools that must report them.
 * A library whose door is not there yet gets one, so that an alias always resolves.
 */
export function plantedTree(plants: Readonly<Record<string, string>>): {
  folder: string;
  remove: () => void;
} {
  const folder = mkdtempSync(join(tmpdir(), 'safe-conduct-plants-'));
  for (const name of CONFIGS) cpSync(join(ROOT, name), join(folder, name));
  for (const name of ['apps', 'libs'].filter((part) => existsSync(join(ROOT, part)))) {
    cpSync(join(ROOT, name), join(folder, name), { recursive: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(folder, 'node_modules'));
  for (const door of doors())
    if (!existsSync(join(folder, door))) write(folder, door, 'export const door = 1;\n');
  for (const [path, text] of Object.entries(plants)) write(folder, path, text);
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** The entry file of every workspace alias, in the order of tsconfig.json. */
export function doors(): string[] {
  const config = JSON.parse(textOf('tsconfig.json')) as {
    compilerOptions: { paths: Record<string, string[]> };
  };
  return Object.values(config.compilerOptions.paths)
    .flat()
    .map((path) => path.replace('./', ''));
}

/** Runs an installed tool in `folder` and parses the JSON it prints; tools exit non-zero when they find something. */
export function runTool(folder: string, program: string, args: readonly string[]): unknown {
  const result = spawnSync(process.execPath, [join(ROOT, 'node_modules', program), ...args], {
    cwd: folder,
    encoding: 'utf8',
    env: { ...process.env, NODE_OPTIONS: '' },
    maxBuffer: 256 * 1024 * 1024,
  });
  try {
    return JSON.parse(result.stdout);
  } catch {
    throw new Error(`${program} printed no JSON: ${result.stderr.slice(-2000)}`);
  }
}

function write(folder: string, path: string, text: string): void {
  mkdirSync(dirname(join(folder, path)), { recursive: true });
  writeFileSync(join(folder, path), text);
}
