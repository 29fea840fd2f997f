/** A new epoch of a role takes over its cases: what an earlier epoch opens is sealed to the one in use. */
import type { KeyBox } from '@app/contracts';
import { type ActResult, grantBox, perform } from './acts.js';
import type { OpenedCase } from './case-file.js';
import { seedKey } from './contents.js';

/**
 * Seals every key that the officer's role has to a case to the epoch of the role that is in use, so that the seeds of
 * earlier epochs may be destroyed. Nothing is encrypted anew.
 * @returns undefined where nothing is left to seal.
 * @throws {ApiProblem} `case_moved`; `consent_missing` for an office that consent has left meanwhile.
 * @throws {VerificationError} `epoch_expired`, as `perform`.
 * @see libs/crypto SPEC.md §10.2
 */
export async function succeed(opened: OpenedCase): Promise<ActResult | undefined> {
  const { session, seeds } = opened;
  const { deps, directory } = session.service;
  const inUse = directory.keyset.currentEpoch(session.certificate.roleId, deps.now());
  const sealed = new Set(
    opened.boxes
      .filter(({ recipient }) => recipient.kind === 'role' && recipient.roleEpoch === inUse.epoch)
      .map(({ compartment, epoch }) => seedKey(compartment, epoch)),
  );
  const boxes: KeyBox[] = [];
  for (const [key, seed] of seeds) if (!sealed.has(key)) boxes.push(await grantBox(opened, seed, inUse));
  if (boxes.length === 0) return undefined;
  return perform(opened, { kind: 'succession', epoch: inUse.epoch }, { boxes });
}
