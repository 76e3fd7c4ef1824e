/** Questions that operators (`nmctl`) may ask each daemon, on its own socket. */
import {
  accountNameSchema,
  BESIDE_HOLDER,
  epochSecondsSchema,
  LOAN_VERDICTS,
  loanSchema,
  plcKindSchema,
  RESERVATION_POLICIES,
  revisionSchema,
  sourceSchema,
} from '@nodemgr/records';
import * as z from 'zod';
import { type Contract, method } from './call.ts';
import type { DaemonName } from './endpoints.ts';
import { eventsMethod } from './events.ts';
import { epochMs, failureSchema, unmetSchema } from './failure.ts';
import { readingsSchema } from './readings.ts';
import { remarkSchema } from './remark.ts';
import { retryParamsSchema, retryResultSchema } from './retry.ts';
import { trafficParamsSchema, trafficSchema } from './traffic.ts';

const empty = z.strictObject({});
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
  revision: revisionSchema.optional(),
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
  /** Wanted changes that are in no step, and why. */
  unmet: z.array(unmetSchema.extend({ subject: z.string() })),
});
export type PlanResult = z.infer<typeof planResult>;

/** How a poll of PLC ended: `failed` brought no document, and `malformed` one that cannot be read. */
const pollEnd = z.object({
  outcome: z.enum(['new document', 'unchanged', 'failed', 'malformed', 'stopping']),
  /** Why it failed, or where the document is malformed. */
  reason: z.string().optional(),
});
export type PollEnd = Readonly<z.infer<typeof pollEnd>>;

export const fetcherStatus = statusOf(
  z.object({
    url: z.string(),
    kind: plcKindSchema,
    last_attempt: epochMs.optional(),
    last_success: epochMs.optional(),
    next_attempt: epochMs.optional(),
    last_poll: pollEnd.optional(),
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

/** The part of a status's `detail` that both agents share. */
const agentDetail = {
  driver: z.string(),
  feed: feedPositionSchema,
  /** The feed's revision that everything has been brought in line with, or fails for reasons of its own. */
  converged_revision: revisionSchema.optional(),
};

export const supervisorStatus = statusOf(
  z.object({
    ...agentDetail,
    accounts: z.object({ desired: z.int(), running: z.int(), stopped: z.int(), busy: z.int() }),
  }),
);
export type SupervisorStatus = z.infer<typeof supervisorStatus>;

/** An account as the machine (or the pretended one) has it. */
export const observedAccountSchema = z.object({
  name: z.string(),
  state: z.string(),
  detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
});
export type ObservedAccountView = z.infer<typeof observedAccountSchema>;

export const bandwidthStatus = statusOf(
  z.object({
    ...agentDetail,
    /** Absent: there is no uplink now. */
    interface: z.string().optional(),
    leaves: z.int(),
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

/** The part of a contract that every daemon shares. */
const everyDaemon = <Status>(status: z.ZodType<Status>) => ({
  status: method(empty, status),
});

/** The part that daemons share in which something waits for its next attempt. */
const retryingDaemon = <Status>(status: z.ZodType<Status>) => ({
  ...everyDaemon(status),
  /** Tries now what waits for its next attempt. */
  retry: method(retryParamsSchema, retryResultSchema),
});

/** The part that both agents share. */
const agent = <Status>(status: z.ZodType<Status>) => ({
  ...retryingDaemon(status),
  /** The steps that it would take next. */
  plan: method(empty, planResult),
  /** The limits in force for an account, beside those that ought to be. */
  readings: method(z.strictObject({ name: accountNameSchema }), readingsSchema),
});

export const fetcherOperatorContract = {
  ...retryingDaemon(fetcherStatus),
  /** Fetches now instead of at the next poll. */
  fetch_now: method(empty, pollEnd),
};

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

export const supervisorOperatorContract = {
  ...agent(supervisorStatus),
  observed: method(empty, z.array(observedAccountSchema)),
  events: eventsMethod,
};

export const bandwidthOperatorContract = {
  ...agent(bandwidthStatus),
  /** The limits in force, and what has been sent under them. */
  traffic: method(trafficParamsSchema, trafficSchema),
  events: eventsMethod,
};

export const gatewayOperatorContract = everyDaemon(gatewayStatus);

/** The operator's contract of each daemon. */
export const OPERATOR_CONTRACTS = {
  'plc-fetcher': fetcherOperatorContract,
  'db-service': dbOperatorContract,
  'account-supervisor': supervisorOperatorContract,
  'bwcap-agent': bandwidthOperatorContract,
  'api-gateway': gatewayOperatorContract,
} as const satisfies Record<DaemonName, Contract>;
export type OperatorContracts = typeof OPERATOR_CONTRACTS;
