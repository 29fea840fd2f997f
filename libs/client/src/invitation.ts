/** A code for a person affected, or a new one for whoever has one: mailbox, boxes, and the object that names its key. */
import type { CaseState } from '@app/casework';
import type { CompartmentKey, KeyBox, SealedObject } from '@app/contracts';
import { deriveReporterKeys, type OpenedKeyBox, type ReporterKeys, sealKeyBox } from '@app/crypto/seal';
import { sha256 } from '@app/crypto/verify';
import { type Bytes, concatBytes, fromBase64, toBase64, toHex } from '@app/encoding';
import type { ClientDeps } from './deps.js';
import type { CodeListing, TextBody } from './envelope.js';

const FIRST_EXTRACT = 16;
const PERSON_ROWS = 8;

/** A compartment's key, as boxes carry it. */
export type CompartmentSeed = Pick<OpenedKeyBox, 'compartment' | 'epoch' | 'seed' | 'publicKey'>;

/** Who is given a code. */
export type Invitee = {
  /** Place in the report, from 1. */
  readonly person: number;
  /** 16 bytes. Whoever invites hands it over. */
  readonly code: Bytes;
  /** What is said about her in the report: all that she will read of it. */
  readonly text: string;
};

/** How the inviter seals: as herself, to the offices that have the case. */
export type Inviter = {
  readonly publicKey: Bytes;
  readonly roleBoxes: (key: CompartmentSeed) => Promise<KeyBox[]>;
  readonly write: (to: CompartmentSeed, body: TextBody) => Promise<SealedObject>;
};

export type Invitation = {
  readonly compartment: CompartmentKey;
  readonly boxes: KeyBox[];
  readonly object: SealedObject;
  /** As on the wire. */
  readonly mailbox: string;
};

/**
 * Makes the extract of a person affected and all that opens it for her.
 * @param report - whose persons tell whether her row is repeated to the end.
 * @see libs/crypto SPEC.md §13.4
 */
export async function makeInvitation(
  deps: Pick<ClientDeps, 'random' | 'sealing' | 'signing'>,
  of: { readonly threadId: Bytes; readonly state: CaseState; readonly report: unknown },
  { person, code, text }: Invitee,
  inviter: Inviter,
): Promise<Invitation> {
  const keys = deriveReporterKeys(code, deps.signing, deps.sealing);
  const seed = deps.random.bytes(32);
  const key = {
    compartment: nextExtract(of.state),
    epoch: 1,
    seed,
    publicKey: deps.sealing.publicKey(seed),
  };
  const hers = await codeBox(deps, of.threadId, key, keys, inviter.publicKey);
  const boxes = [hers, ...(await inviter.roleBoxes(key))];
  const { persons } = of.report as { readonly persons?: readonly unknown[] };
  const isLast = person === Math.max(1, persons?.length ?? 1);
  const listing = {
    person,
    ...(isLast && person < PERSON_ROWS && { through: PERSON_ROWS }),
    ...listingOf(keys, boxes),
  };
  return {
    compartment: { compartment: key.compartment, epoch: key.epoch, publicKey: toBase64(key.publicKey) },
    boxes,
    object: await inviter.write(key, { text, code: listing }),
    mailbox: mailboxOf(keys),
  };
}

/** What a handover says of a code: its key, and the boxes without GRANT that come with it. */
export function listingOf(keys: ReporterKeys, boxes: readonly KeyBox[]): CodeListing {
  return {
    contentKey: toHex(keys.contentPublicKey),
    boxes: boxes
      .filter(({ grant }) => grant === undefined)
      .map(({ box }) => toHex(sha256(fromBase64(box, 'box')))),
  };
}

/** mailbox_id(16) ‖ key(32), base64. */
export function mailboxOf({ mailboxId, mailboxPublicKey }: ReporterKeys): string {
  return toBase64(concatBytes(mailboxId, mailboxPublicKey));
}

/** A compartment's key, sealed to a code. */
export async function codeBox(
  { sealing }: Pick<ClientDeps, 'sealing'>,
  scopeId: Bytes,
  { compartment, epoch, seed }: CompartmentSeed,
  to: ReporterKeys,
  giver: Bytes,
): Promise<KeyBox> {
  const contents = { purpose: 'reporter', compartment, epoch, scopeId, seed } as const;
  const box = await sealKeyBox(sealing, to.kemPublicKey, giver, contents);
  return { compartment, epoch, recipient: { kind: 'reporter' }, box: toBase64(box) };
}

/** The first compartment for an extract that the case has not used. */
export function nextExtract({ persons, referrals }: CaseState): number {
  const used = [...persons, ...referrals].map(({ compartment }) => compartment);
  return Math.max(FIRST_EXTRACT - 1, ...used) + 1;
}
