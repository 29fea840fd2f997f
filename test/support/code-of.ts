import { Invariant, ParseError, VerificationError } from '@app/encoding';

/** How an act ends: the code it is refused with, `invariant: …` for a caller's mistake, or `accepted`. */
export function codeOf(act: () => unknown): string {
  try {
    act();
  } catch (error) {
    if (error instanceof ParseError) return error.code;
    if (error instanceof VerificationError) return (error as VerificationError).code;
    if (error instanceof Invariant) return `invariant: ${error.message}`;
    throw error;
  }
  return 'accepted';
}
