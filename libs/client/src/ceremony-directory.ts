/** The folder that comes out of a ceremony: what servers import and clients pin. */
import { parsePolicy } from '@app/casework';
import type { StaffFile } from '@app/contracts';
import { type Keyset, type SignatureVerifier, sha256, verifyKeyset } from '@app/crypto/verify';
import {
  type Bytes,
  bytesEqual,
  encodeUtf8,
  type Instant,
  parseCanonicalJson,
  toBase64,
  toHex,
} from '@app/encoding';
import { holdersOf } from './ceremony.js';
import { CeremonyError } from './ceremony-errors.js';
import type { Trust } from './deps.js';

export type DirectoryContent = {
  readonly rootset: Bytes;
  readonly keyset: Bytes;
  /** Canonical JSON. */
  readonly policyText: string;
  readonly staff: StaffFile;
  readonly trust: Trust;
  readonly logVkey: string;
};

/** The files by name. */
export function directoryFiles(content: DirectoryContent): Readonly<Record<string, Bytes>> {
  const { rootset, policy } = content.trust;
  return {
    'rootset.bin': content.rootset,
    'keyset.bin': content.keyset,
    'policy.json': encodeUtf8(content.policyText),
    'staff.json': encodeUtf8(JSON.stringify(content.staff)),
    'trust.json': encodeUtf8(JSON.stringify({ rootset: toBase64(rootset), policy }, null, 2)),
    'log.vkey': encodeUtf8(`${content.logVkey}\n`),
  };
}

/**
 * Checks a directory as a client would, and that its files say the same.
 * @throws {CeremonyError} `directory_differs`. @throws {ParseError} and {VerificationError} as `verifyKeyset`.
 */
export function checkDirectory(verifier: SignatureVerifier, content: DirectoryContent, now: Instant): Keyset {
  const { trust } = content;
  const keyset = verifyKeyset(verifier, content.keyset, { rootset: trust.rootset, now });
  parsePolicy(parseCanonicalJson(content.policyText, 'policy'));
  const facts: readonly (readonly [boolean, string])[] = [
    [bytesEqual(content.rootset, trust.rootset), 'rootset.bin and trust.json name different roots'],
    [keyset.tlogPolicy === trust.policy, 'trust.json names another log or other witnesses than the KEYSET'],
    [keyset.logVkey === content.logVkey, 'log.vkey is not the key of the KEYSET'],
    [
      bytesEqual(sha256(encodeUtf8(content.policyText)), keyset.policyHash),
      'policy.json is not the POLICY of the KEYSET',
    ],
  ];
  const broken = facts.find(([holds]) => !holds);
  if (broken !== undefined) throw new CeremonyError('directory_differs', broken[1]);
  checkStaff(keyset, content.staff, now);
  return keyset;
}

/** Each holder in force has a vault, and a box of the current epoch of her role. */
function checkStaff(keyset: Keyset, { vaults, epochBoxes }: StaffFile, now: Instant): void {
  for (const role of keyset.roles) {
    const { epoch } = keyset.currentEpoch(role.id, now);
    for (const holder of holdersOf(keyset.certificates, role.id, now)) {
      const certificateHash = toHex(holder.hash);
      const who = `${toHex(holder.subjectId)} in ${role.name}`;
      if (!vaults.some((vault) => vault.certificateHash === certificateHash))
        throw new CeremonyError('directory_differs', `there is no vault of ${who}`);
      const hasBox = epochBoxes.some(
        (box) =>
          box.role === toHex(role.id) && box.epoch === epoch && box.certificateHash === certificateHash,
      );
      if (!hasBox)
        throw new CeremonyError('directory_differs', `there is no box of the current epoch for ${who}`);
    }
  }
}
