/**
 * Lets connections in: asks once whose each is, and gives it a place, or tells it that there is none. What
 * is asked on it then is not its concern.
 */
import type { Socket } from 'node:net';
import { textOf } from '@nodemgr/http-front';
import type { CallLog } from '../api/dispatch-call.ts';
import type { Caller } from '../caller/caller.ts';
import { partyOf, type SharingCaller, withShares } from '../caller/caller-shares.ts';
import type { IdentifyCaller, Transport } from '../caller/identify-caller.ts';
import { isShortage } from '../caller/tcp-owners.ts';
import { CRUMBS } from './api-request.ts';
import type { ConnectionPlaces } from './connection-places.ts';
import type { CrumbBans } from './crumb-bans.ts';
import { BUSY } from './http-bounds.ts';
import type { RefusalLog } from './refusal-log.ts';

export interface AdmissionOptions {
  readonly identify: IdentifyCaller;
  readonly places: ConnectionPlaces;
  readonly bans: CrumbBans;
  readonly refusals: RefusalLog;
  readonly log: CallLog;
}

/** Admission is shared by all servers of the process. */
export class Admission {
  readonly #options: AdmissionOptions;

  constructor(options: AdmissionOptions) {
    this.#options = options;
  }

  /**
   * admit takes a place for the connection as soon as it is known whose it is, whether it says anything or
   * not; `leave` must follow, once. Undefined: it has none, and is being closed. Never rejects.
   */
  async admit(socket: Socket, transport: Transport): Promise<SharingCaller | undefined> {
    const { bans, refusals } = this.#options;
    const caller = await this.#callerOf(socket, transport);
    if (socket.destroyed) return undefined;
    if (caller === 'unknown for want of means') {
      refusals.refused('anybody', 'there are too few file descriptors to ask whose it is');
      this.#turnAway(socket);
      return undefined;
    }
    const admitted = withShares(caller);
    const refusal = this.#refusalOf(admitted);
    if (refusal === undefined) {
      bans.watch(admitted, socket);
      socket.once(CRUMBS, () => bans.ban(admitted));
      return admitted;
    }
    refusals.refused(partyOf(admitted.shares), refusal);
    this.#turnAway(socket);
    return undefined;
  }

  leave(caller: SharingCaller): void {
    this.#options.places.give(caller);
  }

  /** overflowed notes a connection that was closed unheard, because there are too many of anybody's. */
  overflowed(): void {
    this.#options.refusals.refused('anybody', 'there are too many connections');
  }

  #turnAway(socket: Socket): void {
    // At once: places for connections are what there is too little of.
    socket.end(textOf(BUSY), () => socket.destroy());
  }

  /** Whoever cannot be asked about now would be nobody for as long as the connection lasts: it may come again. */
  async #callerOf(
    socket: Socket,
    transport: Transport,
  ): Promise<Caller | 'unknown for want of means'> {
    try {
      return await this.#options.identify(socket, transport);
    } catch (error) {
      if (isShortage(error)) return 'unknown for want of means';
      const text = 'a caller could not be identified; it is nobody';
      this.#options.log.info({ err: error }, text);
      return { kind: 'nobody', why: 'the kernel did not say who it is' };
    }
  }

  /** #refusalOf takes a place for the caller, or returns why there is none. */
  #refusalOf(caller: SharingCaller): string | undefined {
    const { bans, places } = this.#options;
    if (bans.isBanned(caller)) return 'its caller sent a request in far too small chunks';
    return places.take(caller) ? undefined : 'its caller has too many connections';
  }
}
