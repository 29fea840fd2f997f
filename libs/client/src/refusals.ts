/** Every refusal in one plain sentence, for the person in front of the screen. */

const SENTENCES: Readonly<Record<string, string>> = {
  // Who the keys belong to.
  keyset_wrong_roots: 'The key directory is not signed by the officers this program trusts.',
  keyset_signatures_short: 'The key directory lacks signatures of the officers this program trusts.',
  keyset_expired: 'The key directory has expired, so nobody vouches for these keys any more.',
  keyset_not_yet_valid: "The key directory is dated in the future; check this device's clock.",
  keyset_rolled_back: 'The service showed an older key directory than before. This can be an attack.',
  keyset_two_hashes:
    'The service showed two different key directories with one number. This can be an attack.',
  keyset_epochs_unsigned: 'The current keys of the offices are not signed as they must be.',
  keyset_not_in_log:
    'The key directory shown to you is not the one in the public ledger. This can be an attack.',
  keyset_leaf_stale: 'The public ledger has not confirmed this key directory for more than seven days.',
  keyset_leaf_early: 'The ledger dates the key directory later than its witnesses saw it.',
  keyset_refused: 'The ledger names a key directory that does not hold. This can be an attack.',
  keyset_withheld: 'The ledger names a key directory that the service does not hand out.',
  certificate_unannounced: 'A watched office has a new staff certificate that was not announced.',
  epoch_unannounced: 'A watched office has a new key that was not announced.',
  epoch_expired: 'The office has no key in date. Its staff must renew it before reports can be sealed.',
  epoch_signature: "An office's key is not signed by a holder of that office.",
  certificate_signature: 'A staff certificate lacks signatures of the officers this program trusts.',
  certificate_unknown: 'A message is signed by somebody the key directory does not know.',
  certificate_revoked: 'A message is signed with a key that was withdrawn.',
  certificate_expired: 'A message is signed with a key that was out of date.',
  role_missing: 'There is no office left that may receive this.',
  suite_unsupported: 'The service asks for a form of encryption that this program does not accept.',
  // The witnesses.
  trust_without_witnesses: 'This program was given no witnesses to check the ledger by.',
  clock_behind: "This device's clock is behind the witnesses' clocks; set it and try again.",
  witness_stale:
    'The independent witnesses have been silent for more than seven days. You may wait, or go on if you choose to.',
  witness_too_old:
    'The independent witnesses have been silent for more than thirty days; do not send anything now.',
  quorum_missing: 'Too few independent witnesses have confirmed the ledger.',
  log_signature_missing: 'The ledger is not signed by its own key.',
  signature_missing: 'The ledger carries no signature that this program knows.',
  signature_invalid: 'A signature in the ledger does not hold.',
  checkpoint_origin: 'This is another ledger than the one this program trusts.',
  inclusion_invalid: 'The proof does not show the entry in the ledger.',
  consistency_invalid: 'The ledger shown now does not continue the one seen before.',
  checkpoint_forked:
    'The ledger shown now does not continue the one this program saw before. This can be an attack; keep what you have.',
  checkpoint_rolled_back:
    'The ledger shown now is older than the one this program saw before. This can be an attack.',
  log_rolled_back: 'The ledger shown now is shorter than the one seen before. This can be an attack.',
  log_forked: 'The ledger was rewritten: two signed checkpoints contradict each other. This is an attack.',
  consistency_unproven:
    "The ledger's tiles do not show whether it continues the one seen before; they may be damaged.",
  // A case.
  policy_mismatch: 'The response times shown are not those the ledger commits to.',
  receipt_mismatch: 'The receipt is not about what was sent.',
  receipt_chain: 'Events of the case are missing or out of order.',
  promise_signature: 'The promise to log your report is not signed by the service.',
  promise_time: 'The promise to log your report has an implausible time.',
  promise_not_due: 'It is too early to say that the promise was broken.',
  promise_kept: 'The promise was kept: the entry is in the ledger.',
  proof_mismatch: 'The proof is about another entry.',
  proof_overdue:
    'The service broke its promise: the entry is not in the witnessed ledger in time. Keep the promise.',
  state_mismatch: 'The service showed an old or different state of the case.',
  mailbox_state_signature: 'The state of the mailbox is not signed by the service.',
  history_impossible: 'The events shown could not have happened in this order.',
  opening_commitment: 'An event is not the one the ledger commits to.',
  opening_time: 'An event is dated before its entry in the ledger.',
  box_unlisted: 'The service added a recipient that the report does not name. This is an attack.',
  box_grant: 'A key was handed over without a valid signature.',
  box_wrong_scope: 'A key belongs to another case.',
  box_wrong_key: 'A key is not the one it says it is.',
  object_author: 'A message is not by whom the service says it is.',
  object_sequence: 'Messages were exchanged or reordered.',
  object_uncommitted: 'The service showed something that no event of the case accounts for.',
  object_missing: 'The signed report or a message of the case is missing.',
  object_signature: "An object's signature does not hold.",
  object_wrong_thread: 'A message belongs to another case.',
  object_wrong_recipient: 'A message was written for somebody else.',
  statement_mismatch: 'The ledger entry is not about what was signed.',
  statement_missing: 'An act of staff is shown without the statement they signed.',
  statement_signature: 'A statement of staff is not signed by whom it says.',
  statement_origin: 'A statement of staff is about another instance.',
  consent_mismatch:
    'The consents the service acts on are not those that were signed. Stop, and raise an alarm.',
  escalation_too_early: 'This key was delivered before its time. Do not open it, and raise an alarm.',
  no_access: 'There is no key to this part of the case.',
  blob_parts: 'An attachment is not the one that was sealed.',
  index_mismatch: 'An opening does not fit its entry in the ledger.',
  opening_missing: 'An entry of the ledger was not opened for the audit.',
  cover_invalid: 'An entry that should be empty cover is not.',
  entries_uncovered: 'No witnessed checkpoint covers exactly these entries.',
  growth_irregular: 'The ledger did not grow as it must.',
  tick_mismatch: 'An entry is dated off the beat of the ledger.',
  event_backdated: 'An event is dated earlier than the witnesses allow.',
  event_postdated: 'An event is dated later than the witnesses allow.',
  policy_not_logged: 'An event names response times that were not in the ledger before it.',
  keyset_leaf_missing: 'On a day the ledger did not confirm the key directory.',
  open_failed: 'This cannot be opened.',
  unreachable: 'The service cannot be reached; nothing was lost.',
};

/**
 * What a code means, for people. Says nothing about content.
 * @param code - of a `VerificationError`, `OpenError` or `Unreachable`.
 */
export function describeRefusal(code: string): string {
  return Object.hasOwn(SENTENCES, code)
    ? (SENTENCES[code] as string)
    : `Something that was checked does not hold (${code}).`;
}
