/** A place in a list that is ordered by a time and a pseudonym: those after it are on the next page. */
import { PLACE_CURSOR_BYTES } from '@app/contracts';
import { type Bytes, fromHex, type Instant, toHex } from '@app/encoding';

const TIME_BYTES = PLACE_CURSOR_BYTES - 16;

export type Place = { readonly at: Instant; readonly pseudonym: Bytes };

export function encodePlace({ at, pseudonym }: Place): string {
  return at.toString(16).padStart(2 * TIME_BYTES, '0') + toHex(pseudonym);
}

/** @param cursor - of the form its schema demands. */
export function parsePlace(cursor: string): Place {
  const at = Number.parseInt(cursor.slice(0, 2 * TIME_BYTES), 16);
  return {
    at: Math.min(at, Number.MAX_SAFE_INTEGER),
    pseudonym: fromHex(cursor.slice(2 * TIME_BYTES), 'after', 16),
  };
}
