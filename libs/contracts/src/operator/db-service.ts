/** Questions that operators may ask db-service. */
import {
  accountNameSchema,
  BESIDE_HOLDER,
  epochSecondsSchema,
  LOAN_VERDICTS,
  loanSchema,
  RESERVATION_POLICIES,
  revisionSchema,
  sourceSchema,
} from '@nodemgr/records';
import * as z from 'zod';
import { method } from '../call.ts';
import { eventsMethod } from '../events.ts';
import { epochMs } from '../failure.ts';
import { remarkSchema } from '../remark.ts';
import { empty, retryingDaemon, statusOf } from './parts.ts';

const guardHold = z.object({
  source: z.string(),
  reason: z.string(),
  would_remove: z.array(z.string()),
  since: epochMs,
});

/** More troubles than anyone reads in a status. */
export const MAX_TROUBLES_TOLD = 200;

const troubleSchema = z.object({
  source: sourceSchema,
  /** The record that it concerns; absent: the whole update of the source. */
  record_key: z.string().optional(),
  text: z.string(),
});
export type SourceTrouble = z.infer<typeof troubleSchema>;

export const dbStatus = statusOf(
  z.object({
    revision: revisionSchema,
    records: z.object({ slivers: z.int(), delegates: z.int(), removed: z.int() }),
    sources: z.record(
      z.string(),
      z.object({ timestamp: z.int(), since_boot: z.boolean(), vouched_at: z.int() }),
    ),
    /** Updates that the guard holds back. */
    guard: z.array(guardHold),
    clock: z.object({ trusted: z.boolean(), reason: z.string().optional() }),
    /** Why and when the database was last set aside as damaged, as long as what was set aside is there. */
    salvage: z.object({ at: epochMs, reason: z.string(), set_aside: z.string() }).optional(),
    /** Parts of the updates in force that do not count as their sources wrote them, and should. */
    troubles: z.array(troubleSchema).max(MAX_TROUBLES_TOLD),
    /** How many there are beyond those. */
    more_troubles: z.int(),
  }),
);
export type DbStatus = z.infer<typeof dbStatus>;

/** A loan as the API stores it, with whether it counts. */
export const judgedLoanSchema = z.object({
  loan: loanSchema,
  verdict: z.enum(LOAN_VERDICTS),
  /** The amount of the resource that the lender had left when it was this loan's turn. */
  left: z.int().optional(),
});

const sliverView = z.object({
  /** The feed's item for the sliver (kind `account`); null: it has no record, but something is remarked on it. */
  item: z.unknown(),
  loans_out: z.array(judgedLoanSchema),
  loans_in: z.array(judgedLoanSchema.extend({ lender: z.string() })),
  /** Remarks on what its sources wrote about it and does not count as it was written. */
  remarks: z.array(remarkSchema.extend({ source: sourceSchema })),
});
export type SliverView = z.infer<typeof sliverView>;

const leasesView = z.object({
  policy: z.enum(RESERVATION_POLICIES),
  beside_holder: z.enum(BESIDE_HOLDER),
  /** Of the node's clock. */
  now: epochSecondsSchema,
  clock_trusted: z.boolean(),
  leases: z.array(
    z.object({
      slice: accountNameSchema,
      from: epochSecondsSchema,
      until: epochSecondsSchema,
      /** 'elsewhere': the node has no such sliver. */
      state: z.enum(['over', 'in force', 'to come', 'elsewhere']),
    }),
  ),
});
export type LeasesView = z.infer<typeof leasesView>;

export const dbOperatorContract = {
  ...retryingDaemon(dbStatus),
  /** Names of all accounts that have a record. */
  accounts: method(empty, z.array(z.object({ name: z.string(), item: z.unknown() }))),
  sliver: method(z.strictObject({ name: z.string().max(64) }), sliverView),
  /** All leases of the node, with how they stand. */
  leases: method(empty, leasesView),
  /** Lets every update through that the guard holds back; returns what they did. */
  guard_allow: method(
    empty,
    z.array(z.object({ source: z.string(), written: z.int(), removed: z.int() })),
  ),
  events: eventsMethod,
};
