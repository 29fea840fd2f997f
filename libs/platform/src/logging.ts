/**
 * Logs: structured lines on standard output that can hold names, codes, counts and times, and nothing else. Whatever
 * is not in the closed list below, or does not look like a name or a code, is withheld.
 */
import { pino } from 'pino';

const FIELDS = [
  'attempt',
  'code',
  'context',
  'count',
  'jobId',
  'method',
  'ms',
  'pid',
  'port',
  'queue',
  'requestId',
  'route',
  'signal',
  'size',
  'status',
  'treeSize',
] as const;

export type LogFields = Readonly<Partial<Record<(typeof FIELDS)[number], string | number>>>;

/** `event` is a fixed lower-case name such as `ready` or `job.failed`; an error becomes `code: errorCode(err)`. */
export interface Log {
  info(event: string, fields?: LogFields): void;
  warn(event: string, fields?: LogFields): void;
  error(event: string, fields?: LogFields): void;
}

export type LogSink = { write(line: string): void };

const EVENT = /^[a-z][a-z0-9_.-]{0,59}$/;
const VALUE = /^[\w.:/{}*>@ -]{1,200}$/;
const WITHHELD = 'withheld';

export function makeLogger(name: string, sink: LogSink = pino.destination({ dest: 1, sync: true })): Log {
  const out = pino(
    {
      base: { app: name, pid: process.pid },
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
    },
    sink,
  );
  const line = (event: string, fields: LogFields = {}): Record<string, string | number> => ({
    event: EVENT.test(event) ? event : WITHHELD,
    ...allowed(fields),
  });
  return {
    info: (event, fields) => {
      out.info(line(event, fields));
    },
    warn: (event, fields) => {
      out.warn(line(event, fields));
    },
    error: (event, fields) => {
      out.error(line(event, fields));
    },
  };
}

function allowed(fields: LogFields): Record<string, string | number> {
  const kept: Record<string, string | number> = {};
  for (const name of FIELDS) {
    const value = fields[name];
    if (typeof value === 'number' && Number.isFinite(value)) kept[name] = value;
    else if (typeof value === 'string') kept[name] = VALUE.test(value) ? value : WITHHELD;
  }
  return kept;
}
