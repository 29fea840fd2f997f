import { type DataSource, type EntityManager } from 'typeorm';

/** The explicit first argument of everything that touches the database. */
export type Tx = EntityManager;

/** A row's columns as plain data, to insert. */
export type Columns<Row> = { [K in keyof Row]: Row[K] };

const RETRYABLE = new Set(['40001', '40P01']);
const ATTEMPTS = 4;

/**
 * Runs business transactions. Serialization failures and deadlocks roll back and start anew, up to three
 * more times with jitter; then the original error is thrown. The callback has no outside effect.
 */
export class UnitOfWork {
  readonly #source: DataSource;
  readonly #jitter: () => number;

  /** @param jitter - uniform in [0, 1); spreads retries of competing transactions. */
  constructor(source: DataSource, jitter: () => number) {
    this.#source = source;
    this.#jitter = jitter;
  }

  async run<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    for (let attempt = 1; ; attempt++) {
      try {
        return await this.#source.transaction(work);
      } catch (error) {
        if (attempt === ATTEMPTS || !RETRYABLE.has(sqlState(error))) throw error;
        const pauseMs = 10 * 2 ** attempt * (0.5 + this.#jitter());
        await new Promise((resolve) => setTimeout(resolve, pauseMs));
      }
    }
  }

  /** Exactly one statement: it is a transaction by itself, without the round trips that begin and end one. */
  statement<T>(one: (tx: Tx) => Promise<T>): Promise<T> {
    return one(this.#source.manager);
  }

  /** Reads outside a business transaction, in one snapshot. */
  read<T>(work: (tx: Tx) => Promise<T>): Promise<T> {
    return this.#source.transaction('REPEATABLE READ', work);
  }
}

/** SQLSTATE of a driver error, or the empty string. */
export function sqlState(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const own = (error as { code?: unknown }).code;
  if (typeof own === 'string') return own;
  return sqlState((error as { driverError?: unknown }).driverError);
}
