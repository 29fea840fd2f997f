/** The small text files of a ceremony, each naming its kind. */
import type { CarriedSignature } from '@app/client';
import { CeremonyError, SIGNABLE } from '@app/client';
import {
  type EpochBox,
  epochBoxSchema,
  hashSchema,
  signatureSchema,
  type StaffVault,
  staffVaultSchema,
} from '@app/contracts';
import { parseRoleEpoch, type RoleEpoch } from '@app/crypto/verify';
import { type Bytes, fromBase64, fromHex, toBase64, toHex } from '@app/encoding';
import { z } from 'zod';

const signatureFile = z.strictObject({
  file: z.literal('signature'),
  signs: z.enum(SIGNABLE),
  hash: hashSchema,
  by: z.union([
    z.strictObject({ root: z.int().min(0).max(31) }),
    z.strictObject({ certificate: hashSchema }),
  ]),
  signature: signatureSchema,
});
const epochFile = z.strictObject({
  file: z.literal('epoch'),
  epoch: z.string().max(4_096),
  boxes: z.array(epochBoxSchema),
});
const vaultFile = z.strictObject({ file: z.literal('vault'), vault: staffVaultSchema });

/** @throws {CeremonyError} `file_malformed`. */
export function parseJsonFile<T>(schema: z.ZodType<T>, text: string, name: string): T {
  try {
    return schema.parse(JSON.parse(text));
  } catch {
    throw new CeremonyError('file_malformed', name);
  }
}

export function encodeJsonFile(value: object): string {
  return `${JSON.stringify(value, null, 2)}\n`;
}

export function encodeSignature({ signs, hash, by, signature }: CarriedSignature): string {
  const signer = by.kind === 'root' ? { root: by.rootIndex } : { certificate: toHex(by.certificateHash) };
  return encodeJsonFile({
    file: 'signature',
    signs,
    hash: toHex(hash),
    by: signer,
    signature: toBase64(signature),
  });
}

export function parseSignature(text: string, name: string): CarriedSignature {
  const { signs, hash, by, signature } = parseJsonFile(signatureFile, text, name);
  return {
    signs,
    hash: fromHex(hash, 'signature.hash', 32),
    by:
      'root' in by
        ? { kind: 'root', rootIndex: by.root }
        : { kind: 'holder', certificateHash: fromHex(by.certificate, 'signature.by', 32) },
    signature: fromBase64(signature, 'signature', 64),
  };
}

export type EpochFile = { readonly epoch: RoleEpoch; readonly boxes: readonly EpochBox[] };

export function encodeEpoch(epoch: RoleEpoch, boxes: readonly EpochBox[]): string {
  return encodeJsonFile({ file: 'epoch', epoch: toBase64(epoch.bytes), boxes });
}

export function parseEpoch(text: string, name: string): EpochFile {
  const { epoch, boxes } = parseJsonFile(epochFile, text, name);
  return { epoch: parseRoleEpoch(fromBase64(epoch, 'role_epoch')), boxes };
}

export function encodeVault(vault: StaffVault): string {
  return encodeJsonFile({ file: 'vault', vault });
}

export function parseVault(text: string, name: string): StaffVault {
  return parseJsonFile(vaultFile, text, name).vault;
}

/** Keys whose public half is one line: of a root, of the promises, of the log, of a witness. */
export const KEY_KINDS = ['root', 'promise', 'log', 'witness'] as const;
export type KeyKind = (typeof KEY_KINDS)[number];

export function encodePublicKey(kind: KeyKind, key: string): string {
  return `${kind} ${key}\n`;
}

/** @throws {CeremonyError} `file_malformed`. */
export function parsePublicKey(text: string, name: string): { readonly kind: KeyKind; readonly key: string } {
  const [, found, key] = /^(\w+) (\S+)\n$/.exec(text) ?? [];
  const kind = KEY_KINDS.find((k) => k === found);
  if (kind === undefined || key === undefined) throw new CeremonyError('file_malformed', name);
  return { kind, key };
}

/** The 32 bytes of a key that is written in hexadecimal. @throws {ParseError}. */
export function keyBytes(key: string): Bytes {
  return fromHex(key, 'public_key', 32);
}
