/** Failures as every daemon reports them: what is not as it ought to be, why, and when it is tried again. */
import { sourceSchema } from '@nodemgr/records';
import * as z from 'zod';

/** Milliseconds since 1970. */
export const epochMs = z.number();

/** How it stands with something that is wanted and not so. */
export const OUTCOMES = [
  /** An attempt failed. It is made again with back-off. */
  'failing',
  /** Something else is in the way. It is tried again with back-off, and at once when that is gone. */
  'blocked',
  /** It may not be done yet. It is done as soon as what permits it has been heard. */
  'withheld',
  /** It is done when the account starts next; until then the account works as it is. */
  'deferred',
] as const;
export type Outcome = (typeof OUTCOMES)[number];

/** Something wanted that is not so, and why. */
export const unmetSchema = z.object({
  outcome: z.enum(OUTCOMES),
  action: z.string(),
  reason: z.string(),
});
export type Unmet = Readonly<z.infer<typeof unmetSchema>>;

/** Kinds of subjects that fail. Programs go by them; the subject beside each is its name for people. */
export const FAILURE_CODES = [
  /** An account; the subject is its name. */
  'account',
  /** A file of the pretended machine (driver `dry-run`). */
  'pretended-account',
  'cpu-guarantees',
  'cpu-cores',
  'memory-guarantees',
  'disk-weights',
  /** Slivers ask to write more than one may. */
  'disk-writes',
  /** The file system that holds the slivers fills up. */
  'disk-space',
  /** Slivers may use more of it together than there is. */
  'disk-quotas',
  /** Nothing of it is kept back for the node's own processes. */
  'disk-reserve',
  'history',
  'uplink',
  /** Messages of the kernel on interfaces, routes and qdiscs. */
  'network',
  'min-rates',
  /** What slivers send in a day: the kernel's counters, and the account of them on the disk. */
  'day-counts',
  /** What slivers have used by minute and hour: the looks at it, and the file that it is kept in. */
  'usage-history',
  /** The kernel's answer to who calls over TCP. */
  'tcp-callers',
  /** PLC's answer, or that there is none. */
  'plc',
  /** What PLC says, slices.xml or the answer to GetSlivers, where it cannot be read. */
  'document',
  /** slices.xml, where it is not signed as this node wants, or is older than the one that it has. */
  'document-refused',
  /** The signed document in force, where it is older than the configuration lets it be. */
  'document-age',
  /** The last good document on the disk. */
  'kept-document',
  /** db-service, to which updates go. */
  'delivery',
  /** An update that the guard holds back; both ends report it, and `source` names whose it is. */
  'update-held',
  'database',
  /** One row of the database that cannot be used. */
  'database-row',
  'expiry',
  /** The file of keys whose tickets count. */
  'trusted-keys',
  'clock',
  'log',
] as const;
export type FailureCode = (typeof FAILURE_CODES)[number];

/** Something that does not work now: what, why, and when it is tried again. */
export const failureSchema = unmetSchema.extend({
  code: z.enum(FAILURE_CODES),
  /** Its name for people, and for `retry`: an account's name, `slices.xml`, `uplink`, … */
  subject: z.string(),
  source: sourceSchema.optional(),
  attempts: z.int(),
  since: epochMs,
  /** Absent: not tried again before something changes. */
  retry_at: epochMs.optional(),
});
export type Failure = Readonly<z.infer<typeof failureSchema>>;
