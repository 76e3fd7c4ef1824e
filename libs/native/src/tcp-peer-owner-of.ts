// Asks the kernel whose program is at the other end of a TCP connection within this machine.
import type { Socket } from 'node:net';
import { native } from './load-native.ts';
import { socketDescriptor } from './socket-descriptor.ts';

/**
 * tcpPeerOwnerOf returns the user id of who owns the other end of `socket`; undefined, which is
 * nobody, when the peer or the connection has gone, and when the peer is on another machine.
 *
 * Throws as NetworkBinding.tcpPeerOwner does: EPROTONOSUPPORT when it is not a TCP connection.
 */
export function tcpPeerOwnerOf(socket: Socket): number | undefined {
  const fd = socketDescriptor(socket);
  return fd === undefined ? undefined : native().tcpPeerOwner(fd);
}
