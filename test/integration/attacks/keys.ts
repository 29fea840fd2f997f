/** Attacks on the KEYSET: a key swapped, a version put back, two of one number. */
import {
  capabilityBits,
  certificateRequest,
  finishCertificate,
  finishKeyset,
  holderOf,
  makeRootPart,
  makeStaffKeys,
  publishedOverHttp,
  signAsRoot,
} from '@app/client';
import { makeSigner } from '@app/crypto/sign';
import { type Keyset, nobleVerifier, sha256, TAG, verifyKeyset } from '@app/crypto/verify';
import { type Bytes, toHex } from '@app/encoding';
import { ensureKeysetLeaf } from '@app/ledger';
import { mkdtempSync } from 'node:fs';
import path from 'node:path';
import { WatchFolder, watchLedger } from '../../../apps/cli/src/outside/watch-ledger.js';
import { TICK } from '../../support/ledger-stage.js';
import type { Lies, OfficeStage } from '../../support/office-stage.js';
import { type Attack, NOT_CAUGHT, refusal } from './attack.js';

/** The next KEYSET, with one more certificate in the role of the focal points: the attacker's. */
function withIntruder(office: OfficeStage, rootSeeds: readonly Uint8Array[]): Bytes {
  const { keyset, made } = office.ledger.organisation;
  const { deps } = office;
  const now = office.ledger.now;
  const roots = rootSeeds.map((seed, rootIndex) => ({ rootIndex, signer: makeSigner(deps.signing, seed) }));
  const body = certificateRequest(deps, makeStaffKeys(deps.random), {
    roleId: keyset.roleByKind('focal_point')!.id,
    subjectId: deps.random.bytes(16),
    notBefore: now,
    notAfter: now + 86_400 * 365,
    capabilities: capabilityBits(['triage']),
  });
  const certificate = finishCertificate(
    body,
    roots.map((root) => signAsRoot(root, TAG.certificate, body)),
  );
  const bytes = makeRootPart({
    ...keyset,
    rootVersion: keyset.rootVersion + 1,
    issued: now,
    rootset: made.rootset,
    certificates: [...keyset.certificates.map((known) => known.bytes), certificate.bytes],
    revocations: [],
  });
  const signatures = roots.map((root) => signAsRoot(root, TAG.keyset, bytes));
  const [first, second] = made.staff.map(({ keyring }) => holderOf(deps, keyset, keyring));
  return finishKeyset({ bytes, signatures }, keyset.epochs, keyset.version + 1, now, [first!, second!]);
}

const rootsOf = (office: OfficeStage): Bytes[] => office.ledger.organisation.made.rootSeeds.slice(0, 2);
const strangers = [new Uint8Array(32).fill(0xa1), new Uint8Array(32).fill(0xa2)];

/** Takes a KEYSET in as the worker does from its folder. */
async function accepted(office: OfficeStage, bytes: Bytes): Promise<Keyset> {
  const { worker } = office.ledger;
  const keyset = await worker.work.run((tx) =>
    worker.directory.acceptKeyset(tx, bytes, { tickSeconds: TICK }),
  );
  await office.settle();
  return keyset;
}

/** Logs a KEYSET that the server never took in. */
async function logged(office: OfficeStage, keyset: Pick<Keyset, 'version' | 'hash'>): Promise<void> {
  const { worker } = office.ledger;
  const { now } = office.ledger;
  await worker.work.run((tx) => ensureKeysetLeaf(tx, keyset, now, { tickSeconds: TICK }));
  await office.settle();
}

const remembered = ({ version, rootVersion, hash }: Keyset) => ({ previous: { version, rootVersion, hash } });

