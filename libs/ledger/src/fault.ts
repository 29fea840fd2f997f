/**
 * - `state_mismatch`: the head row contradicts its own frontier, or the newest batch.
 * - `checkpoint_mismatch`: a signed or published checkpoint is not of this database's tree.
 * - `files_mismatch`: the public files are not those of this tree.
 * - `batch_missing`, `cover_key_missing`: an entry cannot be derived from the database.
 * - `signer_ahead`: the signer has signed a larger tree than this database holds.
 * - `fork_refused`: the signer has signed a tree that this one does not extend.
 */
export type LedgerFaultCode =
  | 'state_mismatch'
  | 'checkpoint_mismatch'
  | 'files_mismatch'
  | 'batch_missing'
  | 'cover_key_missing'
  | 'signer_ahead'
  | 'fork_refused';

/** The ledger's parts contradict each other: nothing may be sequenced or published until a person has looked. */
export class LedgerFault extends Error {
  readonly code: LedgerFaultCode;

  constructor(code: LedgerFaultCode) {
    super(code);
    this.name = 'LedgerFault';
    this.code = code;
  }
}
