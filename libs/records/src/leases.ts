/**
 * Leases of a reservable node: who holds one at a time, which slivers run then, and when that changes next. Pure: the
 * time comes in, and whether it can be believed is db-service's to ask (decide-leases.ts).
 */
import * as z from 'zod';
import { MAX_LEASES } from './bounds.ts';
import {
  type AccountName,
  accountNameSchema,
  type EpochSeconds,
  epochSecondsSchema,
} from './quantities.ts';
import { LEASES_KEY } from './record-key.ts';
import type { Rspec } from './rspec.ts';

/**
 * What happens on a node beside the leases, in PLC's words:
 *
 *   none             leases mean nothing
 *   lease_or_idle    between leases, and beside a lease's holder, nobody runs but slices of the system
 *   lease_or_shared  all run; a holder gets what `leases.beside_holder` of the configuration says
 */
export const RESERVATION_POLICIES = ['none', 'lease_or_idle', 'lease_or_shared'] as const;
export type ReservationPolicy = (typeof RESERVATION_POLICIES)[number];

/** What a lease means to the others of a node with `lease_or_shared`: the holder's shares are raised, or they stop. */
export const BESIDE_HOLDER = ['raise', 'stop'] as const;
export type BesideHolder = (typeof BESIDE_HOLDER)[number];

const leaseSchema = z
  .strictObject({ slice: accountNameSchema, from: epochSecondsSchema, until: epochSecondsSchema })
  .refine(({ from, until }) => from < until, { error: 'wants a lease to end after its begin' });
/** A time for which a slice has the node: from the second `from` on, and no more from the second `until` on. */
export type Lease = Readonly<z.infer<typeof leaseSchema>>;

export const leasesRecordSchema = z.strictObject({
  record_key: z.literal(LEASES_KEY),
  timestamp: epochSecondsSchema,
  expiry: epochSecondsSchema.optional(),
  policy: z.enum(RESERVATION_POLICIES),
  leases: z.array(leaseSchema).max(MAX_LEASES),
});
/** All leases of a node that its authority knows of; past ones mean nothing. */
export type LeasesRecord = z.infer<typeof leasesRecordSchema>;

/** inOrder returns leases in the order in which they are written: by begin, end and slice. */
export function inOrder(leases: readonly Lease[]): Lease[] {
  return [...leases].sort(
    (a, b) =>
      a.from - b.from || a.until - b.until || (a.slice < b.slice ? -1 : Number(a.slice > b.slice)),
  );
}

/** Leases by their slices: grouped once, for whoever asks about each slice. */
export type LeasesBySlice = ReadonlyMap<AccountName, readonly Lease[]>;

/** leasesBySlice groups leases, each group in the order in which they come. */
export function leasesBySlice(leases: readonly Lease[]): LeasesBySlice {
  const groups = new Map<AccountName, Lease[]>();
  for (const lease of leases) {
    const group = groups.get(lease.slice);
    if (group === undefined) groups.set(lease.slice, [lease]);
    else group.push(lease);
  }
  return groups;
}

/**
 * heldUntil returns the end of the time that a slice with these leases holds the node without a break from `now` on:
 * leases of one slice that overlap or meet are one. Undefined: it does not hold the node now.
 */
export function heldUntil(leases: readonly Lease[], now: EpochSeconds): EpochSeconds | undefined {
  let end: EpochSeconds | undefined;
  for (const { from, until } of inOrder(leases)) {
    if (from <= (end ?? now) && until > (end ?? now)) end = until;
  }
  return end;
}

/** earliest returns the first of some times; undefined: there is none. */
function earliest(times: Iterable<EpochSeconds>): EpochSeconds | undefined {
  let first: EpochSeconds | undefined;
  for (const time of times) if (first === undefined || time < first) first = time;
  return first;
}

/** nextChange returns the first begin or end of a lease after `now`; undefined: there is none. */
export function nextChange(leases: readonly Lease[], now: EpochSeconds): EpochSeconds | undefined {
  const changes = leases.flatMap(({ from, until }) => [from, until]);
  return earliest(changes.filter((at) => at > now));
}

