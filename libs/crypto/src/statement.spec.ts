import { describe, expect, it } from '@jest/globals';
import { DAY, filled, flip, type Holder, holders, makeKeyset, NOW, rootset } from '../test/keyset-fixture.js';
import { encodeStatement, makeSigner, nobleSigning, signGrant } from './sign.js';
import {
  checkSignature,
  encodeMailboxRequest,
  encodeMailboxState,
  encodePromise,
  encodeSessionChallenge,
  encodeSessionRequest,
  type Grant,
  nobleVerifier,
  parseCertificate,
  parseGrant,
  parseStatement,
  type Statement,
  TAG,
  verifyGrant,
  verifyKeyset,
  verifyMailboxRequest,
  verifyMailboxState,
  verifyPromise,
  verifySessionChallenge,
  verifySessionRequest,
  verifyStatement,
} from './verify.js';

const verifier = nobleVerifier();
const [holder, revoked] = holders as [Holder, Holder];
const revocations = [{ serial: parseCertificate(revoked.certificate).serial, at: NOW }];
const keyset = verifyKeyset(verifier, makeKeyset({ revocations }), { rootset, now: NOW });
const codeOf = (run: () => unknown): string => {
  try {
    run();
  } catch (error) {
    return (error as { code: string }).code;
  }
  return 'ok';
};

const statement: Statement = {
  origin: 'cases.example.org/audit/1',
  casePseudonym: filled(16, 1),
  type: 12,
  detail: { channel: 'letter' },
  expectedEventNumber: 4,
  previousCommitment: filled(32, 2),
  itemsHash: filled(32, 3),
  policyHash: filled(32, 4),
  claimedTime: NOW,
  certificateHash: holder.hash,
};

describe('statements', () => {
  const bytes = encodeStatement(statement);
  const signature = holder.signer.sign(TAG.act, bytes);

  it('round-trips and names its certificate', () => {
    expect(parseStatement(bytes)).toEqual(statement);
    const verified = verifyStatement(verifier, keyset, bytes, signature, NOW);
    expect(verified.statement).toEqual(statement);
    expect(verified.certificate.hash).toEqual(holder.hash);
  });

  const signedBy = (by: Holder, change: Partial<Statement> = {}) => {
    const own = encodeStatement({ ...statement, certificateHash: by.hash, ...change });
    return [own, by.signer.sign(TAG.act, own)] as const;
  };
  it.each([
    ['another origin', ...signedBy(holder, { origin: 'other' }), NOW, 'statement_origin'],
    ['another key', bytes, revoked.signer.sign(TAG.act, bytes), NOW, 'statement_signature'],
    ['another tag', bytes, holder.signer.sign(TAG.grant, bytes), NOW, 'statement_signature'],
    ['no tag', bytes, holder.signer.signRaw(bytes), NOW, 'statement_signature'],
    ['a stranger', ...signedBy(holder, { certificateHash: filled(32, 0) }), NOW, 'certificate_unknown'],
    ['after revocation', ...signedBy(revoked), NOW, 'certificate_revoked'],
    ['before revocation', ...signedBy(revoked), NOW - 1, 'ok'],
    ['an expired certificate', bytes, signature, NOW + 366 * DAY, 'certificate_expired'],
    ['another suite', flip(bytes, 4), signature, NOW, 'suite_unsupported'],
    ['another magic', flip(bytes, 0), signature, NOW, 'bad_magic'],
    ['one byte less', bytes.subarray(0, -1), signature, NOW, 'truncated'],
  ])('%s', (_name, given, sig, now, code) => {
    expect(codeOf(() => verifyStatement(verifier, keyset, given, sig, now))).toBe(code);
  });
});

describe('GRANT records', () => {
  const grant: Grant = {
    scopeId: filled(16, 1),
    compartment: 2,
    epoch: 3,
    boxHash: filled(32, 4),
    recipientHash: filled(32, 5),
    granterCertificateHash: holder.hash,
  };
  const bytes = signGrant(holder.signer, grant);

  it('has 186 bytes and round-trips', () => {
    expect(bytes).toHaveLength(186);
    expect(parseGrant(bytes)).toMatchObject(grant);
    expect(verifyGrant(verifier, keyset, bytes, NOW).grant).toEqual(grant);
  });

  it.each([
    ['a changed field', flip(bytes, 21), 'grant_signature'],
    ['a changed signature', flip(bytes, -1), 'grant_signature'],
    ['another signer', signGrant(revoked.signer, grant), 'grant_signature'],
    [
      'a revoked granter',
      signGrant(revoked.signer, { ...grant, granterCertificateHash: revoked.hash }),
      'certificate_revoked',
    ],
  ])('%s', (_name, given, code) => {
    expect(codeOf(() => verifyGrant(verifier, keyset, given, NOW))).toBe(code);
  });
});

