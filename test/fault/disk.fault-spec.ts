import { type LedgerStore, type PublishReport } from '@app/ledger';
import { describe, expect, it } from '@jest/globals';
import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { expectSound } from '../support/sound.js';
import { eachLedger, stage } from '../support/ledger-tests.js';

const mount = (...args: string[]): boolean => spawnSync('mount', args).status === 0;
const unmount = (folder: string): boolean => spawnSync('umount', [folder]).status === 0;

/** Whether this process may mount a small file system of its own, which is then really filled. */
function mayMount(): boolean {
  if (process.platform !== 'linux' || process.getuid?.() !== 0) return false;
  const folder = mkdtempSync(path.join(tmpdir(), 'sc-mount-'));
  const mounted = mount('-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', folder) && unmount(folder);
  rmSync(folder, { recursive: true });
  return mounted;
}

eachLedger();

class NoSpace extends Error {
  readonly code = 'ENOSPC';
}

/** A disk with room for so many files; one more leaves half of itself behind, as a real one may. */
function fullAfter(store: LedgerStore, files: number): LedgerStore {
  let left = files;
  const spend = (write: () => Promise<void>): Promise<void> =>
    (left -= 1) < 0 ? Promise.reject(new NoSpace()) : write();
  return {
    ...store,
    writeImmutable: (file, bytes) => spend(() => store.writeImmutable(file, bytes)),
    replace: (file, bytes) => spend(() => store.replace(file, bytes)),
  };
}

async function expectRecovery(): Promise<void> {
  const size = await stage.tick();
  expect(await stage.publisher().publish()).toEqual({ published: size, problems: [] });
  await expectSound(stage, size);
}

const codeOf = (publishing: Promise<PublishReport>): Promise<unknown> =>
  publishing.then(
    () => 'published',
    (error: unknown) => (error as { code?: string }).code,
  );

describe('a disk that is full', () => {
  it('at any file, by injection, publishes nothing that is not whole, and goes on with room again', async () => {
    let files = 0;
    for (let code: unknown = 'ENOSPC'; code !== 'published'; files += 1) {
      await stage.tick();
      code = await codeOf(stage.publisher({ store: fullAfter(stage.store, files) }).publish());
      expect(['ENOSPC', 'published']).toContain(code);
      await expectRecovery();
    }
    // Both lists of keys are there by then: at least a tile, a bundle and the checkpoint.
    expect(files).toBeGreaterThanOrEqual(4);
  }, 60_000);

  const really = mayMount();
  it(`${really ? 'really, on a small file system' : 'under every file at once, by injection (nothing may be mounted here)'}, goes on with room again`, async () => {
    const filled = path.join(stage.ledgerDir, 'something-else');
    mkdirSync(stage.ledgerDir, { recursive: true });
    if (really) expect(mount('-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', stage.ledgerDir)).toBe(true);
    try {
      await expectRecovery();
      const before = (await stage.audit()).size;
      await stage.tick();
      if (really) fill(filled);
      const store = really ? stage.store : fullAfter(stage.store, 0);
      expect(await codeOf(stage.publisher({ store }).publish())).toBe('ENOSPC');
      // The entries of the new tick wait in the database; what was published is whole.
      await expectSound(stage, before);
      rmSync(filled, { force: true });
      await expectRecovery();
    } finally {
      if (really) expect(unmount(stage.ledgerDir)).toBe(true);
    }
  }, 60_000);
});

/** Takes every block there is. */
function fill(file: string): void {
  for (const block of [65_536, 4_096]) {
    try {
      for (;;) writeFileSync(file, Buffer.alloc(block), { flag: 'a' });
    } catch (error) {
      if ((error as { code?: string }).code !== 'ENOSPC') throw error;
    }
  }
}
