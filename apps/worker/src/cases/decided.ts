import type { CaseEvent, CaseState, Decision, RefusalCode } from '@app/casework';

/** The case machine refused what the worker took to be due: a defect, or somebody else was quicker. */
export class ActRefused extends Error {
  readonly code: RefusalCode;

  constructor(code: RefusalCode) {
    super(code);
    this.name = 'ActRefused';
    this.code = code;
  }
}

/** @throws {ActRefused} */
export function decided(decision: Decision): { readonly event: CaseEvent; readonly next: CaseState } {
  if (!decision.ok) throw new ActRefused(decision.refusal.code);
  return decision;
}
