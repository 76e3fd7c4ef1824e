/**
 * Counts connections over TLS whose handshake is under way: so many from one address, so many in all. Until
 * it is over nobody knows whose a connection is, so no host may have more of them than its share. It closes
 * nothing.
 */
import { isIPv6 } from 'node:net';

export interface HandshakeLimits {
  readonly perAddress: number;
  readonly all: number;
}

export type HandshakePlace = 'taken' | 'address busy' | 'server busy';

/** An IPv4 address as a socket for both families shows it (RFC 4291, 2.5.5.2). */
const MAPPED = /^::ffff:(?=[0-9.]+$)/i;
/** Of the eight groups of an IPv6 address those of its network: its last half is its host's choice (RFC 4291). */
const NETWORK_GROUPS = 4;

/** networkOf returns by what an address is counted: IPv4 as it is, IPv6 by its /64. */
export function networkOf(address: string): string {
  const plain = address.replace(MAPPED, '');
  if (!isIPv6(plain)) return plain;
  const [before = '', after] = plain.replace(/%.*$/, '').split('::');
  const groups = before === '' ? [] : before.split(':');
  const behind = after === undefined || after === '' ? 0 : after.split(':').length;
  while (groups.length + behind < 2 * NETWORK_GROUPS && groups.length < NETWORK_GROUPS) {
    groups.push('0');
  }
  const rest = after === undefined ? [] : after.split(':');
  return `${[...groups, ...rest].slice(0, NETWORK_GROUPS).join(':')}::/64`;
}

export class HandshakePlaces {
  readonly #limits: HandshakeLimits;
  readonly #counts = new Map<string, number>();
  #all = 0;

  constructor(limits: HandshakeLimits) {
    this.#limits = limits;
  }

  /** enter takes a place for one more handshake with `address`; where it is taken, `leave` must follow, once. */
  enter(address: string): HandshakePlace {
    const { perAddress, all } = this.#limits;
    const network = networkOf(address);
    const count = this.#counts.get(network) ?? 0;
    if (count >= perAddress) return 'address busy';
    if (this.#all >= all) return 'server busy';
    this.#counts.set(network, count + 1);
    this.#all += 1;
    return 'taken';
  }

  leave(address: string): void {
    const network = networkOf(address);
    const count = this.#counts.get(network);
    if (count === undefined) return;
    this.#all -= 1;
    if (count > 1) this.#counts.set(network, count - 1);
    else this.#counts.delete(network);
  }
}
