import { VerificationError } from '@app/encoding';

/** Every code a failed verification in this library can carry (SPEC.md §12). */
export type CryptoVerificationCode =
  | 'signature_invalid'
  | 'suite_unsupported'
  | 'rootset_rotation'
  | 'keyset_wrong_roots'
  | 'keyset_signatures_short'
  | 'keyset_expired'
  | 'keyset_not_yet_valid'
  | 'keyset_rolled_back'
  | 'keyset_two_hashes'
  | 'keyset_epochs_unsigned'
  | 'epoch_expired'
  | 'epoch_signature'
  | 'certificate_signature'
  | 'certificate_unknown'
  | 'certificate_revoked'
  | 'certificate_expired'
  | 'statement_signature'
  | 'statement_origin'
  | 'grant_signature'
  | 'promise_signature'
  | 'mailbox_state_signature'
  | 'mailbox_signature'
  | 'session_signature'
  | 'request_signature'
  | 'unlockers_signature'
  | 'release_signatures_short'
  | 'release_origin'
  | 'opening_commitment'
  | 'opening_time'
  | 'sealed_malformed'
  | 'sealed_wrong_class'
  | 'sealed_wrong_recipient_type'
  | 'box_malformed'
  | 'box_wrong_key'
  | 'box_wrong_scope'
  | 'object_signature'
  | 'object_wrong_thread'
  | 'object_wrong_recipient'
  | 'object_padding'
  | 'object_body'
  | 'blob_parts';

/** Throws the code as a `VerificationError`. */
export function fail(code: CryptoVerificationCode): never {
  throw new VerificationError<CryptoVerificationCode>(code);
}
