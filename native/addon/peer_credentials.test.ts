import { once } from 'node:events';
import { closeSync, openSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadAddon, startPartner, temporaryFolder, thrownBy } from './addon-under-test.ts';

const { peerCredentials } = loadAddon();

const descriptorOf = (socket: unknown) => (socket as { _handle: { fd: number } })._handle.fd;

/** Listens at `where`; closed when the test is over. */
async function listen(where: string | number): Promise<Server> {
  // Paused, so that a peer that has gone does not take the descriptor along before it is asked.
  const server = createServer({ pauseOnConnect: true });
  onTestFinished(() => void server.close());
  if (typeof where === 'number') server.listen(where, '127.0.0.1');
  else server.listen(where);
  await once(server, 'listening');
  return server;
}

/** The next accepted connection. */
async function accepted(server: Server): Promise<Socket> {
  const [socket] = (await once(server, 'connection')) as [Socket];
  onTestFinished(() => void socket.destroy());
  return socket;
}

async function connected(server: Server): Promise<Socket> {
  const address = server.address();
  if (address === null) throw new Error('the server does not listen');
  const socket =
    typeof address === 'string' ? createConnection(address) : createConnection(address.port);
  onTestFinished(() => void socket.destroy());
  return await accepted(server);
}

describe('peerCredentials', () => {
  it('names this process, its user and its group for a Unix socket that it connected itself', async () => {
    const socket = await connected(await listen(join(temporaryFolder(), 'api.sock')));
    expect(peerCredentials?.(descriptorOf(socket))).toEqual({
      pid: process.pid,
      uid: process.getuid?.(),
      gid: process.getgid?.(),
    });
  });

  it('names the other process when another process connects', async () => {
    const path = join(temporaryFolder(), 'api.sock');
    const server = await listen(path);
    const connecting = "require('net').connect(process.argv[1])";
    const { child } = startPartner(process.execPath, ['-e', connecting, path]);
    const socket = await accepted(server);
    expect(peerCredentials?.(descriptorOf(socket))).toMatchObject({
      pid: child.pid,
      uid: process.getuid?.(),
    });
  });

  it('still names the peer after the peer has closed its end', async () => {
    const path = join(temporaryFolder(), 'api.sock');
    const server = await listen(path);
    const ending = "const s = require('net').connect(process.argv[1], () => s.destroy())";
    const { child } = startPartner(process.execPath, ['-e', ending, path]);
    const [socket] = await Promise.all([accepted(server), once(child, 'exit')]);
    expect(peerCredentials?.(descriptorOf(socket))).toMatchObject({ pid: child.pid });
  });

  it('refuses a TCP socket, of which the kernel would say (0, -1, -1)', async () => {
    const socket = await connected(await listen(0));
    const error = thrownBy(() => peerCredentials?.(descriptorOf(socket)));
    expect(error.code).toBe('EAFNOSUPPORT');
    expect(error.message).toMatch(/^peer credentials of file descriptor \d+: /);
  });

  it('refuses a listening socket, of which the kernel would name the listener', async () => {
    const server = await listen(join(temporaryFolder(), 'api.sock'));
    expect(thrownBy(() => peerCredentials?.(descriptorOf(server))).code).toBe('ENOTCONN');
  });

  it('refuses a descriptor that is no socket', () => {
    const fd = openSync('/dev/null', 'r');
    onTestFinished(() => closeSync(fd));
    expect(thrownBy(() => peerCredentials?.(fd)).code).toBe('ENOTSOCK');
  });

  it('refuses a descriptor that is not open', () => {
    expect(thrownBy(() => peerCredentials?.(1_000_000)).code).toBe('EBADF');
  });

  it.each([
    ['a negative number', -1, 'ERR_OUT_OF_RANGE'],
    ['a fraction', 1.5, 'ERR_OUT_OF_RANGE'],
    ['NaN', Number.NaN, 'ERR_OUT_OF_RANGE'],
    ['a number beyond 31 bits', 2 ** 32, 'ERR_OUT_OF_RANGE'],
    ['a string', '3', 'ERR_INVALID_ARG_TYPE'],
    ['undefined', undefined, 'ERR_INVALID_ARG_TYPE'],
  ])('refuses %s as a descriptor before asking the kernel', (_what, value, code) => {
    expect(thrownBy(() => peerCredentials?.(value)).code).toBe(code);
  });

  it('takes exactly one argument', () => {
    expect(thrownBy(() => peerCredentials?.()).message).toBe('takes 1 argument, not 0');
    expect(thrownBy(() => peerCredentials?.(1, 2)).code).toBe('ERR_INVALID_ARG_TYPE');
  });
});
