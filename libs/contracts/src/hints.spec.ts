import { describe, expect, it } from '@jest/globals';
import { formatCaseHint, parseEventPlace, parseHint, QUEUE_HINT } from './index.js';

const place = { casePseudonym: 'ab'.repeat(16), eventNumber: 12 };

describe('a hint', () => {
  it('is read as it was written', () => {
    const id = `${place.casePseudonym}-12`;
    expect(parseHint(formatCaseHint(place).trimEnd())).toEqual({ kind: 'case', id, ...place });
    expect(parseHint(QUEUE_HINT.trimEnd())).toEqual({ kind: 'queue' });
  });

  it.each(['', ':', 'event: other\ndata: {}', 'event: case\ndata: {}', 'id: 1\nevent: case\ndata: {}'])(
    'is not %j',
    (block) => {
      expect(parseHint(block)).toBeUndefined();
    },
  );

  it.each(['', 'ab-1', `${'ab'.repeat(16)}-0`, `${'ab'.repeat(16)}-01`, `${'AB'.repeat(16)}-1`])(
    'is not of an event named %j',
    (id) => {
      expect(parseEventPlace(id)).toBeUndefined();
    },
  );
});
