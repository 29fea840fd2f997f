/** Headers that requests and answers carry besides their authorisation. */

/** `"` + 16 random bytes as hex + `"` (draft-ietf-httpapi-idempotency-key-header, a structured string). */
export const IDEMPOTENCY_KEY_HEADER = 'idempotency-key';

/** The header of a fresh key. @param key - 16 random bytes, hex. */
export function idempotencyKey(key: string): string {
  return `"${key}"`;
}

/** The key in a header; undefined if it is none. */
export function parseIdempotencyKey(header: unknown): string | undefined {
  return typeof header === 'string' ? /^"([0-9a-f]{32})"$/.exec(header)?.[1] : undefined;
}

/** What a case stands on: its latest event and the commitment of that event, hex. */
export type CaseTag = { readonly eventNumber: number; readonly commitment: string };

/**
 * The entity tag of a case. It says nothing that the ledger's openings do not say to whoever may see the case.
 * @param placed - how many of its events have their place in the ledger: a case file shows that as well, so its tag
 * says it; whether the case has moved on does not depend on it.
 */
export function caseTag({ eventNumber, commitment }: CaseTag, placed?: number): string {
  const file = placed === undefined ? '' : `-${String(placed)}`;
  return `"${String(eventNumber)}-${commitment}${file}"`;
}

/** The case a tag names, of a file or not; undefined if it is no tag of a case. */
export function parseCaseTag(tag: string): CaseTag | undefined {
  const [, number, commitment] = /^"([1-9]\d{0,9})-([0-9a-f]{64})(?:-\d{1,10})?"$/.exec(tag) ?? [];
  return number === undefined || commitment === undefined
    ? undefined
    : { eventNumber: Number(number), commitment };
}
