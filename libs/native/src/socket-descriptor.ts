// The file descriptor of a socket that Node.js holds.
import type { Socket } from 'node:net';

/** Node.js keeps the descriptor in an inner handle and offers no other way to it. */
interface SocketInside {
  readonly _handle?: { readonly fd?: number } | null;
}

/** socketDescriptor returns undefined for a socket that is destroyed or was never connected. */
export function socketDescriptor(socket: Socket): number | undefined {
  // The types of Node.js do not have what is inside.
  const fd = (socket as unknown as SocketInside)._handle?.fd;
  return fd !== undefined && fd >= 0 ? fd : undefined;
}
