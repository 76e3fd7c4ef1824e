/**
 * Closes connections over TLS that are too many while nobody knows yet whose they are. What becomes of one
 * after its handshake is not its concern.
 */
import type { Server, Socket } from 'node:net';
import type { TLSSocket } from 'node:tls';
import { type HandshakeLimits, type HandshakePlace, HandshakePlaces } from './handshake-places.ts';

const REASONS: Readonly<Record<Exclude<HandshakePlace, 'taken'>, string>> = {
  'address busy': 'too many handshakes with this address are under way',
  'server busy': 'too many handshakes are under way',
};

export interface HandshakeBounds extends HandshakeLimits {
  /** Is told of each connection that is closed: why, and at whose address. */
  readonly turnedAway: (why: string, address: string) => void;
}

/** Both the connection and the TLS on it have these; no two that are open have the same. */
const nameOf = ({ localAddress, localPort, remoteAddress, remotePort }: Socket): string =>
  `${localAddress} ${localPort} ${remoteAddress} ${remotePort}`;

/** boundHandshakes has `server`, one for TLS, hold no more handshakes than `bounds` allow. */
export function boundHandshakes(server: Server, bounds: HandshakeBounds): void {
  const places = new HandshakePlaces(bounds);
  /** Of each handshake under way, by its connection: what gives its place back, once. */
  const leaving = new Map<string, () => void>();
  const enter = (socket: Socket, address: string): void => {
    const name = nameOf(socket);
    const leave = (): void => {
      socket.off('close', leave);
      places.leave(address);
      // A new connection of that name may have come before the end of this one was told.
      if (leaving.get(name) === leave) leaving.delete(name);
    };
    leaving.set(name, leave);
    socket.once('close', leave);
  };
  server.on('connection', (socket: Socket) => {
    const { remoteAddress } = socket;
    // It has gone already.
    if (remoteAddress === undefined) return;
    const place = places.enter(remoteAddress);
    if (place === 'taken') {
      enter(socket, remoteAddress);
      return;
    }
    bounds.turnedAway(REASONS[place], remoteAddress);
    socket.destroy();
  });
  server.on('secureConnection', (socket: TLSSocket) => leaving.get(nameOf(socket))?.());
}
