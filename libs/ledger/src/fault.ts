/**
 * - `state_mismatch`: the head row contradicts its own frontier, or the newest batch.
 * - `checkpoint_mismatch`: a signed or published checkpoint is not of this database's tree.
 * - `files_mismatch`: the public files are not those of this tree.
 * - `batch_missing`, `cover_key_missing`: an entry cannot be derived from the database.
 * - `signer_ahead`: the signer has signed a larger tree than this database holds.
 * - `fork_refused`: the signer has signed a tree that this one does not extend.
 * - `witness_ahead`: a witness has seen a larger tree than this database holds.
 * - `recovery_foreign`: the mirror's ledger does not continue this database's.
 * - `recovery_behind`: the mirror has nothing that this database lacks.
 */
export type LedgerFaultCode =
  | 'state_mismatch'
  | 'checkpoint_mismatch'
  | 'files_mismatch'
  | 'batch_missing'
  | 'cover_key_missing'
  | 'signer_ahead'
  | 'fork_refused'
  | 'witness_ahead'
  | 'recovery_foreign'
  | 'recovery_behind';

/** `index`: the size of the tree or checkpoint at fault. `path`: the public file. */
export type FaultPlace = { readonly index?: number; readonly path?: string };

/** The ledger's parts contradict each other: nothing may be sequenced or published until a person has looked. */
export class LedgerFault extends Error {
  readonly code: LedgerFaultCode;
  readonly where: FaultPlace;

  constructor(code: LedgerFaultCode, where: FaultPlace = {}) {
    super(code);
    this.name = 'LedgerFault';
    this.code = code;
    this.where = where;
  }
}
