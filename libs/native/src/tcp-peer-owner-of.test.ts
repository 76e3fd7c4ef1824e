import { once } from 'node:events';
import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { connect, listen, unixPath } from './connections.test-support.ts';
import { tcpPeerOwnerOf } from './index.ts';

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
    const { accepted } = await connect(await listen(unixPath()));
    expect(() => tcpPeerOwnerOf(accepted)).toThrow(
      expect.objectContaining({ code: 'EPROTONOSUPPORT' }),
    );
  });
});
