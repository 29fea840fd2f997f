/** What a client brings along, and how it says no. */
import { type Bytes, type Instant, VerificationError } from '@app/encoding';
import type { Random, Sealing } from '@app/crypto/seal';
import type { Signing } from '@app/crypto/sign';
import type { CryptoVerificationCode, SignatureVerifier } from '@app/crypto/verify';
import type { TlogVerificationCode } from '@app/tlog';

/** Everything that touches the world outside, besides the network. */
export type ClientDeps = {
  readonly signing: Signing;
  readonly verifier: SignatureVerifier;
  readonly sealing: Sealing;
  readonly random: Random;
  readonly now: () => Instant;
  readonly sleep: (ms: number) => Promise<void>;
};

/** What was handed over out of band: nothing that the service says can replace it. */
export type Trust = {
  /** Bytes of the ROOTSET. */
  readonly rootset: Bytes;
  /** A C2SP tlog-policy: the log's key, the witnesses' and the quorum. */
  readonly policy: string;
};

/** Why a client does not go on, besides the codes of `crypto` and `tlog`. */
export type ClientCode =
  | 'trust_without_witnesses'
  | 'clock_behind'
  | 'keyset_not_in_log'
  | 'keyset_leaf_stale'
  | 'keyset_leaf_early'
  | 'witness_stale'
  | 'witness_too_old'
  | 'policy_mismatch'
  | 'role_missing'
  | 'package_wrong_code'
  | 'package_altered'
  | 'receipt_mismatch'
  | 'request_unknown'
  | 'receipt_chain'
  | 'promise_time'
  | 'proof_mismatch'
  | 'proof_overdue'
  | 'promise_not_due'
  | 'promise_kept'
  | 'state_mismatch'
  | 'history_impossible'
  | 'box_unlisted'
  | 'box_grant'
  | 'object_author'
  | 'object_sequence'
  | 'object_uncommitted'
  | 'object_missing'
  | 'statement_mismatch'
  | 'statement_missing'
  | 'consent_mismatch'
  | 'escalation_too_early'
  | 'no_access'
  | 'factor_wrong'
  | 'recovery_needed'
  | 'unlocker_unknown'
  | 'unlockers_full'
  | 'checkpoint_forked'
  | 'checkpoint_rolled_back'
  | 'index_mismatch'
  | 'opening_missing'
  | 'opening_lost'
  | 'cover_invalid'
  | 'entries_uncovered'
  | 'growth_irregular'
  | 'tick_mismatch'
  | 'event_backdated'
  | 'event_postdated'
  | 'policy_not_logged'
  | 'keyset_leaf_missing'
  | 'release_not_logged'
  | 'release_withheld'
  | 'release_altered'
  | 'release_number'
  | 'ledger_damaged';

export type RefusalCode = ClientCode | CryptoVerificationCode | TlogVerificationCode;

/** Throws the code as a `VerificationError`. */
export function refuse(code: RefusalCode): never {
  throw new VerificationError<RefusalCode>(code);
}
