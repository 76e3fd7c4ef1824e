/**
 * Keeps callers away for a moment whose requests cost far more than they hold. What was read from a
 * socket is parsed to its end, some 20 ms of everybody's time, and an account may have hundreds of
 * sockets that are read in one turn of the loop: so one such request closes them all, unread. An ordinary
 * user is kept away by its uid, and a whole block of uids together: it may be one user's, who would come
 * back by another.
 */
import type { Socket } from 'node:net';
import { partyOf, type SharingCaller } from '../caller/caller-shares.ts';

/** Long enough that a caller costs others a fiftieth of the time; short for one that mends its ways. */
const BAN_MS = 1000;

export class CrumbBans {
  readonly #now: () => number;
  /** Both by party. */
  readonly #open = new Map<string, Set<Socket>>();
  readonly #until = new Map<string, number>();

  /** `now`: milliseconds that only grow. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** isBanned reports whether the caller may open no connection now. Root always may. */
  isBanned({ shares }: SharingCaller): boolean {
    const name = partyOf(shares);
    const until = this.#until.get(name);
    if (until === undefined) return false;
    if (until > this.#now()) return true;
    this.#until.delete(name);
    return false;
  }

  /** watch notes a connection of the caller until it closes. */
  watch({ shares }: SharingCaller, socket: Socket): void {
    const name = partyOf(shares);
    const open = this.#open.get(name) ?? new Set();
    this.#open.set(name, open.add(socket));
    socket.once('close', () => {
      open.delete(socket);
      if (open.size === 0 && this.#open.get(name) === open) this.#open.delete(name);
    });
  }

  /** ban closes what the caller has open, and keeps it away. */
  ban({ caller, shares }: SharingCaller): void {
    if (caller.kind === 'root') return;
    this.#forgetPast();
    const name = partyOf(shares);
    this.#until.set(name, this.#now() + BAN_MS);
    for (const socket of this.#open.get(name) ?? []) socket.destroy();
  }

  /** Who was kept away and has not come back is not remembered for ever. */
  #forgetPast(): void {
    const now = this.#now();
    for (const [name, until] of this.#until) if (until <= now) this.#until.delete(name);
  }
}
