import type { LoggerService } from '@nestjs/common';
import { errorCode } from './error-code.js';
import type { Log } from './logging.js';

/** What Nest says about itself, reduced to that it started, and to the place and code of warnings and errors. */
export function makeNestLogger(log: Log): LoggerService {
  const report =
    (level: 'warn' | 'error') =>
    (message: unknown, ...rest: readonly unknown[]): void => {
      const context = rest.at(-1);
      log[level](`nest.${level}`, {
        ...(typeof context === 'string' ? { context } : {}),
        code: errorCode(message),
      });
    };
  return {
    log: (message: unknown) => {
      if (message === 'Nest application successfully started') log.info('nest.started');
    },
    warn: report('warn'),
    error: report('error'),
    fatal: report('error'),
  };
}
