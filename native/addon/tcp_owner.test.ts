import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { closeSync, readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:net';
import { networkInterfaces } from 'node:os';
import { join } from 'node:path';
import { skipNote } from '@nodemgr/testkit';
import { describe, expect, it, onTestFinished } from 'vitest';
import { loadAddon, startPartner, temporaryFolder, thrownBy } from './addon-under-test.ts';
import {
  accepted,
  connectTo,
  descriptorOf,
  listen,
  owners,
  portOf,
  startClient,
  tell,
} from './tcp-connections-under-test.ts';

const { tcpSocketOwner, tcpPeerOwner } = loadAddon();
const ME = process.getuid?.();

const NOBODY = [undefined, undefined];
const hasIpv6 = Object.values(networkInterfaces()).some((addresses) =>
  addresses?.some(({ address }) => address === '::1'),
);
const ipv6Note = skipNote(hasIpv6 ? [] : ['IPv6']);

describe('the owner of a TCP socket', () => {
  it('is found over IPv4', async () => {
    expect(owners(await connectTo(await listen('127.0.0.1'), '127.0.0.1'))).toEqual([ME, ME]);
  });

  it('is found from the other side', async () => {
    const { own, peer } = await connectTo(await listen('127.0.0.1'), '127.0.0.1');
    expect(tcpSocketOwner?.(own, peer)).toBe(ME);
  });

  it.skipIf(!hasIpv6)(`is found over IPv6${ipv6Note}`, async () => {
    const connection = await connectTo(await listen('::1'), '::1');
    expect(connection.peer.address).toBe('::1');
    expect(owners(connection)).toEqual([ME, ME]);
  });

  const mapped = ({ address, port }: { address: string; port: number }) => ({
    address: address.startsWith('::ffff:') ? address : `::ffff:${address}`,
    port,
  });
  const plain = ({ address, port }: { address: string; port: number }) => ({
    address: address.replace('::ffff:', ''),
    port,
  });

  it.skipIf(!hasIpv6).each([
    ['an IPv4 client, an IPv4 server', '127.0.0.1', '127.0.0.1'],
    ['an IPv6 client, an IPv4 server', '127.0.0.1', '::ffff:127.0.0.1'],
    ['an IPv4 client, an IPv6 server', '::', '127.0.0.1'],
    ['an IPv6 client, an IPv6 server', '::', '::ffff:127.0.0.1'],
  ])(`is found by plain and by mapped addresses: %s${ipv6Note}`, async (_who, at, to) => {
    const connection = await connectTo(await listen(at), to);
    const { own, peer } = connection;
    expect(owners(connection)).toEqual([ME, ME]);
    expect(tcpSocketOwner?.(mapped(peer), mapped(own))).toBe(ME);
    expect(tcpSocketOwner?.(plain(peer), plain(own))).toBe(ME);
    expect(tcpSocketOwner?.(mapped(peer), plain(own))).toBe(ME);
  });

  it('is found of a socket that is bound to the loopback interface', async () => {
    const server = await listen('127.0.0.1');
    const accepting = accepted(server);
    startClient(portOf(server), { device: 'lo' });
    expect(owners(await accepting)).toEqual([ME, ME]);
  });

  it('is still who it was when the peer has closed its sending half only', async () => {
    const server = await listen('127.0.0.1');
    const client = startClient(portOf(server));
    const connection = await accepted(server);
    await client.line();
    await tell(client, 'half');
    expect(owners(connection)).toEqual([ME, ME]);
  });

  it('is still who it was when we have closed ours', async () => {
    const connection = await connectTo(await listen('127.0.0.1'), '127.0.0.1');
    connection.socket.end();
    await once(connection.socket, 'finish');
    expect(owners(connection)).toEqual([ME, ME]);
  });

  it('is found among a thousand other connections', async () => {
    const server = await listen('127.0.0.1');
    const connections = [];
    for (let i = 0; i < 1000; i++) connections.push(await connectTo(server, '127.0.0.1'));
    for (const connection of connections) expect(owners(connection)).toEqual([ME, ME]);
  });
});

describe('nobody owns', () => {
  it('the end of a peer that has closed it', async () => {
    const server = await listen('127.0.0.1');
    const client = startClient(portOf(server));
    const connection = await accepted(server);
    await client.line();
    await tell(client, 'close');
    expect(owners(connection)).toEqual(NOBODY);
  });

  it('the end of a peer that has ended with data still under way', async () => {
    const server = await listen('127.0.0.1');
    const sending = `
      import socket, sys
      s = socket.create_connection(('127.0.0.1', int(sys.argv[1])))
      s.setblocking(False)
      try:
          while True: s.send(b'x' * 65536)
      except BlockingIOError: print('full', flush=True)
    `.replaceAll('\n      ', '\n');
    const { child, line } = startPartner('python3', ['-c', sending, String(portOf(server))]);
    const connection = await accepted(server);
    await line();
    if (child.exitCode === null) await once(child, 'exit');
    expect(owners(connection)).toEqual(NOBODY);
  });

  it('the end of a peer that has reset the connection', async () => {
    const server = await listen('127.0.0.1');
    const client = startClient(portOf(server));
    const connection = await accepted(server);
    await client.line();
    await tell(client, 'reset');
    expect(owners(connection)).toEqual(NOBODY);
  });

  it('an end that waits for late packets (TIME_WAIT)', async () => {
    const connection = await connectTo(await listen('127.0.0.1'), '127.0.0.1');
    const { client, socket, own, peer } = connection;
    client.end();
    socket.resume();
    await once(socket, 'end');
    socket.destroy();
    await once(client, 'close');
    expect(tcpSocketOwner?.(peer, own)).toBeUndefined();
    expect(tcpSocketOwner?.(own, peer)).toBeUndefined();
  });

  it('an end whose port somebody listens at after the peer has gone', async () => {
    const server = await listen('127.0.0.1');
    // The kernel may have given the port to somebody else meanwhile: then another client's will do.
    for (let attempt = 0; ; attempt += 1) {
      const client = startClient(portOf(server));
      const connection = await accepted(server);
      await client.line();
      await tell(client, 'reset');
      const other = createServer();
      onTestFinished(() => void other.close());
      other.listen(connection.peer.port, '127.0.0.1');
      try {
        await once(other, 'listening');
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== 'EADDRINUSE' || attempt === 9) throw error;
        continue;
      }
      expect(owners(connection)).toEqual(NOBODY);
      return;
    }
  });

  it('a connection that its server has not taken in yet', async () => {
    const waiting = `
      import socket
      server = socket.create_server(('127.0.0.1', 0), backlog=0)
      clients = []
      for _ in range(8):
          client = socket.socket()
          client.setblocking(False)
          client.connect_ex(server.getsockname())
          clients.append(client)
      print(server.getsockname()[1], *(c.getsockname()[1] for c in clients), flush=True)
      input()
    `.replaceAll('\n      ', '\n');
    const { line } = startPartner('python3', ['-c', waiting]);
    const [server = 0, ...clients] = (await line()).split(' ').map(Number);
    const end = (port: number) => ({ address: '127.0.0.1', port });
    expect(clients).toHaveLength(8);
    for (const client of clients)
      expect(tcpSocketOwner?.(end(server), end(client))).toBeUndefined();
    // Those that got no answer to their first packet are not connected either.
    expect(tcpSocketOwner?.(end(clients.at(-1) ?? 0), end(server))).toBeUndefined();
  });

  it.each([
    ['127.0.0.1', '127.0.0.1'],
    ['::1', '::1'],
    ['::ffff:127.0.0.1', '127.0.0.1'],
    ['::1', '127.0.0.1'],
    ['192.0.2.1', '192.0.2.2'],
    ['::', '0.0.0.0'],
  ])('what does not exist: from %s to %s', (from, to) => {
    expect(tcpSocketOwner?.({ address: from, port: 1 }, { address: to, port: 2 })).toBeUndefined();
  });

  it('an end that differs from the connection in anything', async () => {
    const { own, peer } = await connectTo(await listen('0.0.0.0'), '127.0.0.1');
    const ask = (local: object, remote: object) =>
      tcpSocketOwner?.({ ...peer, ...local }, { ...own, ...remote });
    expect(ask({}, {})).toBe(ME);
    expect(ask({ address: '127.0.0.2' }, {})).toBeUndefined();
    expect(ask({}, { address: '127.0.0.2' })).toBeUndefined();
    expect(ask({ port: 0 }, {})).toBeUndefined();
    expect(ask({}, { port: 0 })).toBeUndefined();
    expect(ask({}, { port: peer.port })).toBeUndefined();
  });

  it('a socket that only listens', async () => {
    const server = await listen('127.0.0.1');
    expect(tcpPeerOwner?.(descriptorOf(server))).toBeUndefined();
    const own = { address: '127.0.0.1', port: portOf(server) };
    expect(tcpSocketOwner?.(own, { address: '127.0.0.1', port: 9 })).toBeUndefined();
    expect(tcpSocketOwner?.(own, { address: '0.0.0.0', port: 0 })).toBeUndefined();
  });
});

