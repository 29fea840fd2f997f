import { PROBLEMS, type ProblemCode } from '@app/contracts';

/** The service answered with a problem (RFC 9457). The code is the whole story; nothing of the request is kept. */
export class ApiProblem extends Error {
  readonly code: ProblemCode;
  readonly status: number;

  constructor(code: ProblemCode) {
    super(PROBLEMS[code].title);
    this.name = 'ApiProblem';
    this.code = code;
    this.status = PROBLEMS[code].status;
  }
}

/** No whole answer came: no connection, a redirect, a time-out, or a connection that broke. */
export class Unreachable extends Error {
  readonly code = 'unreachable';

  constructor() {
    super('the service cannot be reached');
    this.name = 'Unreachable';
  }
}
