import { spawn } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { buildSync } from 'esbuild';
import { afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type ListenAt, listen } from './listen.ts';

let folder: string;
let path: string;
let servers: ReturnType<typeof createServer>[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'listen-'));
  path = join(folder, 'run', 'api.sock');
  servers = [];
});
afterEach(async () => {
  for (const server of servers) await new Promise((resolve) => server.close(resolve));
  rmSync(folder, { recursive: true });
});

const TERMS = { backlog: 1024, keys: { path: 'a.socket', port: 'a.port' } };
const listenAt = (made: Server, at: ListenAt) => listen(made, at, TERMS);

function server() {
  const made = createServer();
  servers.push(made);
  return made;
}

test('the socket is open to everyone, and its folder is made', async () => {
  expect(await listenAt(server(), { path })).toEqual({ kind: 'unix' });
  expect(statSync(path).mode & 0o777).toBe(0o666);
});

test('a socket file that a killed process left behind is replaced', async () => {
  await leaveStaleSocket();
  expect(existsSync(path)).toBe(true);
  expect(await listenAt(server(), { path })).toEqual({ kind: 'unix' });
});

test('a socket on which somebody answers is left alone', async () => {
  await listenAt(server(), { path });
  await expect(listenAt(server(), { path })).rejects.toThrow(`another process answers on ${path}`);
});

test('a file that is no socket is left alone', async () => {
  const file = join(folder, 'file');
  writeFileSync(file, 'precious');
  await expect(listenAt(server(), { path: file })).rejects.toThrow('is there and is no socket');
});

test('a path longer than the kernel takes is named', async () => {
  const long = join(folder, 'x'.repeat(120));
  await expect(listenAt(server(), { path: long })).rejects.toThrow('is longer than 107 bytes');
});

test('a port in use is named', async () => {
  const first = server();
  const at = await listenAt(first, { host: '127.0.0.1', port: 0 });
  const port = at.kind === 'tcp' ? Number(at.tcp.split(':').at(-1)) : 0;
  await expect(listenAt(server(), { host: '127.0.0.1', port })).rejects.toThrow(
    `a.port: port ${port} of 127.0.0.1 is in use by another process`,
  );
});

describe('a socket that is handed over, as systemd does', () => {
  const program = resolve('dist/test/listen-on-fd.cjs');
  beforeAll(() => {
    buildSync({
      entryPoints: [resolve('libs/daemon/src/listen-on-fd.process.ts')],
      outfile: program,
      bundle: true,
      platform: 'node',
      format: 'cjs',
      tsconfig: 'tsconfig.base.json',
    });
  });

  /** Node.js keeps the descriptor of a server in an inner handle. */
  const descriptorOf = (holder: object) => (holder as { _handle: { fd: number } })._handle.fd;

  test.each([
    ['TCP', { host: '127.0.0.1', port: 0 }, { kind: 'tcp' }],
    ['Unix', 'path', { kind: 'unix' }],
  ])('%s is told apart and listened on', async (_, at, expected) => {
    const holder = server();
    mkdirSync(join(folder, 'run'));
    await new Promise<void>((done) => holder.listen(at === 'path' ? path : at, done));
    const stdio = ['ignore', 'pipe', 'inherit', descriptorOf(holder)] as const;
    const child = spawn(process.execPath, [program], { stdio: [...stdio] });
    try {
      const [line] = await once(child.stdout ?? child, 'data');
      expect(JSON.parse(String(line))).toMatchObject(expected);
    } finally {
      child.kill('SIGKILL');
    }
  });
});

/** What kill -9 leaves: the file of a socket that nobody listens on. */
async function leaveStaleSocket(): Promise<void> {
  mkdirSync(join(folder, 'run'));
  const other = join(folder, 'other.sock');
  const dead = createServer();
  await new Promise<void>((done) => dead.listen(other, done));
  renameSync(other, path);
  await new Promise((done) => dead.close(done));
}