describe('tcpPeerOwner', () => {
  it('refuses a socket of another kind, what is no socket, and what is not open', async () => {
    const unix = createServer();
    onTestFinished(() => void unix.close());
    unix.listen(join(temporaryFolder(), 'socket'));
    const udp = createSocket('udp4').bind(0, '127.0.0.1');
    onTestFinished(() => void udp.close());
    await Promise.all([once(unix, 'listening'), once(udp, 'listening')]);
    const handle = Object.getOwnPropertySymbols(udp)
      .map((symbol) => (udp as unknown as Record<symbol, { handle?: { fd: number } }>)[symbol])
      .find((state) => state?.handle !== undefined);
    expect(thrownBy(() => tcpPeerOwner?.(descriptorOf(unix))).code).toBe('EPROTONOSUPPORT');
    expect(thrownBy(() => tcpPeerOwner?.(handle?.handle?.fd)).code).toBe('EPROTONOSUPPORT');
    expect(thrownBy(() => tcpPeerOwner?.(1_000_000)).code).toBe('EBADF');
    expect(thrownBy(() => tcpPeerOwner?.('7')).code).toBe('ERR_INVALID_ARG_TYPE');
  });
});

/** NETLINK_SOCK_DIAG of linux/netlink.h. */
const SOCK_DIAG = '4';

