/**
 * Judges whether a sliver that runs is about to be stopped by the leases of the node, so that its tenants are told
 * before. A clock that is not trusted says nothing: it will stop nobody either. Pure.
 */
import type { Config } from '@nodemgr/config';
import type { FeedItem } from '@nodemgr/contracts';
import {
  type AccountName,
  type EpochSeconds,
  epochSeconds,
  holdersAt,
  intentOf,
  isSystem,
  LEASES_KEY,
  type LeasesBySlice,
  leasesBySlice,
  type RecordKey,
  type ReservationPolicy,
  recordKeyOf,
  restsFrom,
  standingOf,
} from '@nodemgr/records';

/** A stop that tenants are to be told of now. */
export interface StopAhead {
  readonly at: EpochSeconds;
  /** Seconds until then. */
  readonly left: number;
}

/** `later`: there is a stop ahead, and tenants are told of it only then (seconds since 1970). */
export type Ahead =
  | { readonly stop: StopAhead }
  | { readonly later: EpochSeconds }
  | 'none'
  | 'unknown';

/**
 * The leases of slices that the node has. Found once for a state of the feed, and asked for each sliver: a node has
 * as many of the ones as of the others.
 */
export class LeasesHere {
  readonly policy: ReservationPolicy;
  readonly leases: LeasesBySlice;
  #holders: readonly [at: EpochSeconds, holders: ReadonlySet<AccountName>] | undefined;

  constructor(items: ReadonlyMap<RecordKey, FeedItem>) {
    const item = items.get(LEASES_KEY);
    const { policy, leases } =
      item?.kind === 'leases' ? item.record : ({ policy: 'none', leases: [] } as const);
    this.policy = policy;
    const all = [...leasesBySlice(leases)];
    const isHere = (slice: AccountName) =>
      items.get(recordKeyOf('sliver', slice))?.kind === 'account';
    this.leases = new Map(all.filter(([slice]) => isHere(slice)));
  }

  /** holdersAt returns the slices that have a lease in force at a time. */
  holdersAt(at: EpochSeconds): ReadonlySet<AccountName> {
    const [known, holders] = this.#holders ?? [];
    if (known === at && holders !== undefined) return holders;
    const found = holdersAt(this.leases, at);
    this.#holders = [at, found];
    return found;
  }
}

export interface AheadGrounds {
  readonly here: LeasesHere;
  readonly terms: Config['leases'];
  readonly clock: { readonly now: EpochSeconds; readonly clockTrusted: boolean };
}

/** judgeStopAhead returns whether tenants of the sliver that `item` is of are to be told of a stop. */
export function judgeStopAhead(
  item: FeedItem | undefined,
  { here, terms, clock }: AheadGrounds,
): Ahead {
  if (item?.kind !== 'account' || item.record.account_type !== 'sliver') return 'none';
  const { policy, leases } = here;
  const isTold = terms.warn_seconds > 0 && terms.warn_by.length > 0;
  if (policy === 'none' || !isTold || !intentOf(item).shouldRun) return 'none';
  if (!clock.clockTrusted) return 'unknown';
  const sliver = { name: item.record.name, isSystem: isSystem(item.record.rspec) };
  const reservation = { policy, besideHolder: terms.beside_holder };
  // It is being stopped: whatever was told of that stands.
  if (standingOf(reservation, sliver, here.holdersAt(clock.now)) === 'rests') return 'unknown';
  const at = restsFrom(reservation, sliver, leases, clock.now);
  if (at === undefined) return 'none';
  const left = at - clock.now;
  return left <= terms.warn_seconds
    ? { stop: { at, left } }
    : { later: epochSeconds(at - terms.warn_seconds) };
}
