/** JSON on the wire (libs/contracts) and inside sealed objects (libs/client). */
import { verifyReceipt } from '@app/client';
import { type EventReceipt, eventReceiptSchema, type Route, type RouteName, ROUTES } from '@app/contracts';
import { commitEvent, commitPayload, encodeCaseLeaf, encodeOpening } from '@app/crypto/verify';
import { canonicalJson, type Json, ParseError, parseCanonicalJson, toBase64, toHex } from '@app/encoding';
import { isDeepStrictEqual } from 'node:util';
import { filled, NOW } from '../../../libs/crypto/test/keyset-fixture.js';
import {
  consentJson,
  indexJson,
  parseAttachmentIndex,
  parseConsentRecord,
  parseReportEnvelope,
  parseText,
  reportJson,
  textJson,
} from '../../../libs/client/src/envelope.js';
import { SUBMIT } from '../../../libs/casework/test/histories.js';
import { type Format, jsonFormat, settles } from '../format.js';

const hex = (bytes: number): string => toHex(filled(bytes, 0xa7));
const base64 = (bytes: number): string => toBase64(filled(bytes, 0xa7));
const read = (text: string): Json => parseCanonicalJson(text, 'input');

const NO_HASH = filled(32, 0);

/** A receipt that holds. */
function receipt(): EventReceipt {
  const items = [filled(32, 5)];
  const opening = encodeOpening({
    type: 1,
    actorClass: 1,
    flags: 0,
    casePseudonym: filled(16, 1),
    eventNumber: 1,
    serverTime: NOW,
    previousCommitment: NO_HASH,
    payloadCommitment: commitPayload(filled(32, 6), NO_HASH, NO_HASH, items),
    policyHash: filled(32, 2),
    detail: {
      declared_urgent: 'no',
      consents: SUBMIT.consents,
      role: hex(16),
      exclusions: [],
      escalation: true,
    },
  });
  return {
    casePseudonym: toHex(filled(16, 1)),
    eventNumber: 1,
    entry: toBase64(
      encodeCaseLeaf({ time: NOW - (NOW % 60), commitment: commitEvent(filled(32, 7), opening) }),
    ),
    random: toBase64(filled(32, 7)),
    opening: toBase64(opening),
    payloadRandom: toBase64(filled(32, 6)),
    statementHash: toHex(NO_HASH),
    signatureHash: toHex(NO_HASH),
    items: items.map(toHex),
  };
}

const object = { compartment: 0, epoch: 1, file: base64(60) };
const role = { kind: 'role', role: hex(16), roleEpoch: 1 };
const boxes = [role, { kind: 'reporter' }].map((recipient) => ({
  compartment: 0,
  epoch: 1,
  recipient,
  box: base64(1_787),
}));
const compartments = [{ compartment: 0, epoch: 1, publicKey: base64(1_216) }];
const objects = [{ ...object, id: hex(32), author: 'reporter', eventNumber: 1 }];
const events = [{ ...receipt(), index: null }];
const blobs = [{ id: hex(16), length: 5, sha256: [hex(32)], eventNumber: 1 }];
const promise = { time: NOW, maxDelaySeconds: 600, signature: base64(64) };

const BODIES: Partial<Record<RouteName, readonly unknown[]>> = {
  nonces: [{ count: 16 }],
  reserveBlob: [{ length: 70_000 }],
  submit: [
    {
      suite: 1,
      threadId: hex(16),
      mailboxId: hex(16),
      mailboxKey: hex(32),
      role: hex(16),
      roleEpoch: 1,
      declaredUrgent: 'no',
      consents: SUBMIT.consents,
      exclusions: [],
      compartments,
      boxes,
      escalation: boxes[0],
      objects: [object],
      blobs: [hex(16)],
    },
  ],
  mailboxAct: [
    { kind: 'message', object, after: 1, blobs: [] },
    { kind: 'confirm', object, after: 2, eventNumber: 3 },
    { kind: 'consent', object, after: 3, person: 1, through: 8, scope: 'K3', code: 'w' },
  ],
  vault: [{ subject: hex(16), authKey: base64(32), code: '123456' }],
  changeVault: [{ keyring: base64(30), unlockers: base64(30) }],
  openSession: [{ certificateHash: hex(32), nonce: hex(32), deviceKey: hex(32), signature: base64(64) }],
  publishKeyset: [
    {
      keyset: base64(30),
      boxes: [{ role: hex(16), epoch: 1, certificateHash: hex(32), box: base64(1_787) }],
    },
  ],
  caseAct: [
    {
      act: { kind: 'accept' },
      statement: base64(200),
      signature: base64(64),
      second: { certificateHash: hex(32), signature: base64(64) },
      compartments,
      boxes: boxes.map((box) => ({ ...box, grant: base64(186) })),
      objects: [object],
    },
  ],
};

