// Connections for the tests of what the kernel says of a socket that Node.js holds.
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';

/** Listens at a path, or at any free port of the loopback; closed when the test is over. */
export async function listen(where: string | 0): Promise<Server> {
  // Paused, so that a peer that has gone does not take the descriptor along before it is asked.
  const server = createServer({ pauseOnConnect: true });
  onTestFinished(() => void server.close());
  if (where === 0) server.listen(0, '127.0.0.1');
  else server.listen(where);
  await once(server, 'listening');
  return server;
}

/** Both ends of a connection: the one that was accepted, and the one that asked for it. */
export async function connect(server: Server): Promise<{ accepted: Socket; asking: Socket }> {
  const address = server.address();
  if (address === null) throw new Error('the server does not listen');
  const asking =
    typeof address === 'string'
      ? createConnection(address)
      : createConnection(address.port, '127.0.0.1');
  onTestFinished(() => void asking.destroy());
  const [accepted] = (await once(server, 'connection')) as [Socket];
  onTestFinished(() => void accepted.destroy());
  return { accepted, asking };
}

/** A path for a Unix socket, in a folder that goes with the test. */
export function unixPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'nodemgr-socket-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'api.sock');
}
