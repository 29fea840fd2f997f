import { describe, expect, it } from '@jest/globals';
import { begin, failureKind, next, PAGE_INCOMPLETE, stepAfter, stepBefore, wouldLose } from './journey.js';

const typed = next(begin('en'), { type: 'answer', path: 'acts[0].what', value: 'Said.' });
const sealed = next(typed, { type: 'sealed', sealed: { code: { digits: '0' }, to: ['office'] } });

describe('the journey', () => {
  it('keeps what was typed through every failure and every change of language', () => {
    const after = [
      { type: 'asked' },
      { type: 'failed', failed: { code: 'unreachable' } },
      { type: 'language', language: 'ar' },
      { type: 'go', screen: { at: 'welcome' } },
      { type: 'errors', errors: [{ path: 'x', code: 'missing' }], step: 'acts' },
    ] as const;
    expect(after.reduce(next, typed).draft).toEqual(typed.draft);
    expect(after.reduce(next, sealed).sealed).toEqual(sealed.sealed);
  });

  it('warns before leaving from the first word typed until the report is recorded', () => {
    const recorded = { recordedAt: 1, promisedBy: 2, witnesses: 2, witnessedAt: 1, proof: '' };
    expect([begin('en'), typed, sealed].map(wouldLose)).toEqual([false, true, true]);
    expect(wouldLose(next(sealed, { type: 'recorded', recorded }))).toBe(false);
  });

  it('shows a failure until the next act, and is busy only while it asks', () => {
    const failed = next(next(typed, { type: 'asked' }), { type: 'failed', failed: { code: 'internal' } });
    expect([failed.isBusy, failed.failed]).toEqual([false, { code: 'internal' }]);
    expect(next(failed, { type: 'asked' })).toMatchObject({ isBusy: true });
    expect(next(failed, { type: 'asked' }).failed).toBeUndefined();
  });

  it('waits for the texts of the next screen, and says so when they do not come', () => {
    const entering = next(begin('fr'), { type: 'entering' });
    expect([entering.isEntering, entering.screen]).toEqual([true, { at: 'welcome' }]);
    const failed = next(entering, { type: 'failed', failed: { code: PAGE_INCOMPLETE } });
    expect([failed.isEntering, failureKind(PAGE_INCOMPLETE)]).toEqual([false, 'unreachable']);
    expect(next(failed, { type: 'office', office: {} as never }).failed).toEqual({ code: PAGE_INCOMPLETE });
    const entered = next(entering, { type: 'go', screen: { at: 'enter' } });
    expect([entered.isEntering, entered.screen]).toEqual([false, { at: 'enter' }]);
  });

  it('forgets the mailbox when it is closed', () => {
    expect(next({ ...typed, mailbox: {} as never }, { type: 'leaveMailbox' }).mailbox).toBeUndefined();
  });

  it('walks the steps in order and back', () => {
    expect([stepAfter('safety'), stepAfter('consent')]).toEqual([
      { at: 'form', step: 'submitter' },
      { at: 'review' },
    ]);
    expect([stepBefore('submitter'), stepBefore('safety')]).toEqual([
      { at: 'form', step: 'safety' },
      { at: 'welcome' },
    ]);
  });

  it.each([
    ['unreachable', 'unreachable'],
    ['witness_stale', 'silent'],
    ['keyset_leaf_stale', 'stale'],
    ['keyset_wrong_roots', 'keys'],
    ['keyset_not_in_log', 'keys'],
    ['receipt_mismatch', 'proof'],
    ['never_heard_of', 'proof'],
    ['case_moved', 'refused'],
  ])('explains %s as %s', (code, kind) => {
    expect(failureKind(code)).toBe(kind);
  });
});
