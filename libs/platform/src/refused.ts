/** The one way in which a service says no. */
import type { ProblemCode } from '@app/contracts';

export type ProblemExtensions = Readonly<Record<string, string | number | boolean>>;

/** An expected refusal; services throw it with a code of the registry and never choose a status themselves. */
export class Refused extends Error {
  readonly code: ProblemCode;
  readonly extensions: ProblemExtensions;

  /** @param extensions - further members of the problem; `retryAfterSeconds` also sets Retry-After. */
  constructor(code: ProblemCode, extensions: ProblemExtensions = {}) {
    super(code);
    this.name = 'Refused';
    this.code = code;
    this.extensions = extensions;
  }
}
