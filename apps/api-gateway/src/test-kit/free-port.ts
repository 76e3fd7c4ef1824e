/** For tests: a TCP port that nobody had a moment ago. */
import { once } from 'node:events';
import { type AddressInfo, createServer } from 'node:net';

/** freePort returns a port of 127.0.0.1 that can be bound. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  // A server that listens on an address has one.
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}
