/** Storing sealed material with the event that brought it: the same rows for reporter and staff. */
import { createHash } from 'node:crypto';
import { fromBase64, fromHex } from '@app/encoding';
import { type Parameter, Parameters } from './parameters.js';
import { type BoxRow, MailboxRow } from './rows/case.row.js';
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

/** Inserts compartments, boxes and objects in one round trip; a file or box stored before is a unique violation. */
export async function insertSealed(tx: Tx, owner: SealedOwner, items: SealedItems): Promise<void> {
  const { casePseudonym, eventNumber, author } = owner;
  const sql = new Parameters();
  const parts = [
    ...insertion(
      'compartments (case_pseudonym, compartment, epoch, public_key, event_number)',
      items.compartments.map(({ compartment, epoch, publicKey }) => {
        return [casePseudonym, compartment, epoch, bytes(publicKey, 'compartment.public_key'), eventNumber];
      }),
    ),
    ...insertion(
      'boxes (id, case_pseudonym, compartment, epoch, role_id, role_epoch, box, grant_record, event_number)',
      items.boxes.map(({ compartment, epoch, recipient, box, grant }) => {
        const sealed = bytes(box, 'box');
        const { roleId, roleEpoch } = recipientColumns(recipient);
        const grantRecord = grant === undefined ? null : bytes(grant, 'grant');
        const place = [sha256(sealed), casePseudonym, compartment, epoch];
        return [...place, roleId, roleEpoch, sealed, grantRecord, eventNumber];
      }),
    ),
    ...insertion(
      'objects (id, case_pseudonym, compartment, epoch, author, file, event_number)',
      items.objects.map(({ compartment, epoch, file }) => {
        const sealed = bytes(file, 'object.file');
        return [sha256(sealed), casePseudonym, compartment, epoch, author, sealed, eventNumber];
      }),
    ),
  ];
  if (parts.length === 0) return;
  const named = parts.map(({ into, rows }, i) => {
    return `part${String(i)} as (insert into ${into} ${sql.rows(rows)})`;
  });
  await tx.query(`with ${named.join(', ')} select`, sql.values);
}

type Insertion = { readonly into: string; readonly rows: readonly (readonly Parameter[])[] };

/** An insertion of no rows is none. */
function insertion(into: string, rows: Insertion['rows']): readonly Insertion[] {
  return rows.length === 0 ? [] : [{ into, rows }];
}

const MAILBOX_ID_BYTES = 16;
const MAILBOX_KEY_BYTES = 32;

/**
 * Opens a mailbox with the event that brought it.
 * @param mailbox - base64 of mailbox_id(16) ‖ key(32), as on the wire.
 */
export async function insertMailbox(
  tx: Tx,
  owner: Pick<SealedOwner, 'casePseudonym' | 'eventNumber'>,
  mailbox: string,
  whose: Pick<MailboxRow, 'person' | 'compartment'>,
): Promise<void> {
  const both = Buffer.from(fromBase64(mailbox, 'mailbox', MAILBOX_ID_BYTES + MAILBOX_KEY_BYTES));
  await tx.insert(MailboxRow, {
    mailboxId: both.subarray(0, MAILBOX_ID_BYTES),
    casePseudonym: owner.casePseudonym,
    person: whose.person,
    key: both.subarray(MAILBOX_ID_BYTES),
    compartment: whose.compartment,
    openedBy: owner.eventNumber,
    closedBy: null,
  });
}
