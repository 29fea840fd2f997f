import { describe, expect, it } from '@jest/globals';
import { DAY, history, HOUR, REPORTER, SUBMIT, T0 } from '../test/histories.js';
import { lapseClock, nextWarning, pauseClocks, startClock, stopClocks, warningAt } from './clocks.js';

describe('the warning before a lapse', () => {
  const started = (targetSeconds?: number) =>
    startClock([], { id: 'C1', origin: 'first', ...(targetSeconds !== undefined && { targetSeconds }) }, T0);

  it.each([
    ['a quarter of the target before', 8 * DAY, 6 * DAY],
    ['a quarter, rounded down to the second', 4 * HOUR + 3, 3 * HOUR + 3],
    ['never less than an hour before', 3 * HOUR, 2 * HOUR],
    ['not before the clock started', HOUR / 2, 0],
  ])('comes %s', (_, target, after) => {
    expect(warningAt(started(target)[0]!)).toBe(T0 + after);
    expect(nextWarning({ clocks: started(target) })).toBe(T0 + after);
  });

  it('is for a clock that will lapse: not one without target, paused, stopped or lapsed', () => {
    const clocks = started(10 * DAY);
    const lapsed = lapseClock(clocks, 'C1', 1, T0 + 10 * DAY);
    const stopped = stopClocks(clocks, () => true, T0 + 1, 'met');
    const paused = pauseClocks(clocks, ['C1'], 'PA1', T0 + 1);
    for (const none of [started(), lapsed, stopped, paused]) {
      expect(nextWarning({ clocks: none })).toBeUndefined();
    }
  });

  it('is the earliest of a case', () => {
    const { state } = history([SUBMIT, REPORTER, 0]);
    expect(nextWarning(state)).toBe(T0 + Math.floor(7 * DAY * 0.75));
  });
});
