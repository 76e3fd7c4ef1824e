/** The bounds of every external input that becomes a record. One place, so that they agree. */

/** Default ceiling of a sliver's bandwidth: 1 Gbit/s. */
export const MAX_RATE = 1_000_000_000;
/** No limit of a sliver's bandwidth: as fast as the fastest link that the configuration can name. */
export const UNLIMITED_RATE = 1e12;
/** No threshold of what a sliver sends in a day: more bytes than any link sends in one. */
export const UNLIMITED_BYTES = Number.MAX_SAFE_INTEGER;
/** No limit of a sliver's disk, in KiB: the most that quotactl(2) takes, which counts bytes in 63 bits. */
export const UNLIMITED_QUOTA = Number.MAX_SAFE_INTEGER;
/** No limit of a sliver's processes: pid_max of 64-bit Linux (proc(5)). */
export const UNLIMITED_TASKS = 4_194_304;
/** Loans of one sliver. */
export const MAX_LOANS = 1000;
/** Loans of all slivers together: every agent holds them all, and one message carries them. */
export const MAX_LOANS_OF_NODE = 100_000;
export const MAX_DELEGATIONS = 1000;
/** Of the UTF-8 text of an account's keys, and of a start script. */
export const MAX_KEYS_BYTES = 1 << 20;
export const MAX_INITSCRIPT_BYTES = 1 << 20;
export const MAX_RESOURCES = 200;
export const MAX_RESOURCE_NAME = 64;
/** Of a caller of the API as it is named for people (`sliver princeton_sirius`). */
export const MAX_CALLER = 64;
/** Remarks on one document or delivery: more than anybody reads; the rest is counted in one more. */
export const MAX_REMARKS = 5000;
/** Characters of a remark; what it quotes is cut to fit. */
export const MAX_REMARK_LENGTH = 1000;
export const MAX_EXEMPT_IPS = 20_000;
/** A node's leases that are kept: PLC tells those of a day, of an hour each as a rule. */
export const MAX_LEASES = 1000;
/** More accounts than any node can hold: the id ranges of a machine end at about four thousand. */
export const MAX_RECORDS = 10_000;
/**
 * Slices that tickets stand in for: anybody may deliver a ticket, so that together they leave room for
 * all of PLC's slices, and cannot use up the id ranges of the machine.
 */
export const MAX_TICKET_RECORDS = 1000;
