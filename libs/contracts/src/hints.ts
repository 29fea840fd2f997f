/** What the desk's event stream says (WHATWG server-sent events): that something happened, never what. */

/** An event of a case; also the id of its hint, by which a stream goes on where another ended. */
export type EventPlace = { readonly casePseudonym: string; readonly eventNumber: number };

/** A case has this event now; or the queue is not as it was. `id` goes into the next stream's `Last-Event-ID`. */
export type DeskHint =
  ({ readonly kind: 'case'; readonly id: string } & EventPlace) | { readonly kind: 'queue' };

/** The id of the hint of an event. */
export function formatEventPlace({ casePseudonym, eventNumber }: EventPlace): string {
  return `${casePseudonym}-${String(eventNumber)}`;
}

/** Undefined if it is no id of a hint. */
export function parseEventPlace(id: string): EventPlace | undefined {
  const [, casePseudonym, number] = /^([0-9a-f]{32})-([1-9]\d{0,8})$/.exec(id) ?? [];
  return casePseudonym === undefined ? undefined : { casePseudonym, eventNumber: Number(number) };
}

export function formatCaseHint(place: EventPlace): string {
  return `id: ${formatEventPlace(place)}\nevent: case\ndata: {}\n\n`;
}

export const QUEUE_HINT = 'event: queue\ndata: {}\n\n';

/** The hint in one block of a stream; undefined for comments, and for what a later version may add. */
export function parseHint(block: string): DeskHint | undefined {
  const fields = new Map(block.split('\n').map((line) => line.split(': ', 2) as [string, string]));
  if (fields.get('event') === 'queue') return { kind: 'queue' };
  const id = fields.get('id') ?? '';
  const place = fields.get('event') === 'case' ? parseEventPlace(id) : undefined;
  return place && { kind: 'case', id, ...place };
}
