/** A TCP connection of this process with itself, to see whether the kernel names the owner of its end. */
import { once } from 'node:events';
import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net';

/** On the loopback it takes under a millisecond. */
const OPEN_MS = 1000;

export interface OwnConnection {
  /** The end that was accepted. */
  readonly accepted: Socket;
  close(): void;
}

async function connectTo(server: Server): Promise<OwnConnection> {
  const signal = AbortSignal.timeout(OPEN_MS);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening', { signal });
  // A server that listens on an address has one.
  const { address, port } = server.address() as AddressInfo;
  // Whoever waits for the server hears of both ends.
  const asking = connect(port, address).on('error', (error) => server.emit('error', error));
  try {
    const [accepted] = (await once(server, 'connection', { signal })) as [Socket];
    const close = () => {
      asking.destroy();
      accepted.destroy();
    };
    return { accepted, close };
  } catch (error) {
    asking.destroy();
    throw error;
  }
}

/** openOwnConnection rejects where there may be none: installed, the unit forbids sockets of AF_INET. */
export async function openOwnConnection(): Promise<OwnConnection> {
  const server = createServer({ pauseOnConnect: true });
  try {
    return await connectTo(server);
  } finally {
    server.close();
  }
}