/** How leases are dealt with on a node. */
export interface Reservation {
  readonly policy: ReservationPolicy;
  readonly besideHolder: BesideHolder;
}

/** A sliver as far as leases are concerned. */
export interface Leaseholder {
  readonly name: AccountName;
  /** Runs whoever holds the node: `system` is 1 among what its authority says of it. */
  readonly isSystem: boolean;
}

/** What an authority calls the mark, and with it an integer among the resources of a slice. */
export const SYSTEM_MARK = 'system';

/** isSystem reports whether a slice is marked as one of the system. */
export const isSystem = (rspec: Rspec): boolean => (rspec[SYSTEM_MARK] ?? 0) > 0;

/** `holds`: a lease of it is in force; `rests`: it may not run for leases; `runs`: leases leave it alone. */
export type Standing = 'holds' | 'runs' | 'rests';

/** standingOf returns how it stands with a sliver while `holders` have the node. */
export function standingOf(
  { policy, besideHolder }: Reservation,
  { name, isSystem }: Leaseholder,
  holders: ReadonlySet<AccountName>,
): Standing {
  if (policy === 'none') return 'runs';
  if (holders.has(name)) return 'holds';
  if (isSystem) return 'runs';
  if (policy === 'lease_or_idle') return 'rests';
  return besideHolder === 'stop' && holders.size > 0 ? 'rests' : 'runs';
}

/** holdersAt returns the slices that have a lease in force at a time. */
export function holdersAt(leases: LeasesBySlice, at: EpochSeconds): ReadonlySet<AccountName> {
  const holds = (own: readonly Lease[]) => own.some(({ from, until }) => from <= at && at < until);
  return new Set([...leases].flatMap(([slice, own]) => (holds(own) ? [slice] : [])));
}

/** The first second, from `since` on, in which a slice other than that of the sliver holds the node. */
function othersHoldFrom(
  { name }: Leaseholder,
  leases: LeasesBySlice,
  since: EpochSeconds,
): EpochSeconds | undefined {
  const begins = [...leases].flatMap(([slice, own]) =>
    slice === name
      ? []
      : own.flatMap(({ from, until }) => (until > since ? [from > since ? from : since] : [])),
  );
  return earliest(begins);
}

/**
 * restsFrom returns when a sliver that does not rest `now` will first have to by the leases; undefined: never, as far
 * as they say. Leases of slices that the node does not have are to be left out.
 */
export function restsFrom(
  reservation: Reservation,
  sliver: Leaseholder,
  leases: LeasesBySlice,
  now: EpochSeconds,
): EpochSeconds | undefined {
  if (!canRest(reservation, sliver)) return undefined;
  const own = leases.get(sliver.name) ?? [];
  if (reservation.policy === 'lease_or_idle') return heldUntil(own, now);
  for (let at: EpochSeconds | undefined = now; at !== undefined; ) {
    const free: EpochSeconds = heldUntil(own, at) ?? at;
    const rests = othersHoldFrom(sliver, leases, free);
    const begins = own.map(({ from }) => from).filter((from) => from > free);
    at = rests === undefined ? undefined : earliest(begins.filter((from) => from <= rests));
    if (at === undefined) return rests;
  }
  return undefined;
}

const canRest = ({ policy, besideHolder }: Reservation, { isSystem }: Leaseholder): boolean =>
  !isSystem &&
  (policy === 'lease_or_idle' || (policy === 'lease_or_shared' && besideHolder === 'stop'));

/** The shares of which a holder gets a multiple where the others run on. */
export const RAISED = ['nm_cpu_share', 'nm_net_share', 'nm_io_weight'] as const;

/** raisedShares returns an effective RSpec with the shares of a holder, `times` as large. */
export function raisedShares(effective: Rspec, times: number): Rspec {
  const raised = RAISED.flatMap((name) => {
    const amount = effective[name];
    if (amount === undefined) return [];
    return [[name, Math.min(amount * times, Number.MAX_SAFE_INTEGER)] as const];
  });
  return { ...effective, ...Object.fromEntries(raised) };
}
