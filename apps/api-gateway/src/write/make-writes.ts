/**
 * Carries a change to db-service: asks again with the same request id until it is durable, then
 * waits until our own replica shows it, so that the caller's next read sees it. It decides nothing
 * about who may change what.
 */
import type { CallClient } from '@nodemgr/bus';
import type { WriteContract } from '@nodemgr/contracts';
import { asFault, Fault } from '@nodemgr/faults';
import type { AccountName, Loan } from '@nodemgr/records';

/** What the API can change of a sliver. */
export type Change =
  | { readonly act: 'set_loans'; readonly sliver: AccountName; readonly loans: readonly Loan[] }
  | {
      readonly act: 'start' | 'stop' | 'create_sliver' | 'delete_sliver';
      readonly sliver: AccountName;
    };

export interface Writes {
  /**
   * make resolves once a change is durable and can be read back. Rejects with Fault `unavailable`
   * that says what is down and whether the change may still have been made.
   */
  make(change: Change, caller: string): Promise<void>;
}

/** Names a change, so that db-service makes it once however often it hears of it. */
export interface WriteRequest {
  readonly request_id: string;
  /** Who asked, for db-service's log. */
  readonly caller: string;
}

/** Asks db-service once; resolves with the revision at which the change can be seen. */
export type SendWrite = (
  change: Change,
  request: WriteRequest,
  deadlineMs: number,
) => Promise<{ readonly revision: number }>;

export interface WritesOptions {
  readonly send: SendWrite;
  /** Resolves once the replica is at or past a revision. */
  readonly reached: (revision: number, deadlineMs: number) => Promise<void>;
  /** Waits; false when the process is being stopped. */
  readonly pause: (ms: number) => Promise<boolean>;
  /** Milliseconds that only grow. */
  readonly now: () => number;
  readonly newRequestId: () => string;
  /** How long one change may take in all. */
  readonly writeMs: number;
}

/** Attempts that share the time a change may take, so that a lost answer leaves time for another. */
const ATTEMPTS = 3;
const PAUSE_MS = 50;
/** For the replica to catch up when db-service took all the time there was. */
const LEAST_CATCH_UP_MS = 500;

/** sendOver makes the real SendWrite: calls on the bus. */
export function sendOver(client: CallClient<WriteContract>): SendWrite {
  return (change, request, deadlineMs) => {
    const params = { ...request, sliver: change.sliver };
    if (change.act !== 'set_loans') return client.call(change.act, params, { deadlineMs });
    const loans = change.loans.map(([...loan]): [string, string, number] => loan);
    return client.call('set_loans', { ...params, loans }, { deadlineMs });
  };
}

async function makeDurable(
  options: WritesOptions,
  change: Change,
  caller: string,
  until: number,
): Promise<number> {
  const { send, now, writeMs, pause } = options;
  const request = { request_id: options.newRequestId(), caller };
  for (;;) {
    const deadlineMs = Math.max(1, Math.ceil(Math.min(until - now(), writeMs / ATTEMPTS)));
    try {
      return (await send(change, request, deadlineMs)).revision;
    } catch (error) {
      const cause = asFault(error);
      if (cause.kind === 'internal') {
        const text = `db-service failed; the change may still have been made: ${cause.message}`;
        throw new Fault('internal', text, { cause });
      }
      if (cause.kind !== 'unavailable') throw cause;
      if (until - now() > PAUSE_MS && (await pause(PAUSE_MS))) continue;
      throw new Fault(
        'unavailable',
        `db-service has not answered in ${writeMs / 1000} s; the change may still have been made`,
        { cause },
      );
    }
  }
}

/** writesThrough makes the real Writes. */
export function writesThrough(options: WritesOptions): Writes {
  return {
    async make(change, caller) {
      const until = options.now() + options.writeMs;
      const revision = await makeDurable(options, change, caller, until);
      const left = Math.max(until - options.now(), LEAST_CATCH_UP_MS);
      try {
        await options.reached(revision, left);
      } catch (cause) {
        const text =
          "the change is made and will stay, but db-service's feed is behind: reads may show the old state for a while";
        throw new Fault('unavailable', text, { cause });
      }
    },
  };
}