/** The first alarm of a monitor that knows the keys of the ceremony, and watches these roles. */
async function monitored(
  office: OfficeStage,
  lies: Lies = {},
  roles: readonly string[] = [],
): Promise<string> {
  const { certificates, epochs } = office.ledger.organisation.keyset;
  const api = office.api('public', lies);
  const folder = new WatchFolder(mkdtempSync(path.join(office.ledger.folder, 'watch-')));
  const round = watchLedger({
    verifier: office.deps.verifier,
    trust: office.trust,
    ledger: publishedOverHttp(api),
    keyset: (hash) => api.call('keysetByHash', { params: { hash } }).catch(() => undefined),
    folder,
    roles,
    known: [...certificates, ...epochs].map(({ hash }) => toHex(hash)),
    now: () => office.ledger.now,
  });
  const refused = await refusal(round);
  return refused === NOT_CAUGHT ? ((await round).alarms[0]?.code ?? NOT_CAUGHT) : refused;
}

export const KEYS: readonly Attack[] = [
  {
    attack: 'serves a KEYSET with a key that no root signed',
    by: 'every client',
    code: 'keyset_signatures_short',
    run: (office) => refusal(office.connect({ keyset: () => withIntruder(office, strangers) })),
  },
  {
    attack: 'logs a KEYSET that no root signed',
    by: 'a monitor',
    code: 'keyset_refused',
    run: async (office) => {
      const bytes = withIntruder(office, strangers);
      await logged(office, { version: 2, hash: sha256(bytes) });
      return monitored(office, { keysetByHash: (answer?: Uint8Array) => answer ?? bytes });
    },
  },
  {
    attack: 'serves one person a KEYSET that the roots signed and the ledger does not have',
    by: 'every client',
    code: 'keyset_not_in_log',
    run: (office) => refusal(office.connect({ keyset: () => withIntruder(office, rootsOf(office)) })),
  },
  {
    attack: 'has the roots sign a key that was announced to nobody',
    by: 'a monitor',
    code: 'certificate_unannounced',
    run: async (office) => {
      await accepted(office, withIntruder(office, rootsOf(office)));
      return monitored(office, {}, [office.ledger.organisation.role('focal_point')]);
    },
  },
  {
    attack: 'goes back to an older KEYSET',
    by: 'a client that remembers',
    code: 'keyset_rolled_back',
    run: async (office) => {
      const old = {
        keyset: await office.api().call('keyset', {}),
        proof: await office.api().call('keysetProof', {}),
      };
      const { now } = office.ledger;
      const newer = await accepted(office, await office.ledger.organisation.renewed(now));
      return refusal(
        office.connect({ keyset: () => old.keyset, keysetProof: () => old.proof }, remembered(newer)),
      );
    },
  },
  {
    attack: 'logs an older KEYSET again',
    by: 'a monitor',
    code: 'keyset_rolled_back',
    run: async (office) => {
      await accepted(office, await office.ledger.organisation.renewed(office.ledger.now));
      office.ledger.now += 86_400;
      await logged(office, office.ledger.organisation.keyset);
      return monitored(office);
    },
  },
  {
    attack: 'serves an older KEYSET whose entry is eight days old',
    by: 'every client',
    code: 'keyset_leaf_stale',
    run: async (office) => {
      const entry = await office.api().call('keysetProof', {});
      office.ledger.now += 86_400 * 8;
      await office.settle();
      const fresh = await office.api().call('checkpoint', {});
      // The old entry under the newest checkpoint: the real server proves it so.
      const index = Number(/index (\d+)/.exec(entry.proof)?.[1]);
      const proof = await office.proofUnder(fresh, index);
      return refusal(office.connect({ keysetProof: () => ({ entry: entry.entry, proof }) }));
    },
  },
  {
    attack: 'has two KEYSETs with one number',
    by: 'a client that remembers',
    code: 'keyset_two_hashes',
    run: async (office) => {
      const { organisation, now } = office.ledger;
      await accepted(office, await organisation.renewed(now));
      const other = verifyKeyset(nobleVerifier(), await organisation.renewed(now), {
        rootset: office.trust.rootset,
        now,
      });
      return refusal(office.connect({}, remembered(other)));
    },
  },
  {
    attack: 'logs two KEYSETs with one number',
    by: 'a monitor',
    code: 'keyset_two_hashes',
    run: async (office) => {
      const { keyset } = office.ledger.organisation;
      await logged(office, { version: keyset.version, hash: new Uint8Array(32).fill(0xee) });
      return monitored(office);
    },
  },
];
