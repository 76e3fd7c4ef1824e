/**
 * The calls that api-gateway makes on db-service. They set loans and run state and nothing else: a
 * gateway that has been taken over can add no key and no sliver.
 */
import { accountNameSchema, loansSchema } from '@nodemgr/records';
import * as z from 'zod';
import { method } from './call.ts';
import { requestIdSchema } from './deliver.ts';

const target = {
  request_id: requestIdSchema,
  sliver: accountNameSchema,
  /** Who asked, for the log. */
  caller: z.string().max(64),
};
/** The revision at which the change can be seen; the current one when nothing differed. */
const durable = z.object({ revision: z.int().nonnegative() });

export const writeContract = {
  set_loans: method(z.strictObject({ ...target, loans: loansSchema }), durable),
  start: method(z.strictObject(target), durable),
  stop: method(z.strictObject(target), durable),
  create_sliver: method(z.strictObject(target), durable),
  delete_sliver: method(z.strictObject(target), durable),
};
export type WriteContract = typeof writeContract;
