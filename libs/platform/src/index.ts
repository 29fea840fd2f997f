/** What every server process shares; a closed list without a word of the domain. `nest.ts` is the door of those built on Nest. */
export {
  CLOCK,
  clockConfigSchema,
  clockFromEnv,
  clockWithOffset,
  RANDOM,
  systemClock,
  systemRandom,
  type Clock,
  type Random,
} from './clock.js';
export { loadConfig } from './config.js';
export { errorChain, errorCode } from './error-code.js';
export { FileError, readFileStrict, writeFileDurable, writeImmutable, type FileErrorCode } from './files.js';
export { securityHeaders, type ContentSecurityPolicy } from './headers.js';
export { LANDING_ICON } from './landing.js';
export { makeLogger, type Log, type LogFields, type LogSink } from './logging.js';
export { readPage, type StaticPage } from './page.js';
export {
  plainServer,
  servePlain,
  type PlainAnswer,
  type PlainRequest,
  type PlainServerOptions,
} from './plain-server.js';
export { Refused, type ProblemExtensions } from './refused.js';
export { sha256 } from './sha256.js';
export {
  keyConfigShape,
  KeyCommandError,
  type KeyCommandCode,
  type KeySource,
  openKeySource,
} from './signing-key.js';
export { EXIT, runMain, StartupError } from './startup.js';