describe('signed transcripts', () => {
  const signer = makeSigner(nobleSigning(), filled(32, 0x55));
  const key = signer.publicKey;
  const promise = { origin: 'log', entry: filled(44, 1), time: NOW, maxDelaySeconds: 600 };
  const state = {
    origin: 'log',
    mailboxId: filled(16, 1),
    eventNumber: 2,
    commitment: filled(32, 3),
    time: NOW,
  };
  const request = {
    origin: 'log',
    method: 'POST',
    pathWithQuery: '/a?b=c',
    mailboxId: filled(16, 1),
    bodyHash: filled(32, 2),
    nonce: filled(16, 3),
  };
  const challenge = {
    origin: 'log',
    nonce: filled(32, 1),
    certificateHash: filled(32, 2),
    deviceKey: filled(32, 3),
  };
  const ofSession = {
    tokenHash: filled(32, 1),
    method: 'POST',
    pathWithQuery: '/a?b=c',
    bodyHash: filled(32, 2),
    time: NOW,
  };

  it('promises', () => {
    const sig = signer.sign(TAG.promise, encodePromise(promise));
    const check = (change: Partial<typeof promise>) =>
      codeOf(() => {
        verifyPromise(verifier, key, { ...promise, ...change }, sig);
      });
    expect(check({})).toBe('ok');
    for (const change of [
      { origin: 'lo' },
      { entry: filled(44, 2) },
      { time: NOW + 1 },
      { maxDelaySeconds: 601 },
    ]) {
      expect(check(change)).toBe('promise_signature');
    }
  });

  it('mailbox states', () => {
    const sig = signer.sign(TAG.mailboxState, encodeMailboxState(state));
    const check = (change: Partial<typeof state>) =>
      codeOf(() => {
        verifyMailboxState(verifier, key, { ...state, ...change }, sig);
      });
    expect(check({})).toBe('ok');
    for (const change of [
      { origin: '' },
      { mailboxId: filled(16, 2) },
      { eventNumber: 3 },
      { commitment: filled(32, 4) },
      { time: 0 },
    ]) {
      expect(check(change)).toBe('mailbox_state_signature');
    }
  });

  it('mailbox requests, whose fields cannot be shifted into each other', () => {
    const sig = signer.sign(TAG.mailbox, encodeMailboxRequest(request));
    const check = (change: Partial<typeof request>) =>
      codeOf(() => {
        verifyMailboxRequest(verifier, key, { ...request, ...change }, sig);
      });
    expect(check({})).toBe('ok');
    for (const change of [
      { method: 'POS', pathWithQuery: 'T/a?b=c' },
      { origin: 'logP', method: 'OST' },
      { pathWithQuery: '/a?b=d' },
      { nonce: filled(16, 4) },
      { bodyHash: filled(32, 3) },
      { mailboxId: filled(16, 2) },
    ]) {
      expect(check(change)).toBe('mailbox_signature');
    }
  });

  it('session challenges', () => {
    const sig = signer.sign(TAG.session, encodeSessionChallenge(challenge));
    const check = (change: Partial<typeof challenge>) =>
      codeOf(() => {
        verifySessionChallenge(verifier, key, { ...challenge, ...change }, sig);
      });
    expect(check({})).toBe('ok');
    for (const change of [
      { origin: 'logs' },
      { nonce: filled(32, 3) },
      { certificateHash: filled(32, 3) },
      { deviceKey: filled(32, 4) },
    ]) {
      expect(check(change)).toBe('session_signature');
    }
  });

  it('requests of a session, whose fields cannot be shifted into each other', () => {
    const sig = signer.sign(TAG.request, encodeSessionRequest(ofSession));
    const check = (change: Partial<typeof ofSession>) =>
      codeOf(() => {
        verifySessionRequest(verifier, key, { ...ofSession, ...change }, sig);
      });
    expect(check({})).toBe('ok');
    for (const change of [
      { tokenHash: filled(32, 2) },
      { method: 'POS', pathWithQuery: 'T/a?b=c' },
      { pathWithQuery: '/a?b=d' },
      { bodyHash: filled(32, 3) },
      { time: NOW + 1 },
    ]) {
      expect(check(change)).toBe('request_signature');
    }
  });

  it('a bare tagged signature', () => {
    const message = filled(3, 1);
    const check = (tag: typeof TAG.act | typeof TAG.grant) =>
      codeOf(() => {
        checkSignature(verifier, tag, key, message, signer.sign(TAG.act, message));
      });
    expect(check(TAG.act)).toBe('ok');
    expect(check(TAG.grant)).toBe('signature_invalid');
  });

  it('keeps every tag distinct', () => {
    const tags = Object.values(TAG);
    expect(new Set(tags).size).toBe(tags.length);
    expect(tags.every((tag) => /^safe-conduct\/[a-z-]+\/1$/.test(tag))).toBe(true);
  });
});
