/**
 * The reasons for what is done to an account, and on whose authority: taken from the feed's item when the
 * account is judged, carried by each step, and quoted by the history. Who exactly called the API is in
 * db-service's history. Pure.
 */
import type { AccountItem, EventAuthor, FeedItem } from '@nodemgr/contracts';
import { type AccountType, type EpochSeconds, intentOf, type Source } from '@nodemgr/records';

export interface Reason {
  readonly why: string;
  readonly by: EventAuthor;
}

/** ours returns the reason for something that this process does of its own accord: it mends an account. */
export const ours = (why: string): Reason => ({ why, by: { kind: 'supervisor' } });

/** calledFor returns the reason for what a method of the API asks for, whatever its caller. */
export const calledFor = (method: string): Reason => ({
  why: `${method} was called`,
  by: { kind: 'api-caller' },
});

/** reasonToExist returns why the account of `item`, which should exist, exists. */
export function reasonToExist(item: AccountItem): Reason {
  if (intentOf(item).origin === 'created') return calledFor('CreateSliver');
  return { why: `record of ${item.source}`, by: { kind: item.source } };
}

const byClock = (why: string): Reason => ({ why, by: { kind: 'clock' } });

function reasonToRest({ lease }: AccountItem): Reason {
  const { holder } = lease ?? {};
  return byClock(
    holder === undefined ? 'it has no lease now' : `${holder} has the node by a lease`,
  );
}

/** reasonToResume returns why a sliver that rested for leases runs again; undefined: leases have no part in it. */
export function reasonToResume({ lease }: AccountItem): Reason | undefined {
  if (lease?.standing === 'holds') return byClock('its lease has begun');
  return lease?.standing === 'runs' ? byClock('no lease stands in its way') : undefined;
}

/** reasonToStop returns why the unit of a sliver that should exist is stopped, where it has to be. */
export function reasonToStop(item: AccountItem): Reason {
  const { restReason } = intentOf(item);
  if (restReason === 'disabled') return { why: 'nm_enabled is 0', by: { kind: item.source } };
  if (restReason === 'stopped') return calledFor('Stop');
  if (restReason === 'leases') return reasonToRest(item);
  return ours('its files are not where they should be');
}

/** Why a sliver that should exist is not to run, as far as whoever logs in is told. */
export type Rest =
  /** `caller` and `at` are absent where Stop was called before they were noted. */
  | {
      readonly cause: 'stopped';
      readonly caller?: string | undefined;
      readonly at?: EpochSeconds | undefined;
    }
  | { readonly cause: 'disabled'; readonly source: Source }
  | { readonly cause: 'leases'; readonly why: string };

/** restOf returns why the sliver of `item` is not to run; undefined: it is to run, or not to exist. */
export function restOf(item: AccountItem): Rest | undefined {
  switch (intentOf(item).restReason) {
    case 'disabled':
      return { cause: 'disabled', source: item.source };
    case 'stopped':
      return { cause: 'stopped', caller: item.local.stopped_by, at: item.local.stopped_at };
    case 'leases':
      return { cause: 'leases', why: reasonToRest(item).why };
    default:
      return undefined;
  }
}

export const RECORD_EXPIRED: Reason = byClock('its record has expired');

/** renewedUncreated returns why an expired sliver does not stay that has a record again. */
export const renewedUncreated = ({ source }: AccountItem): Reason => ({
  why: 'its slice is renewed, and has no sliver before CreateSliver is called',
  by: { kind: source },
});

/**
 * expirySeenAt returns when the record that `item` stands for was found to have expired, and went: some time after
 * its expiry. Undefined: it has not expired.
 */
export const expirySeenAt = (item: FeedItem | undefined): EpochSeconds | undefined =>
  item?.kind === 'removal' && item.reason === 'expired' ? item.removed_at : undefined;

/** reasonToGo returns why an account that should not exist goes; `item` is what the feed has of it. */
export function reasonToGo(type: AccountType, item: FeedItem | undefined): Reason {
  if (item?.kind === 'account') return calledFor('DeleteSliver');
  if (expirySeenAt(item) !== undefined) return RECORD_EXPIRED;
  // Delegates are the node's own; slivers are PLC's.
  const by: EventAuthor = { kind: type === 'delegate' ? 'config' : 'plc' };
  return item?.kind === 'removal'
    ? { why: 'its record was left out of the document', by }
    : { why: 'it has no record', by };
}
