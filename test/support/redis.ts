/** Real Redis for tests, on a free port of the loopback interface with a folder of its own. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { accessSync, constants, mkdtempSync, rmSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

export interface TestRedis {
  readonly url: string;
  readonly port: number;
  /** Holds its append-only file. */
  readonly folder: string;
  /** Kills it and starts it again on its folder and port. */
  crash(): Promise<void>;
  /** Forgets everything. */
  flush(): Promise<void>;
  stop(): Promise<void>;
}

/** Where the program is; undefined if it is not installed. */
export function redisServerPath(): string | undefined {
  if (process.env.SAFE_CONDUCT_REDIS_SERVER) return process.env.SAFE_CONDUCT_REDIS_SERVER;
  const folders = (process.env.PATH ?? '').split(path.delimiter).filter((folder) => folder !== '');
  return folders.map((folder) => path.join(folder, 'redis-server')).find(isExecutable);
}

/** True if tests on Redis can run. Says so once if not; fails where leaving them out is forbidden. */
export function hasRedis(what: string): boolean {
  if (redisServerPath() !== undefined) return true;
  if (process.env.SAFE_CONDUCT_REQUIRE_REDIS === '1') throw new Error(`redis-server is required for ${what}`);
  process.stderr.write(`Left out for want of Redis (redis-server on PATH): ${what}.\n`);
  return false;
}

export async function startTestRedis(): Promise<TestRedis> {
  const program = redisServerPath();
  if (program === undefined) throw new Error('redis-server was not found');
  const folder = mkdtempSync(path.join(tmpdir(), 'sc-redis-'));
  const port = await freePort();
  const options = {
    port,
    bind: '127.0.0.1',
    dir: folder,
    save: '',
    appendonly: 'yes',
    'maxmemory-policy': 'noeviction',
  };
  const args = Object.entries(options).flatMap(([name, value]) => [`--${name}`, String(value)]);
  const begin = async () => {
    const child = spawn(program, args, { stdio: 'ignore' });
    const exited = once(child, 'exit');
    await answering(port);
    return { child, exited };
  };
  let running = await begin();
  const kill = async (): Promise<void> => {
    running.child.kill('SIGKILL');
    await running.exited;
  };
  return {
    url: `redis://127.0.0.1:${String(port)}`,
    port,
    folder,
    crash: async () => {
      await kill();
      running = await begin();
    },
    flush: async () => {
      const socket = connect(port, '127.0.0.1');
      socket.write('FLUSHALL\r\n');
      await once(socket, 'data');
      socket.destroy();
    },
    stop: async () => {
      await kill();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

function isExecutable(file: string): boolean {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}

async function freePort(): Promise<number> {
  const server = createServer();
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port');
  return address.port;
}

async function answering(port: number): Promise<void> {
  for (let attempt = 1; ; attempt++) {
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
      return;
    } catch (error) {
      if (attempt === 100) throw error;
      await sleep(50);
    } finally {
      socket.destroy();
    }
  }
}
