/** For tests: a port for a client or a server that has to be told one. */
import { randomInt } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';

/** Below the ports that the kernel gives to outgoing connections by itself (ip_local_port_range). */
const [FIRST, LAST] = [20_000, 32_000];
const ATTEMPTS = 50;

async function canBeBound(port: number): Promise<boolean> {
  const server = createServer().listen(port, '127.0.0.1');
  try {
    await once(server, 'listening');
  } catch {
    return false;
  }
  server.close();
  await once(server, 'close');
  return true;
}

/** freePort returns a port of 127.0.0.1 that nobody has now, and that no connection is given meanwhile. */
export async function freePort(): Promise<number> {
  for (let attempt = 0; attempt < ATTEMPTS; attempt += 1) {
    const port = randomInt(FIRST, LAST);
    if (await canBeBound(port)) return port;
  }
  throw new Error(`none of ${ATTEMPTS} ports can be bound`);
}
