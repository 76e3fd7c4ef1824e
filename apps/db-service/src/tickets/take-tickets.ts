/**
 * Takes tickets in: verifies, decides, commits, logs. The gateway's word counts for nothing here but for
 * the name of its caller. Of a ticket that is refused the log has no more than the reason quotes, and of
 * none the whole.
 */
import { Buffer } from 'node:buffer';
import { createHash } from 'node:crypto';
import type { ParamsOf, TicketResult, WriteContract } from '@nodemgr/contracts';
import type { Logger, TrustedClock } from '@nodemgr/daemon';
import { asFault } from '@nodemgr/faults';
import { isSliver } from '@nodemgr/records';
import {
  loadVerifyTicket,
  type TrustedKey,
  type VerifiedTicket,
  type VerifyOptions,
} from '@nodemgr/tickets';
import type { StateKeeper } from '../commit/state-keeper.ts';
import { decideTicket } from './decide-ticket.ts';
import { heldByTicket } from './last-words.ts';
import type { RationedWork } from './rationed-work.ts';

export interface TicketsOptions {
  readonly keeper: StateKeeper;
  readonly clock: TrustedClock;
  readonly nodeId: number;
  readonly allowRsaSha1: boolean;
  readonly trustedKeys: { read(): readonly TrustedKey[] };
  readonly ration: RationedWork;
  /** Ends what is over by now: a ticket must not be held against that. */
  readonly sweep: () => void;
  readonly log: Logger;
}

type Delivery = ParamsOf<WriteContract, 'deliver_ticket'>;

export class Tickets {
  constructor(private readonly options: TicketsOptions) {}

  /**
   * deliver answers once what the ticket grants is durable. Rejects with the Fault `bad-argument` or
   * `permission-denied` that says why the ticket is refused, or `unavailable`.
   */
  async deliver(delivery: Delivery): Promise<TicketResult> {
    const bytes = Buffer.from(delivery.ticket, 'utf8');
    const digest = createHash('sha256').update(bytes).digest('hex');
    const known = this.#known(digest);
    if (known !== undefined) return known;
    const { ration, log } = this.options;
    try {
      // Before its turn: nothing that is rationed waits.
      const verifyTicket = await loadVerifyTicket();
      return await ration.run(() => {
        const held = this.#known(digest);
        if (held !== undefined) return held;
        return this.#take(delivery, verifyTicket(bytes, this.#circumstances()), digest);
      });
    } catch (error) {
      const { message: reason } = asFault(error);
      log.info({ caller: delivery.caller, reason }, 'a ticket was not accepted');
      throw error;
    }
  }

  /** Nothing is verified again that is in force already: a replay, or a retry after a lost answer, costs nothing. */
  #known(digest: string): TicketResult | undefined {
    const { state, position } = this.options.keeper;
    const key = heldByTicket(state, digest);
    const record = key === undefined ? undefined : state.records.get(key)?.record;
    if (record === undefined || !isSliver(record)) return undefined;
    return { revision: position.revision, sliver: record.name, outcome: 'unchanged' };
  }

  #circumstances(): VerifyOptions {
    const { trustedKeys, nodeId, allowRsaSha1, clock } = this.options;
    return { trusted: trustedKeys.read(), nodeId, allowRsaSha1, ...clock.look() };
  }

  #take(
    { request_id, caller }: Delivery,
    { record, signer }: VerifiedTicket,
    digest: string,
  ): TicketResult {
    const { keeper, clock, sweep, log } = this.options;
    const sliver = record.name;
    sweep();
    const answered = keeper.answeredAt(request_id);
    if (answered !== undefined) return { revision: answered, sliver, outcome: 'unchanged' };
    const { rows, result: outcome } = decideTicket({ record, digest }, keeper.state, clock.look());
    // Without a change there is nothing to remember: strangers cannot make the disk busy with replays.
    const request = rows.length === 0 ? undefined : { id: request_id, at: clock.now };
    const revision = keeper.commit(rows, { kind: 'ticket', signer, caller }, request);
    const { timestamp: issued, expiry } = record;
    log.info(
      { caller, sliver, issued, expiry, signer, outcome, revision },
      'a ticket was verified, and what it changes made durable',
    );
    return { revision, sliver, outcome };
  }
}
