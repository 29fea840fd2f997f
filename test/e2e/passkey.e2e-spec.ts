/** A vault and the PRF of a real browser's authenticator. The key never leaves it; what opens the vault comes out of it. */
import { addPasskey, type Opener, unlockWith, withPasskey } from '@app/client';
import { PASSKEY_PRF_INPUT } from '@app/crypto/seal';
import { fromHex, toHex } from '@app/encoding';
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import type { Browser, Page } from 'playwright-core';
import { startTestServer, type TestServer } from '../support/database.js';
import { makeOrganisation } from '../support/ledger-stage.js';
import { OfficeStage } from '../support/office-stage.js';
import type { TestOrganisation } from '../support/organisation.js';
import { refusal } from '../integration/attacks/attack.js';
import { launch } from '../support/reporter-page.js';

const withBrowser = process.env.SAFE_CONDUCT_BROWSER === undefined ? describe.skip : describe;
const LIMIT_MS = 60_000;

/** WebAuthn as a page of the staff origin calls it; texts in hex. @see WebAuthn Level 3, §10.1.4 (prf) */
const CALLS = `
const bytes = (hex) => Uint8Array.from(hex.match(/../g), (two) => parseInt(two, 16));
const hex = (buffer) => Array.from(new Uint8Array(buffer), (b) => b.toString(16).padStart(2, '0')).join('');
const challenge = () => crypto.getRandomValues(new Uint8Array(32));
const prf = (input) => ({ prf: { eval: { first: bytes(input) } } });
const outputOf = (credential) => hex(credential.getClientExtensionResults().prf.results.first);
globalThis.enrol = async (input, subject) => outputOf(await navigator.credentials.create({ publicKey: {
  challenge: challenge(), rp: { name: 'Safe Conduct' }, user: { id: bytes(subject), name: 'a', displayName: 'a' },
  pubKeyCredParams: [{ type: 'public-key', alg: -8 }, { type: 'public-key', alg: -7 }],
  authenticatorSelection: { residentKey: 'required', userVerification: 'required' }, extensions: prf(input) } }));
globalThis.present = async (input) => { const credential = await navigator.credentials.get({ publicKey: {
  challenge: challenge(), userVerification: 'required', extensions: prf(input) } });
  return [hex(credential.response.userHandle), outputOf(credential)]; };`;

withBrowser('a passkey', () => {
  let server: TestServer;
  let organisation: TestOrganisation;
  let office: OfficeStage;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    server = await startTestServer();
    organisation = await makeOrganisation();
    office = await OfficeStage.open(organisation, await server.makeDatabase());
    browser = await launch();
    page = await browser.newPage();
    await page.goto(office.api('staff').baseUrl.replace('127.0.0.1', 'localhost'));
    const devtools = await page.context().newCDPSession(page);
    await devtools.send('WebAuthn.enable');
    const held = { hasResidentKey: true, hasUserVerification: true, isUserVerified: true, hasPrf: true };
    await devtools.send('WebAuthn.addVirtualAuthenticator', {
      options: { protocol: 'ctap2', ctap2Version: 'ctap2_1', transport: 'internal', ...held },
    });
    await page.evaluate(CALLS);
  }, LIMIT_MS);

  afterAll(async () => {
    await browser.close();
    await office.close();
    await server.stop();
  }, LIMIT_MS);

  const subject = () => organisation.made.staff.find(({ name }) => name === 'focal-1')?.subject ?? '';
  const asked = <T>(call: string, ...texts: readonly string[]) =>
    page.evaluate<T>(`${call}(${texts.map((text) => JSON.stringify(text)).join(', ')})`);
  const opening = async (opener: Opener) =>
    unlockWith(await office.connect({}, {}, 'staff'), subject(), opener);
  const output = (hex: string) => withPasskey(fromHex(hex, 'prf', 32));

  it(
    'opens the vault of the person it names, with its own output at our input and no other',
    async () => {
      const input = toHex(PASSKEY_PRF_INPUT);
      const first = await asked<string>('enrol', input, subject());
      const session = await addPasskey(await office.session('focal-1'), fromHex(first, 'prf', 32));
      const [named, again] = await asked<[string, string]>('present', input);
      expect(named).toBe(subject());
      expect((await opening(output(again))).keyring).toEqual(session.keyring);
      const [, elsewhere] = await asked<[string, string]>('present', toHex(new Uint8Array(32)));
      expect(await refusal(opening(output(elsewhere)))).toBe('unauthorized');
    },
    LIMIT_MS,
  );
});
