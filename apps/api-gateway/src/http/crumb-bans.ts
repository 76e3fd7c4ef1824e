/**
 * Keeps accounts away for a moment whose requests cost far more than they hold. What was read from a
 * socket is parsed to its end, some 20 ms of everybody's time, and an account may have hundreds of
 * sockets that are read in one turn of the loop: so one such request closes them all, unread.
 */
import type { Socket } from 'node:net';
import { type Caller, describeCaller } from '../caller/caller.ts';

/** Long enough that an account costs others a fiftieth of the time; short for one that mends its ways. */
const BAN_MS = 1000;

export class CrumbBans {
  readonly #now: () => number;
  readonly #open = new Map<string, Set<Socket>>();
  readonly #until = new Map<string, number>();

  /** `now`: milliseconds that only grow. */
  constructor(now: () => number) {
    this.#now = now;
  }

  /** isBanned reports whether the caller may open no connection now. Root always may. */
  isBanned(caller: Caller): boolean {
    const name = describeCaller(caller);
    const until = this.#until.get(name);
    if (until === undefined) return false;
    if (until > this.#now()) return true;
    this.#until.delete(name);
    return false;
  }

  /** watch notes a connection of the caller until it closes. */
  watch(caller: Caller, socket: Socket): void {
    const name = describeCaller(caller);
    const open = this.#open.get(name) ?? new Set();
    this.#open.set(name, open.add(socket));
    socket.once('close', () => {
      open.delete(socket);
      if (open.size === 0 && this.#open.get(name) === open) this.#open.delete(name);
    });
  }

  /** ban closes what the caller has open, and keeps it away. */
  ban(caller: Caller): void {
    if (caller.kind === 'root') return;
    const name = describeCaller(caller);
    this.#until.set(name, this.#now() + BAN_MS);
    for (const socket of this.#open.get(name) ?? []) socket.destroy();
  }
}
