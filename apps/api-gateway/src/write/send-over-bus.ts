/** Sends a change to db-service over the bus, and tells what it answered from its silence. */
import type { CallClient } from '@nodemgr/bus';
import type { WriteContract } from '@nodemgr/contracts';
import { asFault } from '@nodemgr/faults';
import { type Change, NoAnswer, type SendWrite, type WriteRequest } from './make-writes.ts';

/** Timers may end this much early (milliseconds). */
const TIMER_SLACK_MS = 20;

function ask(
  client: CallClient<WriteContract>,
  change: Change,
  request: WriteRequest,
  deadlineMs: number,
) {
  const params = { ...request, sliver: change.sliver };
  if (change.act !== 'set_loans') return client.call(change.act, params, { deadlineMs });
  const loans = change.loans.map(([...loan]): [string, string, number] => loan);
  return client.call('set_loans', { ...params, loans }, { deadlineMs });
}

/** sendOver makes the real SendWrite. `now`: milliseconds that only grow. */
export function sendOver(client: CallClient<WriteContract>, now: () => number): SendWrite {
  return async (change, request, deadlineMs) => {
    const silentAt = now() + deadlineMs - TIMER_SLACK_MS;
    try {
      return await ask(client, change, request, deadlineMs);
    } catch (error) {
      // The bus reports both as `unavailable`. Silence lasts until the deadline; what could not be
      // sent has a cause on this side; an answer has neither.
      const { kind, cause } = asFault(error);
      const silent = now() >= silentAt || cause !== undefined;
      throw kind === 'unavailable' && silent ? new NoAnswer({ cause: error }) : error;
    }
  };
}
