import { describe, expect, it } from '@jest/globals';
import { Contradiction, Model } from '../test/model.js';
import { LEGAL_PAIRS } from '../test/model-table.js';
import { faultOf, randomHistory, shrink, tell } from '../test/random-history.js';
import { history, TO } from '../test/histories.js';
import { type CaseEvent, EVENT_NAMES } from './events.js';

const RUNS = Number(process.env.FC_RUNS ?? 1_500);
/** Others than the long form begins with; `npm run histories` takes them on from a seed of its own. */
const FIRST = 20_261_125;

describe('random histories, judged by a model that shares no code with the library', () => {
  it('take no illegal step, none without consent, and start, pause and stop clocks for cause only', () => {
    const seen = new Set<string>();
    for (let seed = FIRST; seed < FIRST + RUNS; seed++) {
      const random = randomHistory(seed);
      const fault = faultOf(random, (pair) => seen.add(pair));
      if (fault !== undefined)
        throw new Error(`seed ${String(seed)}: ${fault}\n${tell(shrink(random)).join('\n')}`);
    }
    expect([...seen].filter((pair) => !LEGAL_PAIRS.includes(pair))).toEqual([]);
    const events = new Set([...seen].map((pair) => pair.split(' ')[1]));
    expect(EVENT_NAMES.filter((name) => !events.has(name))).toEqual([]);
  });
});

describe('the model', () => {
  it('objects to a step out of place, and to one without consent', () => {
    const { events } = history(...TO.accepted);
    const watched = (...indices: number[]) => {
      const model = new Model();
      for (const i of indices) model.watch(events[i]!);
    };
    expect(() => watched(0, 1, 2, 3, 4)).not.toThrow();
    expect(() => watched(0, 1, 2, 4)).toThrow(new Contradiction('ACCEPTED in IN_SCOPE'));
    const [first, ...rest] = events;
    const silent = { ...first!, detail: { ...first!.detail, consents: 'n'.repeat(104) } };
    const model = new Model();
    model.watch(silent as CaseEvent);
    expect(() => rest.forEach((event) => model.watch(event))).toThrow(new Contradiction('ROUTED without K3'));
  });
});
