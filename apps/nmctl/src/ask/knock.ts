/**
 * Looks whether anyone listens on a Unix socket, before ZeroMQ is asked to talk to it: ZeroMQ waits
 * for a socket that is not there, for one whose process has died, and for one that we may not use.
 */
import { createConnection } from 'node:net';
import { Fault } from '@nodemgr/faults';

const NOT_RUNNING = new Set(['ENOENT', 'ENOTDIR', 'ECONNREFUSED']);

function refusal(error: NodeJS.ErrnoException): Fault | undefined {
  const { code = '', message } = error;
  // Its queue is full: somebody is there, and slow.
  if (code === 'EAGAIN') return undefined;
  if (code === 'EACCES')
    return new Fault('permission-denied', 'operators are root', { cause: error });
  const reason = NOT_RUNNING.has(code) ? 'it is not running' : message;
  return new Fault('unavailable', reason, { cause: error });
}

/**
 * knock resolves when somebody listens at `path`; rejects with Fault `unavailable` when nobody does,
 * and `permission-denied` when we may not connect. It ends at once: connect(2) on a Unix socket does.
 */
export function knock(path: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const socket = createConnection({ path });
    const end = (fault: Fault | undefined) => {
      socket.destroy();
      if (fault === undefined) resolve();
      else reject(fault);
    };
    socket.once('connect', () => end(undefined));
    socket.once('error', (error) => end(refusal(error)));
  });
}
