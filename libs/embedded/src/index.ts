/** Finds and runs the embedded PostgreSQL of the evaluation stack and of the tests. */
export { ensureDatabase, readNote, writeNote } from './database.js';
export { EmbeddedPostgresError, type EmbeddedPostgresCode } from './errors.js';
export { startEmbeddedPostgres, type EmbeddedPostgres, type EmbeddedPostgresOptions } from './launcher.js';
export { startOf, takeLock } from './lock.js';
export { superviseEmbeddedPostgres } from './supervised.js';
export { makeTemporaryDatabase, type TemporaryDatabase } from './temporary.js';
