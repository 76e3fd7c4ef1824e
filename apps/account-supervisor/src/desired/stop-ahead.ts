/**
 * Judges whether a sliver that runs is about to be stopped by the leases of the node, so that its tenants are told
 * before. A clock that is not trusted says nothing: it will stop nobody either. Pure.
 */
import type { Config } from '@nodemgr/config';
import type { FeedItem } from '@nodemgr/contracts';
import {
  type EpochSeconds,
  epochSeconds,
  holdersAt,
  intentOf,
  isSystem,
  LEASES_KEY,
  type RecordKey,
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

export interface AheadGrounds {
  readonly items: ReadonlyMap<RecordKey, FeedItem>;
  readonly terms: Config['leases'];
  readonly clock: { readonly now: EpochSeconds; readonly clockTrusted: boolean };
}

/** judgeStopAhead returns whether tenants of the sliver that `item` is of are to be told of a stop. */
export function judgeStopAhead(
  item: FeedItem | undefined,
  { items, terms, clock }: AheadGrounds,
): Ahead {
  if (item?.kind !== 'account' || item.record.account_type !== 'sliver') return 'none';
  const reserved = items.get(LEASES_KEY);
  const isTold = terms.warn_seconds > 0 && terms.warn_by.length > 0;
  if (reserved?.kind !== 'leases' || !isTold || !intentOf(item).shouldRun) return 'none';
  if (!clock.clockTrusted) return 'unknown';
  const { policy, leases } = reserved.record;
  const here = leases.filter(
    ({ slice }) => items.get(recordKeyOf('sliver', slice))?.kind === 'account',
  );
  const sliver = { name: item.record.name, isSystem: isSystem(item.record.rspec) };
  const reservation = { policy, besideHolder: terms.beside_holder };
  // It is being stopped: whatever was told of that stands.
  if (standingOf(reservation, sliver, holdersAt(here, clock.now)) === 'rests') return 'unknown';
  const at = restsFrom(reservation, sliver, here, clock.now);
  if (at === undefined) return 'none';
  const left = at - clock.now;
  return left <= terms.warn_seconds
    ? { stop: { at, left } }
    : { later: epochSeconds(at - terms.warn_seconds) };
}
