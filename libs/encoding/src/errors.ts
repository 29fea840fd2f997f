/** Malformed bytes or text. Carries a code and the place, never the input. */
export class ParseError extends Error {
  readonly code: string;
  readonly where: string;

  /**
   * @param code - closed per format, e.g. `truncated`, `bad_magic`.
   * @param where - the field's name in its SPEC, e.g. `certificate.not_before`.
   */
  constructor(code: string, where: string) {
    super(`${where}: ${code}`);
    this.name = 'ParseError';
    this.code = code;
    this.where = where;
  }
}

/** Well-formed input whose signature, proof or rule does not hold. The code is the whole story. */
export class VerificationError<C extends string = string> extends Error {
  readonly code: C;

  constructor(code: C) {
    super(code);
    this.name = 'VerificationError';
    this.code = code;
  }
}

/** A state the program's own logic excludes; always a defect of ours, never bad input. */
export class Invariant extends Error {
  constructor(what: string) {
    super(what);
    this.name = 'Invariant';
  }
}
