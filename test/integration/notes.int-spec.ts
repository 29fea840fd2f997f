/** Notes of an office for itself: read by its officers, by nobody else, and in no other compartment. */
import { acknowledge, openCase, openMailbox, perform, writeNote } from '@app/client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestServer, type TestServer } from '../support/database.js';
import { makeOrganisation } from '../support/ledger-stage.js';
import { OfficeStage, type Submitted } from '../support/office-stage.js';
import { auditStored } from '../support/sound.js';

const LIMIT_MS = 60_000;
const NOTE = 'Her colleague called; do not write before Friday.';

let server: TestServer;
let office: OfficeStage;
let submitted: Submitted;

beforeAll(async () => {
  server = await startTestServer();
  office = await OfficeStage.open(await makeOrganisation(), await server.makeDatabase());
  submitted = await office.submit();
  await office.settle();
}, LIMIT_MS);
afterAll(async () => {
  await office.close();
  await server.stop();
}, LIMIT_MS);

const file = async (name = 'focal-1') => openCase(await office.session(name), submitted.pseudonym);
const said = async (name: string): Promise<readonly string[]> =>
  (await file(name)).conversation.map(({ text }) => text);

describe('a note', () => {
  it(
    'is read by the office, one after another under one key, and never by the reporter',
    async () => {
      expect(await writeNote(await file(), NOTE)).toMatchObject({
        event: { event: { type: 'NOTE_WRITTEN' } },
      });
      expect(await writeNote(await file('focal-2'), 'Understood.')).toMatchObject({ ok: true });
      expect(await said('focal-1')).toEqual([NOTE, 'Understood.']);
      const { compartments } = await file();
      expect(compartments.filter(({ compartment }) => compartment === 2)).toHaveLength(1);
      const hers = await openMailbox(await office.connect(), submitted.code);
      expect(hers.conversation).toEqual([]);
      await office.settle();
      expect(await auditStored(office.ledger)).toEqual([]);
    },
    LIMIT_MS,
  );

  it(
    'is refused without a text, and where the reporter would read it',
    async () => {
      await expect(perform(await file(), { kind: 'write_note' })).rejects.toMatchObject({
        code: 'codes_mismatch',
      });
      const opened = await file();
      const inMain = [...opened.seeds].map(
        ([key, seed]) =>
          [key, seed.compartment === 0 ? { ...seed, compartment: 2, epoch: 9 } : seed] as const,
      );
      await expect(writeNote({ ...opened, seeds: new Map(inMain) }, NOTE)).rejects.toMatchObject({
        code: 'codes_mismatch',
      });
      expect(await acknowledge(await file(), { text: 'We read it.' })).toMatchObject({ ok: true });
    },
    LIMIT_MS,
  );
});