const ANSWERS: Partial<Record<RouteName, readonly unknown[]>> = {
  info: [
    {
      organisation: 'an office',
      origin: 'log',
      time: NOW,
      keysetVersion: 1,
      keysetHash: hex(32),
      policyHash: hex(32),
      ledgerSize: 8,
      witnessedAt: null,
      maxAttachmentBytes: 1,
    },
  ],
  submit: [{ receipt: receipt(), promise }],
  mailbox: [
    {
      threadId: hex(16),
      casePseudonym: hex(16),
      state: { eventNumber: 1, commitment: hex(32), time: NOW, signature: base64(64) },
      events,
      compartments,
      boxes: boxes.map((box) => ({ ...box, eventNumber: 1 })),
      objects,
      more: [hex(32)],
      blobs,
      padding: '   ',
    },
  ],
  caseFile: [
    {
      casePseudonym: hex(16),
      threadId: hex(16),
      policyHash: hex(32),
      events,
      compartments,
      boxes: [],
      objects,
      blobs,
      statements: [{ eventNumber: 2, statement: base64(200), signature: base64(64) }],
    },
  ],
  openings: [{ from: 0, openings: [{ random: base64(32), opening: base64(512) }, null] }],
};

type Parse = (value: unknown) => { readonly success: boolean; readonly data?: unknown };

/** What a schema lets through, it lets through again unchanged. */
function schemaFormat(name: string, samples: readonly unknown[], parse: Parse): Format {
  return jsonFormat(
    name,
    samples.map((sample) => canonicalJson(sample as Json)),
    (text) => {
      const { success, data } = parse(read(text));
      if (!success) throw new ParseError('refused', name);
      if (!isDeepStrictEqual(parse(data).data, data))
        throw new Error('the schema changes what it let through');
      return undefined;
    },
  );
}

const routes: readonly Format[] = (Object.entries(ROUTES) as [RouteName, Route][]).flatMap(
  ([name, route]) => {
    const { body, response } = route;
    return [
      ...(typeof body === 'object' && BODIES[name]
        ? [schemaFormat(`${name} body`, BODIES[name], (value) => body.safeParse(value))]
        : []),
      ...(typeof response === 'object' && ANSWERS[name]
        ? [schemaFormat(`${name} answer`, ANSWERS[name], (value) => response.safeParse(value))]
        : []),
    ];
  },
);

const blob = { id: hex(16), size: 70_000, parts: [hex(32)], files: [{ name: 'a.pdf', size: 9 }] };
const listing = { compartment: 0, purpose: 'role', role: hex(16), role_epoch: 1, sha256: hex(32) };

const envelopes: readonly Format[] = [
  jsonFormat(
    'report envelope',
    [
      canonicalJson({
        format: 1,
        part: 'main',
        consents: SUBMIT.consents,
        exclusions: [hex(16)],
        boxes: [listing],
        report: { version: 1 },
      }),
    ],
    (text) => settles(parseReportEnvelope, reportJson)(read(text)),
  ),
  jsonFormat('attachment index', [canonicalJson({ blobs: [blob] })], (text) =>
    settles(parseAttachmentIndex, indexJson)(read(text)),
  ),
  jsonFormat(
    'message',
    [{ text: 'hello', event: 3, blobs: [blob] }, { text: '' }].map(canonicalJson),
    (text) => settles(parseText, textJson)(read(text)),
  ),
  jsonFormat(
    'consent record',
    [
      canonicalJson({
        person: 1,
        through: 8,
        scope: 'K3',
        code: 'w',
        given_by: 'guardian',
        risks_explained: true,
        text_version: '1',
        counter: 1,
      }),
    ],
    (text) => settles(parseConsentRecord, consentJson)(read(text)),
  ),
  jsonFormat('receipt', [canonicalJson(receipt())], (text) => {
    const parsed = eventReceiptSchema.safeParse(read(text));
    if (!parsed.success) throw new ParseError('refused', 'receipt');
    // All of a receipt that holds is committed, or names what is; the leaf's time alone may be earlier (libs/crypto SPEC.md §7.3).
    const held = { ...verifyReceipt(parsed.data).receipt, entry: '' };
    if (!isDeepStrictEqual(held, { ...receipt(), entry: '' })) throw new Error('a forgery was verified');
    return undefined;
  }),
];

export const wireFormats: readonly Format[] = [...routes, ...envelopes];
