/** The server as a process of its own: readiness, a clean end, a taken port. */
import { afterAll, beforeAll, describe, expect, it } from '@jest/globals';
import { transformFileSync } from '@swc/core';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { createServer as createTcpServer, type AddressInfo } from 'node:net';
import os from 'node:os';
import path from 'node:path';

const MAIN = `
import 'reflect-metadata';
import { makeLogger, runMain } from './platform/index.js';
import { createServer, serve } from './platform/nest.js';
import { LifecycleModule } from './module.js';
await runMain(async () => {
  const log = makeLogger('probe');
  const app = await createServer(LifecycleModule, { log, bodyLimitBytes: 100 });
  await serve(app, { log, host: '127.0.0.1', port: Number(process.argv[2]), drainMs: Number(process.argv[3]) });
});
`;

const MODULE = `
import { Controller, Get, Injectable, Module } from '@nestjs/common';
@Injectable()
class Database {
  onApplicationShutdown() { console.log('{"event":"database.closed"}'); }
}
@Controller()
class Slow {
  @Get('slow')
  async slow() {
    console.log('{"event":"slow.started"}');
    await new Promise((resolve) => setTimeout(resolve, 300));
    console.log('{"event":"slow.done"}');
    return { ok: true };
  }
  @Get('stuck')
  stuck() {
    console.log('{"event":"stuck.started"}');
    return new Promise(() => undefined);
  }
}
@Module({ controllers: [Slow], providers: [Database] })
export class LifecycleModule {}
`;

const folder = mkdtempSync(path.join(os.tmpdir(), 'server-'));
const children: ChildProcess[] = [];

function compile(library: string): void {
  const source = path.join(process.cwd(), 'libs', library, 'src');
  mkdirSync(path.join(folder, library));
  for (const name of readdirSync(source).filter((n) => n.endsWith('.ts') && !n.endsWith('.spec.ts'))) {
    const { code } = transformFileSync(path.join(source, name), { sourceMaps: false });
    writeFileSync(
      path.join(folder, library, name.replace(/ts$/, 'js')),
      code.replaceAll(
        /from '@app\/([\w-]+)'|from "@app\/([\w-]+)"/g,
        (_all, a: string, b: string) => `from '../${a || b}/index.js'`,
      ),
    );
  }
}

beforeAll(() => {
  writeFileSync(path.join(folder, 'package.json'), '{"type":"module"}');
  symlinkSync(path.join(process.cwd(), 'node_modules'), path.join(folder, 'node_modules'));
  for (const library of ['platform', 'contracts', 'encoding', 'casework']) compile(library);
  writeFileSync(path.join(folder, 'module.ts'), MODULE);
  const { code } = transformFileSync(path.join(folder, 'module.ts'), {
    configFile: path.join(process.cwd(), '.swcrc'),
    sourceMaps: false,
  });
  writeFileSync(path.join(folder, 'module.js'), code);
  writeFileSync(path.join(folder, 'main.js'), MAIN);
});

afterAll(() => {
  for (const child of children) child.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

type Probe = {
  readonly child: ChildProcess;
  readonly events: string[];
  readonly errors: () => string;
  /** Resolves with the line of that event. */
  readonly until: (event: string) => Promise<Record<string, unknown>>;
  readonly ended: Promise<number | null>;
};

function launch(port: number, drainMs = 5000): Probe {
  const child = spawn(process.execPath, [path.join(folder, 'main.js'), String(port), String(drainMs)], {
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { PATH: process.env.PATH },
  });
  children.push(child);
  const lines: Record<string, unknown>[] = [];
  const events: string[] = [];
  let errors = '';
  let rest = '';
  child.stdout.on('data', (chunk: Buffer) => {
    const parts = (rest + chunk.toString('utf8')).split('\n');
    rest = parts.pop() ?? '';
    for (const part of parts) {
      const line = JSON.parse(part) as Record<string, unknown>;
      lines.push(line);
      events.push(String(line.event));
      child.emit(`event:${String(line.event)}`, line);
    }
  });
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString('utf8')));
  const until = async (event: string): Promise<Record<string, unknown>> =>
    lines.find((line) => line.event === event) ??
    ((await once(child, `event:${event}`)) as [Record<string, unknown>])[0];
  const ended = once(child, 'close').then(([code]) => code as number | null);
  return { child, events, errors: () => errors, until, ended };
}

describe('a server process', () => {
  it.each(['SIGTERM', 'SIGINT'] as const)(
    'ends on %s after the request in flight and the database',
    async (signal) => {
      const probe = launch(0);
      const { port, app } = await probe.until('ready');
      expect(app).toBe('probe');
      const answer = fetch(`http://127.0.0.1:${String(port)}/slow`);
      await probe.until('slow.started');
      probe.child.kill(signal);
      probe.child.kill(signal);
      expect(await (await answer).json()).toEqual({ ok: true });
      expect(await probe.ended).toBe(0);
      const order = ['ready', 'slow.started', 'stopping', 'slow.done', 'database.closed', 'stopped'];
      expect(probe.events.filter((event) => order.includes(event))).toEqual(order);
      expect(probe.errors()).toBe('');
    },
  );

  it('cuts a connection that never ends, and still ends cleanly', async () => {
    const probe = launch(0, 100);
    const { port } = await probe.until('ready');
    const answer = fetch(`http://127.0.0.1:${String(port)}/stuck`).catch(() => 'cut');
    await probe.until('stuck.started');
    probe.child.kill('SIGTERM');
    expect(await answer).toBe('cut');
    expect(await probe.ended).toBe(0);
    expect(probe.events).toContain('database.closed');
  });

  it('says in one sentence that the port is taken, with exit code 4', async () => {
    const other = createTcpServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const probe = launch(port);
    expect(await probe.ended).toBe(4);
    expect(probe.errors()).toBe(
      `Port ${String(port)} on 127.0.0.1 is in use by another program; choose another port.\n`,
    );
    expect(probe.events).toContain('database.closed');
    other.close();
  });
});
