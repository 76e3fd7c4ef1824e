/**
 * The calls that api-gateway makes on db-service. They set loans and run state, and hand tickets over,
 * which db-service verifies itself: a gateway that has been taken over can add no key and no sliver.
 */
import {
  accountNameSchema,
  loansSchema,
  MAX_CALLER,
  revisionSchema,
  textOfBytes,
} from '@nodemgr/records';
import * as z from 'zod';
import { method } from './call.ts';
import { requestIdSchema } from './deliver.ts';

const request = {
  request_id: requestIdSchema,
  /** The caller, for the log, the history and whoever finds the sliver stopped. */
  caller: z.string().max(MAX_CALLER),
};
const target = { ...request, sliver: accountNameSchema };
/** The revision at which the change can be seen; the current one when nothing differed. */
const durable = z.object({ revision: revisionSchema });

/** Bytes of a ticket in UTF-8. @nodemgr/tickets takes no bigger one. */
export const MAX_TICKET_SIZE = 256 * 1024;

export const TICKET_OUTCOMES = [
  'created',
  /** The record held was a ticket's, and has changed. */
  'renewed',
  /** This ticket, or one with the same contents, has been accepted before. */
  'unchanged',
  /** PLC names the slice itself: its record counts, and the ticket changed nothing. */
  'left to PLC',
] as const;

const ticketResult = durable.extend({
  sliver: accountNameSchema,
  outcome: z.enum(TICKET_OUTCOMES),
});
export type TicketResult = z.infer<typeof ticketResult>;

export const writeContract = {
  set_loans: method(z.strictObject({ ...target, loans: loansSchema }), durable),
  start: method(z.strictObject(target), durable),
  stop: method(z.strictObject(target), durable),
  create_sliver: method(z.strictObject(target), durable),
  delete_sliver: method(z.strictObject(target), durable),
  recreate: method(z.strictObject(target), durable),
  deliver_ticket: method(
    z.strictObject({ ...request, ticket: textOfBytes(MAX_TICKET_SIZE).min(1) }),
    ticketResult,
  ),
};
export type WriteContract = typeof writeContract;
