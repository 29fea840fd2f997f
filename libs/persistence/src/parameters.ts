/** What PostgreSQL is given beside a statement. */
export type Parameter = Buffer | string | number | boolean | null;

/** Numbers the parameters of one statement as it is put together. */
export class Parameters {
  readonly values: Parameter[] = [];

  /** @returns its place holder, `$n`. */
  add(value: Parameter): string {
    return `$${String(this.values.push(value))}`;
  }

  /** @returns their place holders with commas between. */
  list(values: readonly Parameter[]): string {
    return values.map((value) => this.add(value)).join(', ');
  }

  /** One row of `values` for each. */
  rows(rows: readonly (readonly Parameter[])[]): string {
    return `values ${rows.map((row) => `(${this.list(row)})`).join(', ')}`;
  }
}
