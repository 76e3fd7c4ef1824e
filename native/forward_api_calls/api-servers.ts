// Servers in the API's place: one that speaks HTTP, one that says whatever it is told to, and
// Python ones for what Node.js cannot do to a socket. All are gone when the test is over.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer as createHttpServer, type RequestListener } from 'node:http';
import { createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** A path for a socket in a folder of its own. */
export function socketPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'nodemgr-shell-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'api.sock');
}

async function listen(server: Server, path: string): Promise<void> {
  const connections = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    connections.add(socket);
    socket.on('error', () => {}); // The shell may leave at any time.
  });
  onTestFinished(() => {
    for (const socket of connections) socket.destroy();
    server.close();
  });
  server.listen(path);
  await once(server, 'listening');
}

export async function httpApi(answer: RequestListener, path = socketPath()): Promise<string> {
  await listen(createHttpServer(answer), path);
  return path;
}

/** Calls `serve` with each connection as it comes. */
export async function rawApi(serve: (socket: Socket) => void): Promise<string> {
  const path = socketPath();
  await listen(
    createServer({ allowHalfOpen: true }, (socket) => serve(socket)),
    path,
  );
  return path;
}

/** Sends `bytes` once the request has begun to arrive, then closes. */
export async function answering(bytes: string | Buffer): Promise<string> {
  return await rawApi((socket) => void socket.once('data', () => socket.end(bytes)));
}

/** Sends `bytes` once the request has begun to arrive, and leaves the connection open. */
export async function answeringWithoutEnd(bytes: string | Buffer): Promise<string> {
  return await rawApi((socket) => void socket.once('data', () => socket.write(bytes)));
}

/** Runs a Python program with a socket's path as its argument; waits until it prints or ends. */
export async function pythonApi(program: string): Promise<string> {
  const path = socketPath();
  const child: ChildProcess = spawn('python3', ['-c', `import socket, sys\n${program}`, path], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  onTestFinished(async () => {
    child.kill('SIGKILL');
    await ended;
  });
  await Promise.race([once(child.stdout as NodeJS.EventEmitter, 'data'), ended]);
  return path;
}
