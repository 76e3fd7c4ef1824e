import { Socket } from 'node:net';
import { describe, expect, it } from 'vitest';
import { connect, listen, unixPath } from './connections.test-support.ts';
import { peerCredentialsOf } from './index.ts';

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
