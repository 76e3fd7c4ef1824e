import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createConnection, createServer, type Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { peerCredentialsOf } from './index.ts';

async function listen(where: string | 0): Promise<Server> {
  const server = createServer();
  onTestFinished(() => void server.close());
  if (where === 0) server.listen(0, '127.0.0.1');
  else server.listen(where);
  await once(server, 'listening');
  return server;
}

/** Both ends of a connection: the one that was accepted, and the one that asked for it. */
async function connect(server: Server): Promise<{ accepted: Socket; asking: Socket }> {
  const address = server.address();
  if (address === null) throw new Error('the server does not listen');
  const asking =
    typeof address === 'string' ? createConnection(address) : createConnection(address.port);
  onTestFinished(() => void asking.destroy());
  const [accepted] = (await once(server, 'connection')) as [Socket];
  onTestFinished(() => void accepted.destroy());
  return { accepted, asking };
}

function unixPath(): string {
  const folder = mkdtempSync(join(tmpdir(), 'nodemgr-peer-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return join(folder, 'api.sock');
}

const THIS_PROCESS = { pid: process.pid, uid: process.getuid?.(), gid: process.getgid?.() };

describe('peerCredentialsOf', () => {
  it('names the user and the process that connected', async () => {
    const { accepted } = await connect(await listen(unixPath()));
    expect(peerCredentialsOf(accepted)).toEqual(THIS_PROCESS);
  });

  it('names who listens, asked from the side that connected', async () => {
    const { asking } = await connect(await listen(unixPath()));
    expect(peerCredentialsOf(asking)).toEqual(THIS_PROCESS);
  });

  it('refuses a TCP connection', async () => {
    const { accepted } = await connect(await listen(0));
    expect(() => peerCredentialsOf(accepted)).toThrow(
      expect.objectContaining({ code: 'EAFNOSUPPORT' }),
    );
  });

  it('says so when the socket has been destroyed', async () => {
    const { accepted } = await connect(await listen(unixPath()));
    accepted.destroy();
    expect(() => peerCredentialsOf(accepted)).toThrow(
      expect.objectContaining({ code: 'ENOTCONN', message: expect.stringContaining('closed') }),
    );
  });

  it('says so when the socket was never connected', () => {
    expect(() => peerCredentialsOf(new Socket())).toThrow(
      expect.objectContaining({ code: 'ENOTCONN' }),
    );
  });
});
