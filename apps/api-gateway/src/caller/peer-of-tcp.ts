/** Asks the kernel who owns the other end of a TCP connection. The decision is in proc-net-tcp.ts. */
import { fstat } from 'node:fs';
import { readFile } from 'node:fs/promises';
import type { Socket } from 'node:net';
import { endianness } from 'node:os';
import { promisify } from 'node:util';
import { FreshRead } from '@nodemgr/node-accounts';
import { type Connection, type Owner, ownerOfPeer } from './proc-net-tcp.ts';

/** Node.js keeps the descriptor in an inner handle and offers no other way to it. */
interface SocketInside {
  readonly _handle?: { readonly fd?: number } | null;
}

const inodeOf = promisify(fstat) as (
  fd: number,
  options: { bigint: true },
) => Promise<{ readonly ino: bigint }>;

async function connectionOf(socket: Socket): Promise<Connection | undefined> {
  const { remoteAddress, remotePort, localAddress, localPort } = socket;
  const fd = (socket as unknown as SocketInside)._handle?.fd;
  if (remoteAddress === undefined || remotePort === undefined) return undefined;
  if (localAddress === undefined || localPort === undefined) return undefined;
  if (fd === undefined || fd < 0) return undefined;
  const { ino } = await inodeOf(fd, { bigint: true });
  return {
    peer: { address: remoteAddress, port: remotePort },
    own: { address: localAddress, port: localPort },
    ownInode: ino,
  };
}

/** A kernel without IPv6 has no tcp6. */
async function readTable(path: string): Promise<string> {
  return readFile(path, 'latin1').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
}

/** A row that moves while the table is read can be missed, so that a socket seems to have no owner. */
const READINGS = 2;

/** The texts of the tables, read after they were asked for. */
export type ReadTables = () => Promise<readonly string[]>;

/** Not /proc/net: a unit with ProcSubset=pid has none (systemd.exec(5)). */
const readTables: ReadTables = () =>
  Promise.all([readTable('/proc/self/net/tcp'), readTable('/proc/self/net/tcp6')]);

export class TcpPeers {
  /** Connections accepted together share one reading of the tables. */
  readonly #tables: FreshRead<readonly string[]>;

  constructor(read: ReadTables = readTables) {
    this.#tables = new FreshRead(read);
  }

  /** ownerOf returns who connected `socket`. Ask once, as soon as it is accepted. */
  async ownerOf(socket: Socket): Promise<Owner> {
    const connection = await connectionOf(socket);
    let owner: Owner = { unknown: 'the connection was closed at once' };
    if (connection === undefined) return owner;
    for (let reading = 0; reading < READINGS && 'unknown' in owner; reading += 1) {
      owner = ownerOfPeer(await this.#tables.now(), connection, endianness());
    }
    return owner;
  }
}
