/** Documents that the ledger announces: release manifests, statistics, anchors. */
import { parseKeysetLeafBody, parseLeaf, PUBLIC_LEAF_CLASS, sha256 } from '@app/crypto/verify';
import { encodeUtf8, toHex } from '@app/encoding';
import { proofFor } from '@app/ledger';
import { makeLogger } from '@app/platform';
import { describe, expect, it } from '@jest/globals';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { DocumentsService } from '../../apps/worker/src/directory/documents.service.js';
import { TICK } from '../support/ledger-stage.js';
import { eachLedger, stage } from '../support/ledger-tests.js';

eachLedger();

const silent = makeLogger('test', { write: () => undefined });

function put(kind: string, name: string, bytes: Uint8Array | string): void {
  const folder = path.join(stage.folder, 'directory', 'published', kind);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, name), bytes);
}

/** As a worker does that has just started. */
const publish = (): Promise<void> =>
  new DocumentsService(stage.worker, path.join(stage.folder, 'directory'), silent).publish(TICK);

async function announced(): Promise<{ kind: string; version: number; hash: string; path: string }[]> {
  const rows = await stage.owner.query<{ entry: Buffer }[]>(
    'select entry from log_outbox where case_pseudonym is null order by id',
  );
  return rows.flatMap(({ entry }) => {
    const leaf = parseLeaf(entry);
    const kind = Object.entries(PUBLIC_LEAF_CLASS).find(([, number]) => number === leaf.class)?.[0] ?? '';
    if (leaf.class === 0 || !['release', 'statistics', 'anchor'].includes(kind)) return [];
    const { version, hash, path } = parseKeysetLeafBody(leaf.body);
    return [{ kind, version, hash: toHex(hash), path }];
  });
}

const entryOf = (kind: string, version: number, text: string) => {
  const hash = toHex(sha256(encodeUtf8(text)));
  return { kind, version, hash, path: `/published/${hash}` };
};

describe('a published document', () => {
  it('is announced once, by its number in its kind, and proven like any entry', async () => {
    put('release', '1.json', 'manifest 1');
    put('release', '2.json', 'manifest 2');
    put('anchor', '2026-11-24.tsr', 'token');
    put('statistics', '.half-written', 'nothing yet');
    await publish();
    await publish();
    put('statistics', '2026.json', 'figures');
    await publish();
    expect(await announced()).toEqual([
      entryOf('release', 1, 'manifest 1'),
      entryOf('release', 2, 'manifest 2'),
      entryOf('anchor', 1, 'token'),
      entryOf('statistics', 1, 'figures'),
    ]);
    const size = await stage.tick();
    await stage.publisher().publish();
    const [row] = await stage.owner.query<{ seq: number }[]>(
      `select s.seq from log_sequence s join log_outbox o on o.id = s.outbox_id order by o.id desc limit 1`,
    );
    const proof = await proofFor(stage.store, row?.seq ?? size);
    expect(parseLeaf(proof?.entry ?? new Uint8Array(0)).class).toBe(PUBLIC_LEAF_CLASS.statistics);
  });

  it('that is empty or too large raises an alarm and holds up no other', async () => {
    put('release', '1.json', '');
    put('release', '2.json', new Uint8Array(1_048_577));
    put('release', '3.json', 'manifest');
    await publish();
    expect(await announced()).toEqual([entryOf('release', 1, 'manifest')]);
    const alarms: unknown = await stage.owner.query('select code, subject from alarms order by subject');
    expect(alarms).toEqual([
      { code: 'document_refused', subject: 'release:file_empty' },
      { code: 'document_refused', subject: 'release:file_too_large' },
    ]);
  });
});
