import { describe, expect, it } from '@jest/globals';
import { errorCode } from './error-code.js';
import { makeLogger } from './logging.js';
import { makeNestLogger } from './nest-logger.js';

const SECRET = 'Testimony: he said "stop".';

function capture(): { lines: Record<string, unknown>[]; sink: { write(line: string): void } } {
  const lines: Record<string, unknown>[] = [];
  return { lines, sink: { write: (line) => lines.push(JSON.parse(line) as Record<string, unknown>) } };
}

describe('makeLogger', () => {
  it('writes the event with the allowed fields', () => {
    const { lines, sink } = capture();
    makeLogger('desk', sink).info('job.done', { jobId: '42', ms: 7, queue: 'triage.route' });
    expect(lines[0]).toEqual({
      level: 'info',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      app: 'desk',
      pid: process.pid,
      event: 'job.done',
      jobId: '42',
      ms: 7,
      queue: 'triage.route',
    });
  });

  it('withholds other fields and whatever does not look like a name or a code', () => {
    const { lines, sink } = capture();
    const fields = { body: SECRET, err: new Error(SECRET), code: SECRET, count: Number.NaN, route: '/a/:b' };
    makeLogger('desk', sink).error(SECRET, fields);
    const { event, code, route, ...rest } = lines[0] ?? {};
    expect([event, code, route]).toEqual(['withheld', 'withheld', '/a/:b']);
    expect(Object.keys(rest).sort()).toEqual(['app', 'level', 'pid', 'time']);
  });
});

describe('makeNestLogger', () => {
  it('keeps the start, and of warnings and errors only place and code', () => {
    const { lines, sink } = capture();
    const nest = makeNestLogger(makeLogger('desk', sink));
    nest.log('Nest application successfully started', 'NestApplication');
    nest.log(SECRET, 'RoutesResolver');
    nest.warn(SECRET, 'Router');
    nest.error(Object.assign(new TypeError(SECRET), { code: 'E1' }), `stack ${SECRET}`, 'ExceptionsHandler');
    expect(lines.map(({ level, event, context, code }) => ({ level, event, context, code }))).toEqual([
      { level: 'info', event: 'nest.started', context: undefined, code: undefined },
      { level: 'warn', event: 'nest.warn', context: 'Router', code: 'unknown' },
      { level: 'error', event: 'nest.error', context: 'ExceptionsHandler', code: 'TypeError:E1' },
    ]);
    expect(JSON.stringify(lines)).not.toContain('stop');
  });
});

describe('errorCode', () => {
  const loop: { name: string; cause?: unknown } = { name: 'Loop' };
  loop.cause = loop;
  it.each<[unknown, string]>([
    [new Error(SECRET), 'Error'],
    [
      new Error(SECRET, { cause: Object.assign(new RangeError(SECRET), { code: '40P01' }) }),
      'Error > RangeError:40P01',
    ],
    [
      { name: 'QueryFailedError', driverError: { name: 'error', code: 23505 } },
      'QueryFailedError > error:23505',
    ],
    [{ name: SECRET, code: SECRET }, 'unknown'],
    [SECRET, 'unknown'],
    [undefined, 'unknown'],
    [loop, 'Loop > Loop > Loop > Loop > Loop'],
  ])('of case %# never holds a message', (err, expected) => {
    expect(errorCode(err)).toBe(expected);
  });
});
