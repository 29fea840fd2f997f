import { VerificationError } from '@app/encoding';

/**
 * Every way in which well-formed evidence can fail to prove its claim.
 *
 * - `inclusion_invalid`: the entry is not shown to be under the root.
 * - `consistency_invalid`: the newer tree is not shown to extend the older one.
 * - `checkpoint_origin`: the checkpoint names a log that the policy does not list.
 * - `log_signature_missing`: no signature by a listed key of the log the checkpoint names.
 * - `signature_missing`: no signature by any known key.
 * - `signature_invalid`: a known key's signature does not verify.
 * - `quorum_missing`: too few witnesses cosigned.
 * - `log_rolled_back`: the log shows a smaller tree than the one known.
 * - `log_forked`: the log shows a tree that does not continue the one known.
 * - `consistency_unproven`: the tiles do not show whether it does.
 */
export type TlogVerificationCode =
  | 'inclusion_invalid'
  | 'consistency_invalid'
  | 'checkpoint_origin'
  | 'log_signature_missing'
  | 'signature_missing'
  | 'signature_invalid'
  | 'quorum_missing'
  | 'log_rolled_back'
  | 'log_forked'
  | 'consistency_unproven';

export function refuse(code: TlogVerificationCode): never {
  throw new VerificationError<TlogVerificationCode>(code);
}
