/**
 * Carries a change to db-service: asks again with the same request id until it is durable, then
 * waits until our own replica shows it, so that the caller's next read sees it. It decides nothing
 * about who may change what.
 */

import { NoAnswer } from '@nodemgr/bus';
import type { TicketResult } from '@nodemgr/contracts';
import { FairTurns } from '@nodemgr/daemon';
import { asFault, Fault } from '@nodemgr/faults';
import type { AccountName, Loan, Revision } from '@nodemgr/records';
import { type Caller, describeCaller } from '../caller/caller.ts';
import { sharesOf } from '../caller/caller-shares.ts';

/** What the API can change of a sliver. */
export type Change =
  | { readonly act: 'set_loans'; readonly sliver: AccountName; readonly loans: readonly Loan[] }
  | {
      readonly act: 'start' | 'stop' | 'create_sliver' | 'delete_sliver' | 'recreate';
      readonly sliver: AccountName;
    };

export interface Writes {
  /**
   * make resolves once a change is durable and can be read back. Rejects with Fault `unavailable`
   * that says what is down and whether the change may still have been made.
   */
  make(change: Change, caller: Caller): Promise<void>;
  /**
   * deliver hands a ticket over and resolves once what it changes can be read back. Rejects also with
   * the Fault that says why db-service refuses the ticket.
   */
  deliver(ticket: string, caller: Caller): Promise<TicketResult>;
}

/** Names a change, so that db-service makes it once however often it hears of it. */
export interface WriteRequest {
  readonly request_id: string;
  /** Who asked, by name, for db-service's log and the history. */
  readonly caller: string;
}

/**
 * Asks db-service once; resolves with the revision at which the change can be seen. Rejects with
 * NoAnswer, or with the Fault that db-service answered.
 */
export type SendWrite = (
  change: Change,
  request: WriteRequest,
  deadlineMs: number,
) => Promise<Durable>;

/** Like SendWrite, for a ticket. */
export type SendTicket = (
  ticket: string,
  request: WriteRequest,
  deadlineMs: number,
) => Promise<TicketResult>;

interface Durable {
  /** At which the change can be seen. */
  readonly revision: Revision;
}

/** One question to db-service, whatever it is about. */
type Ask<Answer extends Durable> = (request: WriteRequest, deadlineMs: number) => Promise<Answer>;

export interface WritesOptions {
  readonly send: SendWrite;
  readonly sendTicket: SendTicket;
  /** Resolves once the replica is at or past a revision. */
  readonly reached: (revision: Revision, deadlineMs: number) => Promise<void>;
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
/**
 * Changes that db-service is asked for at once, in all and by one caller. Those that arrive together share a
 * commit there, of at most 64: with hundreds in its queue, all would be late and be asked for again, and hardly
 * any made.
 */
const TURNS = { atOnce: 64, perCommon: 16, perCaller: 32 };
/** A change that has waited this long (milliseconds) for its turn is not begun. */
const WAIT_MS = 20_000;

/** Anyone may have a ticket verified, which costs more than a change: one at a time, in rotation. */
const TICKET_TURNS = { atOnce: 1, perCommon: 1, perCaller: 1 };

async function makeDurable<Answer extends Durable>(
  options: WritesOptions,
  ask: Ask<Answer>,
  caller: Caller,
  until: number,
): Promise<Answer> {
  const { now, writeMs, pause } = options;
  const request = { request_id: options.newRequestId(), caller: describeCaller(caller) };
  for (;;) {
    const deadlineMs = Math.max(1, Math.ceil(Math.min(until - now(), writeMs / ATTEMPTS)));
    try {
      return await ask(request, deadlineMs);
    } catch (error) {
      if (!(error instanceof NoAnswer)) throw worded(asFault(error));
      if (until - now() > PAUSE_MS && (await pause(PAUSE_MS))) continue;
      throw new Fault(
        'unavailable',
        `db-service has not answered in ${writeMs / 1000} s; the change may still have been made`,
        { cause: error },
      );
    }
  }
}

/** worded makes what a caller is told of the fault that db-service answered. */
function worded(cause: Fault): Fault {
  const { kind, message } = cause;
  switch (kind) {
    case 'internal': {
      const text = `db-service failed; the change may still have been made: ${message}`;
      return new Fault('internal', text, { cause });
    }
    case 'unavailable':
      return new Fault('unavailable', `db-service cannot make the change now: ${message}`, {
        cause,
      });
    default:
      return cause;
  }
}

async function makeVisible<Answer extends Durable>(
  options: WritesOptions,
  ask: Ask<Answer>,
  caller: Caller,
): Promise<Answer> {
  const until = options.now() + options.writeMs;
  const answer = await makeDurable(options, ask, caller, until);
  const left = Math.max(until - options.now(), LEAST_CATCH_UP_MS);
  try {
    await options.reached(answer.revision, left);
    return answer;
  } catch (cause) {
    const text =
      "the change is made and will stay, but db-service's feed is behind: reads may show the old state for a while";
    throw new Fault('unavailable', text, { cause });
  }
}

/** writesThrough makes the real Writes. */
export function writesThrough(options: WritesOptions): Writes {
  const { send, sendTicket, now } = options;
  const change = new FairTurns(TURNS);
  const ticket = new FairTurns(TICKET_TURNS);
  function inTurn<A extends Durable>(turns: FairTurns, caller: Caller, ask: Ask<A>): Promise<A> {
    const latest = now() + WAIT_MS;
    return turns.run(sharesOf(caller), async () => {
      if (now() <= latest) return makeVisible(options, ask, caller);
      const text = `too many changes are waiting: this one was not begun in ${WAIT_MS / 1000} s`;
      throw new Fault('unavailable', text);
    });
  }
  return {
    async make(wanted, caller) {
      await inTurn(change, caller, (request, ms) => send(wanted, request, ms));
    },
    deliver: (text, caller) =>
      inTurn(ticket, caller, (request, ms) => sendTicket(text, request, ms)),
  };
}
