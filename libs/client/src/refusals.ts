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
  // A case.
  policy_mismatch: 'The response times shown are not those the ledger commits to.',
  package_wrong_code: 'These words are not those this package was sealed with.',
  package_altered:
    'The package is not what was sealed: it was damaged or changed. Nothing was sent; seal the report again.',
  request_unknown:
    'The service already has this report, sent by another copy of the package. Open the mailbox with the words.',
  receipt_mismatch: 'The receipt is not about what was sent.',
  receipt_chain: 'Events of the case are missing or out of order.',
  promise_signature: 'The promise to log your report is not signed by the service.',
  promise_time: 'The promise to log your report has an implausible time.',
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
  object_missing: 'The signed report is missing.',
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
  open_failed: 'This cannot be opened.',
  unreachable: 'The service cannot be reached; nothing was lost.',
  // The receipt code and the unlock secret.
  word_unknown: 'One of the words is in no list.',
  word_count: 'There must be 12 words, or 40 digits.',
  words_checksum:
    'These 12 words do not belong together: one is not the right one, or they are not in order.',
  digits_count: 'There must be 40 digits, or 12 words.',
  digits_checksum: 'These 40 digits do not belong together: one is not the right one, or two are exchanged.',
  // What the service refuses (libs/contracts PROBLEMS.md).
  malformed_json: 'The service could not read the request.',
  invalid_request: 'The service does not know this form of request; this program may be too old or too new.',
  malformed_bytes: 'The service could not read what was sent; nothing was stored.',
  wrong_size_class: 'The service does not accept what was sealed: its size is not one of those allowed.',
  sealed_malformed: 'The service does not accept what was sealed; nothing was stored.',
  unsupported_media_type: 'The service could not read the request.',
  body_too_large: 'This is larger than the service accepts; nothing was stored.',
  unauthorized: 'The service does not know this person, or these are not the right words.',
  nonce_expired: 'The request came too late to be accepted; try again.',
  not_found: 'There is no such thing, or it is not yours.',
  id_taken: 'The service has something else under this identifier; nothing was stored.',
  out_of_date: 'The case or the keys have changed since this was prepared; nothing was stored.',
  not_allowed_now: 'The case does not allow this now; nothing was stored.',
  part_mismatch: 'A part of this attachment was stored before with other bytes; seal the report again.',
  blob_incomplete: 'An attachment has not arrived whole; send it again.',
  statement_invalid: 'The service does not accept the signed statement; nothing was stored.',
  keyset_refused: 'The service does not accept this key directory.',
  codes_mismatch: 'Parts of the request contradict each other; nothing was stored.',
  too_many_requests: 'There were too many requests; wait a minute and try again.',
  not_ready: 'The service is not ready yet; try again soon.',
  unavailable: 'A part of the service is not available; nothing was lost. Try again later.',
  internal: 'Something failed at the service; nothing was half-stored. Try again.',
  bad_answer: 'The service answered something that this program does not understand.',
  answer_too_large: 'The service answered more than this program reads.',
  object_too_large: 'The text is longer than one message can carry; shorten it or attach it as a file.',
  // What the rules of a case refuse (libs/casework SPEC.md §4).
  not_permitted: 'This office, or this officer, may not do this.',
  not_in_this_state: 'The case is not at the point where this can be done.',
  time_runs_backwards: "This device's clock is behind the last event of the case; set it and try again.",
  not_your_role: 'The case is not with your office now.',
  role_excluded: 'The reporter has excluded this office.',
  recused: 'This officer or office has stepped back from the case.',
  already_done: 'This has been done already.',
  consent_missing: 'The person affected has not consented to this.',
  consent_invalid: 'This answer does not fit the consent it is about.',
  level_exceeds_consent: 'The consent given does not reach as far as this level.',
  second_officer_required: 'This needs a second officer, who signs the same statement.',
  same_officer: 'This needs another officer than the one who drafted it or signed first.',
  target_unknown: 'There is no such office to hand the case to.',
  test_incomplete: 'The credibility must be assessed before the decision.',
  test_not_met: 'The test for an allegation in scope is not met; close the case as out of scope instead.',
  event_unknown: 'The case has no event of this number.',
  not_due: 'This is not due yet.',
  intervention_unknown: 'There is no intervention of this number.',
  number_taken: 'Another intervention has this number already; open the case again.',
  channel_mismatch: 'This kind of intervention does not go through this channel.',
  window_open: 'The time for the reply is not over yet.',
  already_shared: 'The case has been shared, so it cannot be erased here.',
};

/**
 * What a code means, for people. Says nothing about content.
 * @param code - of a `VerificationError`, `OpenError`, `ApiProblem` or `Unreachable`, of a receipt code that cannot be
 * read, or of an act the rules of a case refuse.
 */
export function describeRefusal(code: string): string {
  return Object.hasOwn(SENTENCES, code)
    ? (SENTENCES[code] as string)
    : `Something that was checked does not hold (${code}).`;
}
