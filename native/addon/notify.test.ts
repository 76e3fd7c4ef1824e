import { readdirSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import {
  loadAddon,
  type Partner,
  startPartner,
  temporaryFolder,
  thrownBy,
} from './addon-under-test.ts';

const { notify } = loadAddon();

// Node.js has no Unix datagram sockets. Prints each datagram as hex, one a line.
const RECEIVER = `
import socket, sys
name = sys.argv[1]
s = socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM)
s.bind('\\0' + name[1:] if name.startswith('@') else name)
print('bound', flush=True)
if sys.argv[2] == 'reads':
    while True: print(s.recv(65536).hex(), flush=True)
sys.stdin.read()
`;

async function startReceiver(name: string, manner: 'reads' | 'sleeps'): Promise<Partner> {
  const receiver = startPartner('python3', ['-c', RECEIVER, name, manner]);
  expect(await receiver.line()).toBe('bound');
  return receiver;
}

const textOf = (hex: string) => Buffer.from(hex, 'hex').toString();
const openDescriptors = () => readdirSync('/proc/self/fd').length;

describe('notify', () => {
  it('delivers the message as one datagram to a socket with a path', async () => {
    const path = join(temporaryFolder(), 'notify');
    const receiver = await startReceiver(path, 'reads');
    expect(notify?.(path, 'READY=1\nSTATUS=zwölf slivers')).toBeUndefined();
    expect(textOf(await receiver.line())).toBe('READY=1\nSTATUS=zwölf slivers');
  });

  it('delivers to an abstract socket, whose name begins with @', async () => {
    const name = `@nodemgr-test-${process.pid}`;
    const receiver = await startReceiver(name, 'reads');
    notify?.(name, 'WATCHDOG=1');
    expect(textOf(await receiver.line())).toBe('WATCHDOG=1');
  });

  it('delivers to an abstract name that fills all 108 bytes of the address', async () => {
    const name = `@nodemgr-${process.pid}-`.padEnd(108, 'x');
    const receiver = await startReceiver(name, 'reads');
    notify?.(name, 'WATCHDOG=1');
    expect(textOf(await receiver.line())).toBe('WATCHDOG=1');
  });

  it('delivers a message of exactly 4096 bytes, as much as systemd reads', async () => {
    const path = join(temporaryFolder(), 'notify');
    const receiver = await startReceiver(path, 'reads');
    notify?.(path, `STATUS=${'s'.repeat(4089)}`);
    expect(textOf(await receiver.line())).toHaveLength(4096);
  });

  it('throws EAGAIN instead of waiting when the receiver does not read, and leaks no descriptor', async () => {
    const path = join(temporaryFolder(), 'notify');
    await startReceiver(path, 'sleeps');
    const before = openDescriptors();
    const error = thrownBy(() => {
      for (let i = 0; i < 100_000; i++) notify?.(path, 'WATCHDOG=1');
    });
    expect(error.code).toBe('EAGAIN');
    expect(error.message).toContain(`notify the service manager at ${path}`);
    expect(openDescriptors()).toBe(before);
  });

  it('throws ENOENT when there is no such socket', () => {
    expect(thrownBy(() => notify?.(join(temporaryFolder(), 'none'), 'READY=1')).code).toBe(
      'ENOENT',
    );
  });

  it('throws ECONNREFUSED when nobody has an abstract name', () => {
    const name = `@nodemgr-nobody-${process.pid}`;
    expect(thrownBy(() => notify?.(name, 'READY=1')).code).toBe('ECONNREFUSED');
  });

  it('accepts a path of 107 bytes and refuses one of 108', async () => {
    const folder = temporaryFolder();
    await startReceiver(join(folder, 's'), 'reads');
    const longest = join(folder, 'l'.repeat(107 - folder.length - 1));
    symlinkSync('s', longest);
    expect(notify?.(longest, 'READY=1')).toBeUndefined();
    expect(thrownBy(() => notify?.(`${longest}l`, 'READY=1')).code).toBe('ENAMETOOLONG');
  });

  it.each([
    ['a path of 200 bytes', `/${'p'.repeat(199)}`, 'READY=1', 'ENAMETOOLONG'],
    ['a relative path', 'run/notify', 'READY=1', 'EAFNOSUPPORT'],
    ['a vsock address', 'vsock:2:1234', 'READY=1', 'EAFNOSUPPORT'],
    ['@ without a name', '@', 'READY=1', 'EINVAL'],
    ['an empty path', '', 'READY=1', 'EINVAL'],
    ['a path with a NUL', '/run/\0notify', 'READY=1', 'EINVAL'],
    ['an empty message', '/run/none', '', 'EINVAL'],
    ['a message with a NUL', '/run/none', 'READY=1\0', 'EINVAL'],
    ['a message of 4097 bytes', '/run/none', 'm'.repeat(4097), 'EMSGSIZE'],
    [
      'a message of 4097 bytes in fewer characters',
      '/run/none',
      `${'é'.repeat(2048)}m`,
      'EMSGSIZE',
    ],
    ['a number as the path', 7, 'READY=1', 'ERR_INVALID_ARG_TYPE'],
    ['an object as the message', '/run/none', {}, 'ERR_INVALID_ARG_TYPE'],
  ])('refuses %s', (_what, path, message, code) => {
    expect(thrownBy(() => notify?.(path, message)).code).toBe(code);
  });
});
