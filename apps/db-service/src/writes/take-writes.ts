/** Carries the API's writes out: decide, commit, log who did what to whom. */
import type { Handlers } from '@nodemgr/bus';
import type { WriteContract } from '@nodemgr/contracts';
import type { Logger } from '@nodemgr/daemon';
import type { AccountName, EpochSeconds } from '@nodemgr/records';
import type { StateKeeper } from '../commit/state-keeper.ts';
import { decideWrite, type WriteRequest } from './decide-write.ts';

interface Write {
  readonly request_id: string;
  readonly sliver: AccountName;
  readonly caller: string;
}

/** What the log says of a write: its loans are the tenant's to choose, and may be a thousand. */
function summaryOf(request: WriteRequest): { act: string; loans?: number } {
  return request.act === 'set_loans'
    ? { act: request.act, loans: request.loans.length }
    : { act: request.act };
}

/**
 * writeHandlers answers a write to a sliver once it is durable; a retry of the same request changes
 * nothing. Tickets are another matter (take-tickets.ts).
 */
export function writeHandlers(
  keeper: StateKeeper,
  now: () => EpochSeconds,
  log: Logger,
): Omit<Handlers<WriteContract>, 'deliver_ticket'> {
  const write = ({ request_id, sliver, caller }: Write, request: WriteRequest) => {
    const answered = keeper.answeredAt(request_id);
    if (answered !== undefined) return { revision: answered };
    const rows = decideWrite(request, sliver, keeper.state);
    const revision = keeper.commit(rows, { kind: 'call', caller }, { id: request_id, at: now() });
    const changed = rows.length > 0;
    log.info(
      { caller, sliver, ...summaryOf(request), changed, revision },
      'a write was made durable',
    );
    return { revision };
  };
  return {
    set_loans: (params) => write(params, { act: 'set_loans', loans: params.loans }),
    start: (params) => write(params, { act: 'start' }),
    stop: (params) => write(params, { act: 'stop' }),
    create_sliver: (params) => write(params, { act: 'create_sliver' }),
    delete_sliver: (params) => write(params, { act: 'delete_sliver' }),
  };
}
