import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { type AddressInfo, createConnection, createServer, type Server, Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { tcpPeerOwnerOf } from './index.ts';

async function listen(where: string | 0): Promise<Server> {
  const server = createServer({ pauseOnConnect: true });
  onTestFinished(() => void server.close());
  if (where === 0) server.listen(0, '127.0.0.1');
  else server.listen(where);
  await once(server, 'listening');
  return server;
}

/** Both ends of a connection: the one that was accepted, and the one that asked for it. */
async function connect(server: Server): Promise<{ accepted: Socket; asking: Socket }> {
  const address = server.address();
  const asking =
    typeof address === 'string'
      ? createConnection(address)
      : createConnection((address as AddressInfo).port, '127.0.0.1');
  onTestFinished(() => void asking.destroy());
  const [accepted] = (await once(server, 'connection')) as [Socket];
  onTestFinished(() => void accepted.destroy());
  return { accepted, asking };
}

describe('tcpPeerOwnerOf', () => {
  it('returns the user at the other end, from either end', async () => {
    const { accepted, asking } = await connect(await listen(0));
    expect(tcpPeerOwnerOf(accepted)).toBe(process.getuid?.());
    expect(tcpPeerOwnerOf(asking)).toBe(process.getuid?.());
  });

  it('returns nobody once the other end is closed', async () => {
    const { accepted, asking } = await connect(await listen(0));
    asking.destroy();
    await once(asking, 'close');
    expect(tcpPeerOwnerOf(accepted)).toBeUndefined();
  });

  it('returns nobody for a socket that is destroyed or was never connected', async () => {
    const { accepted } = await connect(await listen(0));
    accepted.destroy();
    expect(tcpPeerOwnerOf(accepted)).toBeUndefined();
    expect(tcpPeerOwnerOf(new Socket())).toBeUndefined();
  });

  it('refuses a Unix socket, whose peer peerCredentialsOf names', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'nodemgr-owner-'));
    onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
    const { accepted } = await connect(await listen(join(folder, 'api.sock')));
    expect(() => tcpPeerOwnerOf(accepted)).toThrow(
      expect.objectContaining({ code: 'EPROTONOSUPPORT' }),
    );
  });
});
