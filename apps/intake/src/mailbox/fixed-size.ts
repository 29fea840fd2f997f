/** Mailbox answers of a fixed length: an observer of the wire learns nothing from their size. */
import { type Mailbox, MAILBOX_ANSWER_BYTES, type StoredObject } from '@app/contracts';

/**
 * Fills an answer with its objects, newest first, as far as they fit, names the others in `more`, and pads with
 * spaces to 24 KiB of JSON; twice, four times that where the events alone need it.
 */
export function toFixedSize(
  answer: Omit<Mailbox, 'objects' | 'more' | 'padding'>,
  stored: StoredObject[],
): Mailbox {
  const full: Mailbox = { ...answer, objects: [], more: stored.map((o) => o.id), padding: '' };
  let size = MAILBOX_ANSWER_BYTES;
  while (lengthOf(full) > size) size *= 2;
  for (const object of stored.toReversed()) {
    const larger = {
      ...full,
      objects: [object, ...full.objects],
      more: full.more.filter((id) => id !== object.id),
    };
    if (lengthOf(larger) > size) break;
    Object.assign(full, larger);
  }
  return { ...full, padding: ' '.repeat(size - lengthOf(full)) };
}

/** Every member is ASCII (hex, base64, digits), so characters are bytes. */
function lengthOf(answer: Mailbox): number {
  return JSON.stringify(answer).length;
}
