import { mkdtempSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { listen } from './listen.ts';

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

function server() {
  const made = createServer();
  servers.push(made);
  return made;
}

test('the socket is open to everyone, and its folder is made', async () => {
  expect(await listen(server(), { path })).toEqual({ kind: 'unix' });
  expect(statSync(path).mode & 0o777).toBe(0o666);
});

test('a socket file that a killed process left behind is replaced', async () => {
  const { status } = await leaveStaleSocket();
  expect(status).toBe('left');
  expect(await listen(server(), { path })).toEqual({ kind: 'unix' });
});

test('a socket on which somebody answers is left alone', async () => {
  await listen(server(), { path });
  await expect(listen(server(), { path })).rejects.toThrow(`another process answers on ${path}`);
});

test('a file that is no socket is left alone', async () => {
  const file = join(folder, 'file');
  writeFileSync(file, 'precious');
  await expect(listen(server(), { path: file })).rejects.toThrow('is there and is no socket');
});

test('a path longer than the kernel takes is named', async () => {
  const long = join(folder, 'x'.repeat(120));
  await expect(listen(server(), { path: long })).rejects.toThrow('is longer than 107 bytes');
});

test('a port in use is named', async () => {
  const first = server();
  const at = await listen(first, { port: 0 });
  const port = at.kind === 'tcp' ? Number(at.tcp.split(':').at(-1)) : 0;
  await expect(listen(server(), { port })).rejects.toThrow(
    `api.tcp_port: port ${port} of 127.0.0.1 is in use by another process`,
  );
});

/** What kill -9 leaves: the file of a socket that nobody listens on. */
async function leaveStaleSocket(): Promise<{ status: string }> {
  const { mkdirSync, renameSync, existsSync } = await import('node:fs');
  mkdirSync(join(folder, 'run'));
  const other = join(folder, 'other.sock');
  const dead = createServer();
  await new Promise<void>((resolve) => dead.listen(other, resolve));
  renameSync(other, path);
  await new Promise((resolve) => dead.close(resolve));
  return { status: existsSync(path) ? 'left' : 'gone' };
}
