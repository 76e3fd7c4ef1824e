/** Sends changes and tickets to db-service over the bus. */
import type { CallClient } from '@nodemgr/bus';
import type { WriteContract } from '@nodemgr/contracts';
import type { SendTicket, SendWrite } from './make-writes.ts';

/** sendOver makes the real SendWrite. */
export function sendOver(client: CallClient<WriteContract>): SendWrite {
  return (change, request, deadlineMs) => {
    const params = { ...request, sliver: change.sliver };
    if (change.act !== 'set_loans') return client.call(change.act, params, { deadlineMs });
    const loans = change.loans.map(([...loan]): [string, string, number] => loan);
    return client.call('set_loans', { ...params, loans }, { deadlineMs });
  };
}

/** sendTicketOver makes the real SendTicket. */
export function sendTicketOver(client: CallClient<WriteContract>): SendTicket {
  return (ticket, request, deadlineMs) =>
    client.call('deliver_ticket', { ...request, ticket }, { deadlineMs });
}
