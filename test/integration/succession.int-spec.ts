/** The keys of a case sealed to another epoch of the role that has them: for that role, and nobody and nothing besides. */
import { openCase, type OpenedCase, perform, succeed } from '@app/client';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { startTestServer, type TestServer } from '../support/database.js';
import { makeOrganisation } from '../support/ledger-stage.js';
import { OfficeStage, type Submitted } from '../support/office-stage.js';
import type { TestOrganisation } from '../support/organisation.js';
import { auditStored } from '../support/sound.js';

const LIMIT_MS = 60_000;

let server: TestServer;
let organisation: TestOrganisation;
let office: OfficeStage;
let submitted: Submitted;

beforeAll(async () => {
  server = await startTestServer();
  organisation = await makeOrganisation();
  office = await OfficeStage.open(organisation, await server.makeDatabase());
  submitted = await office.submit();
  await office.settle();
}, LIMIT_MS);
afterAll(async () => {
  await office.close();
  await server.stop();
}, LIMIT_MS);

const file = async (): Promise<OpenedCase> => openCase(await office.session('focal-1'), submitted.pseudonym);
/** As if nothing were sealed to the epoch in use yet. */
const unsealed = (opened: OpenedCase): OpenedCase => ({ ...opened, boxes: [] });

describe('a succession', () => {
  it('has nothing to do where the epoch in use has every key', async () => {
    expect(await succeed(await file())).toBeUndefined();
  });

  it(
    'brings keys for the own role, or is refused',
    async () => {
      const opened = await file();
      const epoch = 1;
      await expect(perform(opened, { kind: 'succession', epoch })).rejects.toMatchObject({
        code: 'codes_mismatch',
      });
      const official = organisation.keyset.roles.find(({ kind }) => kind === 'senior_official')!;
      const { session } = opened;
      const certificate = { ...session.certificate, roleId: official.id };
      const astray = { ...unsealed(opened), session: { ...session, certificate } };
      await expect(succeed(astray)).rejects.toMatchObject({ code: 'codes_mismatch' });
      expect((await file()).history.events).toHaveLength(opened.history.events.length);
    },
    LIMIT_MS,
  );

  it(
    'is an event that anybody can check, and leaves the case as it was to its readers',
    async () => {
      const before = await file();
      const result = await succeed(unsealed(before));
      expect(result).toMatchObject({ ok: true, event: { event: { type: 'SUCCESSION' } } });
      await office.settle();
      const after = await file();
      expect(after.fullReport).toEqual(before.fullReport);
      expect(after.boxes.length).toBe(2 * before.boxes.length);
      expect(await auditStored(office.ledger)).toEqual([]);
    },
    LIMIT_MS,
  );
});
