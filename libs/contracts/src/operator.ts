/** What an operator may ask of every daemon, on its own socket (`nmctl` does). */
import { accountNameSchema, type Loan, loansSchema, sourceSchema } from '@nodemgr/records';
import * as z from 'zod';
import { type Contract, method } from './call.ts';
import type { DaemonName } from './endpoints.ts';
import { eventsMethod } from './events.ts';
import { readingsSchema } from './readings.ts';
import { remarkSchema } from './remark.ts';
import { retryParamsSchema, retryResultSchema } from './retry.ts';
import { trafficParamsSchema, trafficSchema } from './traffic.ts';

const empty = z.strictObject({});
/** Milliseconds since 1970. */
const epochMs = z.number();

/** Something that does not work now: what, why, and when it is tried again. */
export const failureSchema = z.object({
  /** What it concerns: an account's name, `slices.xml`, `uplink`, … */
  subject: z.string(),
  action: z.string(),
  reason: z.string(),
  attempts: z.int(),
  since: epochMs,
  /** Absent: not tried again before something changes. */
  retry_at: epochMs.optional(),
});
export type Failure = z.infer<typeof failureSchema>;

/** The part of a status that all daemons share; `detail` is each one's own. */
const statusOf = <Detail extends z.ZodType>(detail: Detail) =>
  z.object({
    process: z.string(),
    pid: z.int(),
    version: z.string(),
    started_at: epochMs,
    failures: z.array(failureSchema),
    detail,
  });

/** Where a feed subscriber stands. */
export const feedPositionSchema = z.object({
  state: z.enum(['waiting', 'live', 'stale']),
  revision: z.int().optional(),
});

/** A step that an agent would take, and the exact commands that it stands for. */
export const plannedStepSchema = z.object({
  /** The account concerned, or `node`. */
  subject: z.string(),
  step: z.string(),
  commands: z.array(z.string()),
});
export type PlannedStep = z.infer<typeof plannedStepSchema>;

const planResult = z.object({
  driver: z.string(),
  steps: z.array(plannedStepSchema),
  /** Accounts that may not be removed yet, and why. */
  withheld: z.array(z.object({ subject: z.string(), reason: z.string() })),
});
export type PlanResult = z.infer<typeof planResult>;

export const fetcherStatus = statusOf(
  z.object({
    url: z.string(),
    last_attempt: epochMs.optional(),
    last_success: epochMs.optional(),
    next_attempt: epochMs.optional(),
    /** How the last attempt ended. */
    last_outcome: z.string().optional(),
    document: z
      .object({ bytes: z.int(), slices: z.int(), ours: z.int(), fetched_at: epochMs })
      .optional(),
  }),
);
export type FetcherStatus = z.infer<typeof fetcherStatus>;

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
  /** The record that it concerns; absent: the whole of what the source says. */
  record_key: z.string().optional(),
  text: z.string(),
});
export type SourceTrouble = z.infer<typeof troubleSchema>;

export const dbStatus = statusOf(
  z.object({
    revision: z.int(),
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
    /** What of the updates in force does not count as their sources wrote it, and should. */
    troubles: z.array(troubleSchema).max(MAX_TROUBLES_TOLD),
    /** How many there are beyond those. */
    more_troubles: z.int(),
  }),
);
export type DbStatus = z.infer<typeof dbStatus>;

export const supervisorStatus = statusOf(
  z.object({
    driver: z.string(),
    feed: feedPositionSchema,
    accounts: z.object({ desired: z.int(), running: z.int(), stopped: z.int(), busy: z.int() }),
    /** The feed's revision that every account has been brought in line with. */
    converged_revision: z.int().optional(),
  }),
);
export type SupervisorStatus = z.infer<typeof supervisorStatus>;

/** What the machine (or the pretended one) has of an account. */
export const observedAccountSchema = z.object({
  name: z.string(),
  state: z.string(),
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});
export type ObservedAccountView = z.infer<typeof observedAccountSchema>;

export const bandwidthStatus = statusOf(
  z.object({
    driver: z.string(),
    feed: feedPositionSchema,
    /** Absent: there is no uplink now. */
    interface: z.string().optional(),
    leaves: z.int(),
    converged_revision: z.int().optional(),
  }),
);
export type BandwidthStatus = z.infer<typeof bandwidthStatus>;

export const gatewayStatus = statusOf(
  z.object({
    feed: feedPositionSchema,
    tcp: z.string().optional(),
    socket: z.string(),
    calls: z.int(),
    faults: z.int(),
    connections: z.int(),
  }),
);
export type GatewayStatus = z.infer<typeof gatewayStatus>;

/** A loan as the API stores it, with whether it counts. */
export const judgedLoanSchema = z.object({
  loan: loansSchema.element as unknown as z.ZodType<Loan>,
  verdict: z.string(),
  /** What the lender had left of the resource when it was this loan's turn. */
  left: z.int().optional(),
});

const sliverView = z.object({
  /** The feed's item for the sliver (kind `account`); null: it has no record, but something is remarked on it. */
  item: z.unknown(),
  loans_out: z.array(judgedLoanSchema),
  loans_in: z.array(judgedLoanSchema.extend({ lender: z.string() })),
  /** What of the words on it does not count as it was written. */
  remarks: z.array(remarkSchema.extend({ source: sourceSchema })),
});
export type SliverView = z.infer<typeof sliverView>;

/** Tries now what waits for its next attempt. */
const retry = method(retryParamsSchema, retryResultSchema);

export const fetcherOperatorContract = {
  status: method(empty, fetcherStatus),
  retry,
  /** Fetches now instead of at the next poll. */
  fetch_now: method(empty, z.object({ outcome: z.string() })),
};

export const dbOperatorContract = {
  status: method(empty, dbStatus),
  retry,
  /** Names of all accounts that have a record. */
  accounts: method(empty, z.array(z.object({ name: z.string(), item: z.unknown() }))),
  sliver: method(z.strictObject({ name: z.string().max(64) }), sliverView),
  /** Lets every update through that the guard holds back; returns what they did. */
  guard_allow: method(
    empty,
    z.array(z.object({ source: z.string(), written: z.int(), removed: z.int() })),
  ),
  events: eventsMethod,
};

/** What is really in force for an account, beside what ought to be. */
const readings = method(z.strictObject({ name: accountNameSchema }), readingsSchema);

export const supervisorOperatorContract = {
  status: method(empty, supervisorStatus),
  retry,
  plan: method(empty, planResult),
  observed: method(empty, z.array(observedAccountSchema)),
  events: eventsMethod,
  readings,
};

export const bandwidthOperatorContract = {
  status: method(empty, bandwidthStatus),
  retry,
  plan: method(empty, planResult),
  readings,
  /** The limits in force, and what has been sent under them. */
  traffic: method(trafficParamsSchema, trafficSchema),
};

export const gatewayOperatorContract = {
  status: method(empty, gatewayStatus),
};

/** The operator's contract of each daemon. */
export const OPERATOR_CONTRACTS = {
  'plc-fetcher': fetcherOperatorContract,
  'db-service': dbOperatorContract,
  'account-supervisor': supervisorOperatorContract,
  'bwcap-agent': bandwidthOperatorContract,
  'api-gateway': gatewayOperatorContract,
} as const satisfies Record<DaemonName, Contract>;
export type OperatorContracts = typeof OPERATOR_CONTRACTS;
