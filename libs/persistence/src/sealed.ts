/** Storing sealed material with the event that brought it: the same rows for reporter and staff. */
import { createHash } from 'node:crypto';
import { fromBase64, fromHex } from '@app/encoding';
import { BoxRow, CompartmentRow, ObjectRow } from './rows/case.row.js';
import type { Tx } from './unit-of-work.js';

/** The event sealed material belongs to. */
export type SealedOwner = {
  readonly casePseudonym: Buffer;
  readonly eventNumber: number;
  readonly author: 'reporter' | 'staff';
};

type WireBox = {
  readonly compartment: number;
  readonly epoch: number;
  readonly recipient: { kind: 'role'; role: string; roleEpoch: number } | { kind: 'reporter' };
  readonly box: string;
  readonly grant?: string | undefined;
};

/** Sealed material as it arrives: base64 text. */
export type SealedItems = {
  readonly compartments: readonly { compartment: number; epoch: number; publicKey: string }[];
  readonly boxes: readonly WireBox[];
  readonly objects: readonly { compartment: number; epoch: number; file: string }[];
};

const bytes = (text: string, where: string): Buffer => Buffer.from(fromBase64(text, where));
const sha256 = (data: Buffer): Buffer => createHash('sha256').update(data).digest();

/** The recipient columns of a box: a role and its epoch, or nulls for the reporter. */
export function recipientColumns(recipient: WireBox['recipient']): Pick<BoxRow, 'roleId' | 'roleEpoch'> {
  if (recipient.kind === 'reporter') return { roleId: null, roleEpoch: null };
  return { roleId: Buffer.from(fromHex(recipient.role, 'box.role', 16)), roleEpoch: recipient.roleEpoch };
}

/** Inserts compartments, boxes and objects; a file or box stored before is a unique violation. */
export async function insertSealed(tx: Tx, owner: SealedOwner, items: SealedItems): Promise<void> {
  const { casePseudonym, eventNumber, author } = owner;
  const compartments = items.compartments.map(({ compartment, epoch, publicKey }) => {
    const key = bytes(publicKey, 'compartment.public_key');
    return { casePseudonym, compartment, epoch, publicKey: key, eventNumber };
  });
  const boxes = items.boxes.map(({ compartment, epoch, recipient, box, grant }) => {
    const sealed = bytes(box, 'box');
    return {
      id: sha256(sealed),
      casePseudonym,
      compartment,
      epoch,
      ...recipientColumns(recipient),
      box: sealed,
      grantRecord: grant === undefined ? null : bytes(grant, 'grant'),
      eventNumber,
    };
  });
  const objects = items.objects.map(({ compartment, epoch, file }) => {
    const sealed = bytes(file, 'object.file');
    return { id: sha256(sealed), casePseudonym, compartment, epoch, author, file: sealed, eventNumber };
  });
  // One statement for each table; an insertion of no rows would be one of defaults.
  if (compartments.length > 0) await tx.insert(CompartmentRow, compartments);
  if (boxes.length > 0) await tx.insert(BoxRow, boxes);
  if (objects.length > 0) await tx.insert(ObjectRow, objects);
}
