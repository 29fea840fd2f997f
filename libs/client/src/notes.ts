/** What an office writes for itself: notes in `internal`, and the texts of its drafts. */
import type { ActOf } from '@app/casework';
import { COMPARTMENT } from '@app/crypto/seal';
import { toBase64 } from '@app/encoding';
import { type ActResult, grantBox, perform, type Sealed, write } from './acts.js';
import type { OpenedCase } from './case-file.js';
import { newestSeed } from './contents.js';
import type { CompartmentSeed } from './invitation.js';

/** Writes a note for the officer's own office: in `internal`, which no hand-over includes. */
export async function writeNote(opened: OpenedCase, text: string): Promise<ActResult> {
  return perform(opened, { kind: 'write_note' }, await note(opened, text));
}

/** Drafts the next intervention; its text goes into the office's own notes, which no hand-over includes. */
export async function draftIntervention(
  opened: OpenedCase,
  draft: Omit<ActOf<'draft_intervention'>, 'kind' | 'number'>,
  text: string,
): Promise<ActResult> {
  const number = opened.history.state.interventions.length + 1;
  return perform(opened, { kind: 'draft_intervention', number, ...draft }, await note(opened, text));
}

/** A note in `internal`; where the role holds no key to it, a new epoch of that compartment is made. */
async function note(opened: OpenedCase, text: string): Promise<Sealed> {
  const known = newestSeed(opened.seeds, COMPARTMENT.internal);
  if (known !== undefined) return { objects: [await write(opened, 'note', { text }, known)] };
  const { session } = opened;
  const { deps, directory } = session.service;
  const used = opened.compartments.filter(({ compartment }) => compartment === COMPARTMENT.internal);
  const seed = deps.random.bytes(32);
  const made: CompartmentSeed = {
    compartment: COMPARTMENT.internal,
    epoch: Math.max(0, ...used.map(({ epoch }) => epoch)) + 1,
    seed,
    publicKey: deps.sealing.publicKey(seed),
  };
  const { compartment, epoch, publicKey } = made;
  return {
    compartments: [{ compartment, epoch, publicKey: toBase64(publicKey) }],
    boxes: [
      await grantBox(opened, made, directory.keyset.currentEpoch(session.certificate.roleId, deps.now())),
    ],
    objects: [await write(opened, 'note', { text }, made)],
  };
}
