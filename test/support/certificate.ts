/** A self-signed certificate for `localhost` and 127.0.0.1, made anew for each test (RFC 5280, P-256). */
import { createSign, generateKeyPairSync, randomBytes } from 'node:crypto';

const der = (tag: number, ...content: readonly Uint8Array[]): Buffer => {
  const body = Buffer.concat(content);
  const { length } = body;
  const size =
    length < 0x80 ? [length] : length < 0x100 ? [0x81, length] : [0x82, length >> 8, length & 0xff];
  return Buffer.concat([Buffer.from([tag, ...size]), body]);
};
const sequence = (...parts: readonly Uint8Array[]): Buffer => der(0x30, ...parts);
const oid = (hex: string): Buffer => der(0x06, Buffer.from(hex, 'hex'));
const text = (tag: number, value: string): Buffer => der(tag, Buffer.from(value, 'ascii'));

const ECDSA_SHA256 = sequence(oid('2a8648ce3d040302'));
const NAME = sequence(der(0x31, sequence(oid('550403'), text(0x0c, 'localhost'))));
const ALTERNATIVE_NAMES = sequence(
  oid('551d11'),
  der(0x04, sequence(text(0x82, 'localhost'), der(0x87, Uint8Array.of(127, 0, 0, 1)))),
);

export type TestCertificate = { readonly key: string; readonly cert: string };

export function makeTestCertificate(): TestCertificate {
  const { publicKey, privateKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const serial = randomBytes(8);
  serial[0] = 0x40;
  const body = sequence(
    der(0xa0, der(0x02, Uint8Array.of(2))),
    der(0x02, serial),
    ECDSA_SHA256,
    NAME,
    sequence(text(0x18, '20200101000000Z'), text(0x18, '20990101000000Z')),
    NAME,
    publicKey.export({ type: 'spki', format: 'der' }),
    der(0xa3, sequence(ALTERNATIVE_NAMES)),
  );
  const signature = createSign('sha256').update(body).sign(privateKey);
  const bytes = sequence(body, ECDSA_SHA256, der(0x03, Uint8Array.of(0), signature));
  const lines = bytes.toString('base64').replace(/(.{64})/g, '$1\n');
  return {
    key: privateKey.export({ type: 'pkcs8', format: 'pem' }).toString(),
    cert: `-----BEGIN CERTIFICATE-----\n${lines.trimEnd()}\n-----END CERTIFICATE-----\n`,
  };
}