/** The descriptors of this process by which the kernel is asked about sockets. */
function askingDescriptors(): readonly number[] {
  const lines = readFileSync('/proc/net/netlink', 'utf8').trim().split('\n');
  const fields = lines.map((line) => line.trim().split(/\s+/));
  const inodes = fields.flatMap(([, protocol, ...rest]) =>
    protocol === SOCK_DIAG ? (rest.at(-1) ?? []) : [],
  );
  const targets = new Set(inodes.map((inode) => `socket:[${inode}]`));
  return readdirSync('/proc/self/fd').flatMap((fd) => {
    try {
      return targets.has(readlinkSync(`/proc/self/fd/${fd}`)) ? [Number(fd)] : [];
    } catch {
      // The descriptor by which the folder itself is read is closed by now.
      return [];
    }
  });
}

describe('the socket by which the kernel is asked', () => {
  it('is one and the same for all look-ups', async () => {
    const connection = await connectTo(await listen('127.0.0.1'), '127.0.0.1');
    owners(connection);
    const before = askingDescriptors();
    for (let time = 0; time < 100; time += 1) expect(owners(connection)).toEqual([ME, ME]);
    expect(askingDescriptors()).toEqual(before);
    expect(before).toHaveLength(1);
  });

  it('is replaced when it fails, and the look-up that it failed in succeeds', async () => {
    const connection = await connectTo(await listen('127.0.0.1'), '127.0.0.1');
    owners(connection);
    for (const fd of askingDescriptors()) closeSync(fd);
    expect(owners(connection)).toEqual([ME, ME]);
    expect(askingDescriptors()).toHaveLength(1);
  });
});

describe('tcpSocketOwner', () => {
  const GOOD = { address: '127.0.0.1', port: 80 };

  it.each([
    ['a name', { address: 'localhost', port: 80 }, 'EINVAL'],
    ['an address with a zone', { address: 'fe80::1%lo', port: 80 }, 'EINVAL'],
    ['a prefix', { address: '127.0.0.0/8', port: 80 }, 'EINVAL'],
    ['a long text', { address: '1'.repeat(100), port: 80 }, 'EINVAL'],
    ['an empty address', { address: '', port: 80 }, 'EINVAL'],
    ['no address', { port: 80 }, 'ERR_INVALID_ARG_TYPE'],
    ['a port beyond 16 bits', { address: '::1', port: 65_536 }, 'ERR_OUT_OF_RANGE'],
    ['a port that is text', { address: '::1', port: '80' }, 'ERR_INVALID_ARG_TYPE'],
    ['no object', '127.0.0.1:80', 'ERR_INVALID_ARG_TYPE'],
    ['null', null, 'ERR_INVALID_ARG_TYPE'],
  ])('refuses %s at either end', (_what, end, code) => {
    expect(thrownBy(() => tcpSocketOwner?.(end, GOOD)).code).toBe(code);
    expect(thrownBy(() => tcpSocketOwner?.(GOOD, end)).code).toBe(code);
  });

  it('lets through what a property throws', () => {
    const end = {
      get address(): string {
        throw new RangeError('mine');
      },
    };
    expect(thrownBy(() => tcpSocketOwner?.(end, GOOD)).message).toBe('mine');
  });
});
