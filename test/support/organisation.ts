/** An evaluation organisation in a folder, as `safe-conduct start` makes it, and changes to its KEYSET. */
import { DEFAULT_POLICY, type Policy } from '@app/casework';
import {
  evaluationCeremony,
  type EvaluationOrganisation,
  finishKeyset,
  holderOf,
  makeRootPart,
  renewEpochs,
  signAsRoot,
} from '@app/client';
import { nobleSealing } from '@app/crypto/seal';
import { makeSigner, nobleSigning } from '@app/crypto/sign';
import { type Keyset, nobleVerifier, TAG, verifyKeyset } from '@app/crypto/verify';
import type { Bytes, Instant } from '@app/encoding';
import { type LedgerServices, openLedgerServices } from '@app/ledger';
import { type Clock, systemRandom } from '@app/platform';
import { mkdirSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const deps = { signing: nobleSigning(), sealing: nobleSealing(), random: systemRandom };

export const LOG_SEED = new Uint8Array(32).fill(0x4c);

export class TestOrganisation {
  readonly made: EvaluationOrganisation;
  readonly keyset: Keyset;

  private constructor(made: EvaluationOrganisation, now: Instant) {
    this.made = made;
    this.keyset = verifyKeyset(nobleVerifier(), made.keyset, { rootset: made.rootset, now });
  }

  static async make(
    now: Instant,
    policy: Policy = { ...DEFAULT_POLICY, tick_seconds: 1 },
  ): Promise<TestOrganisation> {
    const made = await evaluationCeremony(deps, {
      origin: 'test.example/audit/1',
      logPublicKey: deps.signing.publicKey(LOG_SEED),
      promisePublicKey: deps.signing.publicKey(new Uint8Array(32).fill(0x50)),
      witnesses: ['w1.example', 'w2.example'].map((name, i) => ({
        name,
        publicKey: deps.signing.publicKey(new Uint8Array(32).fill(0x57 + i)),
      })),
      policy,
      now,
    });
    return new TestOrganisation(made, now);
  }

  /** Hex of the first role of a kind. */
  role(kind: 'focal_point' | 'senior_official' | 'oversight'): string {
    return Buffer.from(this.keyset.roleByKind(kind)!.id).toString('hex');
  }

  /** Writes keyset.bin, policy.json, staff.json and rootset.bin. */
  write(folder: string, keyset: Bytes = this.made.keyset): void {
    mkdirSync(folder, { recursive: true });
    const vaults = this.made.staff.map(({ vault }) => vault);
    writeFileSync(path.join(folder, 'rootset.bin'), this.made.rootset);
    writeFileSync(path.join(folder, 'keyset.bin'), keyset);
    writeFileSync(path.join(folder, 'policy.json'), this.made.policyText);
    writeFileSync(
      path.join(folder, 'staff.json'),
      JSON.stringify({ vaults, epochBoxes: this.made.epochBoxes }),
    );
  }

  /** The next version, with new epochs; each call makes other bytes. */
  async renewed(now: Instant): Promise<Bytes> {
    const holders = this.made.staff.map(({ keyring }) => holderOf(deps, this.keyset, keyring));
    return (await renewEpochs(deps, this.keyset, holders, now)).keyset;
  }

  /** The next version, in which the certificate of `name` is revoked; signed by two others. */
  revoking(name: string, now: Instant, signers = ['focal-1', 'official']): Bytes {
    const { keyset, made } = this;
    const member = (of: string) => made.staff.find((staff) => staff.name === of)!;
    const { serial } = keyset.certificate(member(name).keyring.certificateHash)!;
    const bytes = makeRootPart({
      ...keyset,
      rootVersion: keyset.rootVersion + 1,
      issued: now,
      rootset: made.rootset,
      certificates: keyset.certificates.map((certificate) => certificate.bytes),
      revocations: [{ serial, at: now }],
    });
    const roots = made.rootSeeds
      .slice(0, 2)
      .map((seed, rootIndex) => ({ rootIndex, signer: makeSigner(deps.signing, seed) }));
    const signatures = roots.map((root) => signAsRoot(root, TAG.keyset, bytes));
    const [first, second] = signers.map((of) => holderOf(deps, keyset, member(of).keyring));
    return finishKeyset({ bytes, signatures }, keyset.epochs, keyset.version + 1, now, [first!, second!]);
  }
}

/** A server's services over an organisation's folder. */
export function openTestServices(databaseUrl: string, folder: string, clock: Clock): Promise<LedgerServices> {
  return openLedgerServices({
    name: 'test',
    databaseUrl,
    rootsetFile: path.join(folder, 'rootset.bin'),
    ledgerDir: path.join(folder, 'ledger'),
    clock,
    random: systemRandom,
  });
}
