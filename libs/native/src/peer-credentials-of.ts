// Asks the kernel who is at the other end of a socket that Node.js holds.
import type { Socket } from 'node:net';
import { native } from './load-native.ts';
import type { PeerCredentials } from './native-binding.ts';
import { socketDescriptor } from './socket-descriptor.ts';

function descriptorOf(socket: Socket): number {
  const fd = socketDescriptor(socket);
  if (fd !== undefined) return fd;
  throw Object.assign(new Error('peer credentials: the socket is closed or was never connected'), {
    code: 'ENOTCONN',
  });
}

/**
 * Who connected `socket`, a Unix socket's accepted connection (or, from the other side, who
 * listens). Ask as soon as the connection is accepted: a destroyed socket has no descriptor.
 *
 * Throws an Error with `code` ENOTCONN when the socket is gone, and as
 * `NativeBinding.peerCredentials` does: EAFNOSUPPORT for TCP.
 */
export function peerCredentialsOf(socket: Socket): PeerCredentials {
  return native().peerCredentials(descriptorOf(socket));
}
