// TCP connections within this machine: the end that was accepted, and clients of several kinds.
import { once } from 'node:events';
import {
  type AddressInfo,
  createConnection,
  createServer,
  type Server,
  type Socket,
} from 'node:net';
import { onTestFinished } from 'vitest';
import { loadAddon, type Partner, startPartner } from './addon-under-test.ts';

const { tcpSocketOwner, tcpPeerOwner } = loadAddon();

export interface End {
  readonly address: string;
  readonly port: number;
}

/** A connection as the server has it: `peer` is the other end. */
export interface Accepted {
  readonly socket: Socket;
  readonly own: End;
  readonly peer: End;
}

/** Listens at any free port of `address`; closed when the test is over. */
export async function listen(address: string): Promise<Server> {
  // Paused, so that a peer that has gone does not take the descriptor along before it is asked.
  const server = createServer({ pauseOnConnect: true, allowHalfOpen: true });
  onTestFinished(() => void server.close());
  server.listen(0, address);
  await once(server, 'listening');
  return server;
}

export function portOf(server: Server): number {
  return (server.address() as AddressInfo).port;
}

export function descriptorOf(socket: unknown): number {
  return (socket as { _handle: { fd: number } })._handle.fd;
}

/** The next connection that `server` accepts. */
export async function accepted(server: Server): Promise<Accepted> {
  const [socket] = (await once(server, 'connection')) as [Socket];
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  const { localAddress = '', localPort = 0, remoteAddress = '', remotePort = 0 } = socket;
  return {
    socket,
    own: { address: localAddress, port: localPort },
    peer: { address: remoteAddress, port: remotePort },
  };
}

/** Connects from this process. */
export async function connectTo(
  server: Server,
  host: string,
): Promise<Accepted & { client: Socket }> {
  const accepting = accepted(server);
  const client = createConnection({ host, port: portOf(server) });
  client.on('error', () => undefined);
  onTestFinished(() => void client.destroy());
  await once(client, 'connect');
  return { ...(await accepting), client };
}

/*
 * Connects with a socket of the kind that is asked for, from a port if one is given, says so, and
 * then does what it is told, a word a line: close, reset, half (closes its sending half).
 */
const CLIENT = `
import os, socket, struct, sys
family, protocol, device, host, port, local, uid = sys.argv[1:]
if uid:
    os.setgid(int(uid))
    os.setuid(int(uid))
s = socket.socket(getattr(socket, family), socket.SOCK_STREAM, int(protocol))
s.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
if device: s.setsockopt(socket.SOL_SOCKET, 25, device.encode())
if local != '0': s.bind((host, int(local)))
s.connect((host, int(port)))
print('connected', flush=True)
for line in sys.stdin:
    if line.strip() == 'reset':
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack('ii', 1, 0))
    if line.strip() == 'half': s.shutdown(socket.SHUT_WR)
    else: s.close()
    print('done', flush=True)
`;

export interface Client {
  readonly host?: string;
  readonly family?: 'AF_INET' | 'AF_INET6';
  /** 262: MPTCP. */
  readonly protocol?: number;
  /** The interface that it binds itself to. */
  readonly device?: string;
  readonly localPort?: number;
  readonly uid?: number;
}

/** Starts another process that connects to `port`, as another user if one is named. */
export function startClient(port: number, client: Client = {}): Partner {
  const { host = '127.0.0.1', family = 'AF_INET', protocol = 0, device = '' } = client;
  const { localPort = 0, uid = '' } = client;
  // It becomes that user itself: its Python need not be one that every user may run.
  const values = [CLIENT, family, protocol, device, host, port, localPort, uid].map(String);
  return startPartner('python3', ['-c', ...values]);
}

/** Has a client do `what`, and waits until it has. */
export async function tell({ child, line }: Partner, what: 'close' | 'reset' | 'half') {
  child.stdin?.write(`${what}\n`);
  await line();
}

/** Whose the other end is, asked in both ways. */
export function owners({ socket, own, peer }: Accepted): unknown[] {
  return [tcpSocketOwner?.(peer, own), tcpPeerOwner?.(descriptorOf(socket))];
}
