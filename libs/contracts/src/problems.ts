/**
 * Every problem an API of Safe Conduct can answer (RFC 9457). The code is stable; title and status never
 * depend on the request. docs/api/problems.md says what each means and what to do.
 */
export const PROBLEMS = {
  // The request is not well formed.
  malformed_json: { status: 400, title: 'The body is not JSON' },
  invalid_request: { status: 400, title: 'A field is missing, unknown or out of range' },
  malformed_bytes: { status: 400, title: 'A binary field is not well formed' },
  suite_unsupported: { status: 400, title: 'This suite of cryptography is not accepted' },
  wrong_size_class: { status: 400, title: 'A sealed object is not of an allowed size' },
  sealed_malformed: { status: 400, title: 'A sealed object is not a sealed file of this protocol' },
  unsupported_media_type: { status: 415, title: 'This content type is not accepted here' },
  body_too_large: { status: 413, title: 'The body is larger than this address accepts' },
  idempotency_key_missing: { status: 400, title: 'This needs an Idempotency-Key of 16 random bytes' },
  precondition_required: { status: 428, title: 'Say in If-Match which state of the case this is for' },
  // Who is asking.
  unauthorized: { status: 401, title: 'Sign in, or sign the request' },
  work_required: { status: 401, title: 'The service is being flooded: do the work it asks for' },
  nonce_expired: { status: 401, title: 'The nonce is used or out of date; ask for a new one' },
  step_up_required: { status: 401, title: 'Unlock the vault again: this needs a session just opened' },
  not_found: { status: 404, title: 'Not found, or not yours' },
  // The request is well formed and cannot be carried out.
  id_taken: { status: 409, title: 'This identifier is in use for something else' },
  case_moved: { status: 412, title: 'The case has moved on; read it again' },
  out_of_date: { status: 409, title: 'Made for keys that are no longer in force; read the KEYSET again' },
  not_allowed_now: { status: 409, title: 'The case does not allow this now' },
  consent_missing: { status: 409, title: 'The person affected has not consented to this' },
  part_mismatch: { status: 409, title: 'This part was stored before with other bytes' },
  blob_incomplete: { status: 409, title: 'An attachment is not complete' },
  statement_invalid: { status: 422, title: 'The signed statement does not hold' },
  idempotency_key_reused: { status: 422, title: 'This Idempotency-Key stands for another request' },
  keyset_refused: { status: 422, title: 'The KEYSET does not hold or is not newer' },
  codes_mismatch: { status: 422, title: 'The parts of the request contradict each other' },
  // Ours.
  too_many_requests: { status: 429, title: 'Too many requests; wait and try again' },
  not_ready: { status: 503, title: 'Not ready yet; try again soon' },
  unavailable: { status: 503, title: 'A part of the service is not available; nothing was lost' },
  internal: { status: 500, title: 'Something failed on our side; nothing was half-stored' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ProblemCode = keyof typeof PROBLEMS;

export const PROBLEM_CODES = Object.keys(PROBLEMS) as ProblemCode[];

/** The stable identifier of a problem; it resolves to nothing and asks nobody (RFC 9457 §3.1.1). */
export function problemType(code: ProblemCode): string {
  return code === 'internal' ? 'about:blank' : `urn:safe-conduct:problem:${code}`;
}
