/**
 * Judges one account by the feed: it should exist (and how), it is to go, or it may not be removed yet. Pure;
 * nothing here knows how an account is made.
 */
import { createHash } from 'node:crypto';
import type { AccountItem, FeedItem } from '@nodemgr/contracts';
import {
  type AccountName,
  type AccountType,
  type EpochSeconds,
  type ImageName,
  intentOf,
  type RecordKey,
  type Rspec,
  recordKeyOf,
  type SliverRecord,
  TIMESTAMP_KEY,
  withPlainLineEnds,
} from '@nodemgr/records';
import { type OwnLimits, ownLimits } from '../limits/table.ts';
import {
  type Digest,
  type ExpiredSliver,
  isExpired,
  isObservedSliver,
  type ObservedAccount,
} from '../observed/observed-account.ts';
import {
  expirySeenAt,
  RECORD_EXPIRED,
  type Reason,
  type Rest,
  reasonToExist,
  reasonToGo,
  reasonToResume,
  reasonToStop,
  renewedUncreated,
  restOf,
} from './reasons.ts';
import type { StopAhead } from './stop-ahead.ts';

/** A text, with a digest that distinguishes it from others. */
export interface Content {
  readonly text: string;
  readonly digest: Digest;
}

/** contentOf returns `text` with its SHA-256. */
export function contentOf(text: string): Content {
  return { text, digest: createHash('sha256').update(text).digest('hex') as Digest };
}

/** authorizedKeys returns keys, one a line, as sshd(8) reads them; `options` goes before each. */
function authorizedKeys(keys: string, options = ''): Content {
  const lines = keys.split('\n').filter((line) => line !== '');
  return contentOf(lines.map((line) => `${options}${line}\n`).join(''));
}

/** A delegate: keys are those of authorized_keys, with no right but to run its login shell. */
export interface DesiredDelegate {
  readonly type: 'delegate';
  /** Why it exists. */
  readonly reason: Reason;
  readonly keys: Content;
}

export interface DesiredSliver {
  readonly type: 'sliver';
  /** Why it exists. */
  readonly reason: Reason;
  /** Why it is stopped, where it has to be. */
  readonly stopReason: Reason;
  /** What whoever logs in is told of why it does not run; undefined where it should. */
  readonly rest: Rest | undefined;
  /** Why it starts where it was stopped before; undefined: because it was called for, or it had ended by itself. */
  readonly resumeReason: Reason | undefined;
  readonly keys: Content;
  readonly initscript: Content;
  /** The image that its files are made on; files that exist stay on theirs. */
  readonly image: ImageName;
  /** Whether its unit should run: enabled, and not stopped by a call. */
  readonly run: boolean;
  /** nm_enabled. */
  readonly login: boolean;
  /** How often Start was called. */
  readonly starts: number;
  /** A running sliver that was started at an earlier count of `starts` is stopped and started anew. */
  readonly recreated: number;
  /** The limits that follow from its own effective RSpec. */
  readonly limits: OwnLimits;
  /** The stop that its tenants are to be told of; 'unknown': what they were told may stand. */
  readonly stopAhead: StopAhead | 'none' | 'unknown';
}

export type DesiredAccount = DesiredDelegate | DesiredSliver;

/** A judgement on one account. */
export type Verdict =
  | {
      readonly verdict: 'exists';
      readonly desired: DesiredAccount;
      /** A second account that has the same name and so cannot exist. */
      readonly shadowed?: string;
    }
  | {
      readonly verdict: 'goes';
      readonly reason: Reason;
      /** When its record was found to have expired, where that is why it goes. */
      readonly expirySeenAt?: EpochSeconds | undefined;
    }
  | { readonly verdict: 'withheld'; readonly reason: string };

export type Items = ReadonlyMap<RecordKey, FeedItem>;

function desiredSliver(record: SliverRecord, item: AccountItem): DesiredSliver {
  const { effective, local } = item;
  const { shouldRun, mayLogIn } = intentOf(item);
  return {
    type: 'sliver',
    reason: reasonToExist(item),
    stopReason: reasonToStop(item),
    rest: restOf(item),
    resumeReason: reasonToResume(item),
    keys: authorizedKeys(record.ssh_keys),
    // Of a record that was stored before the reader of documents saw to it.
    initscript: contentOf(withPlainLineEnds(record.initscript)),
    image: record.image,
    run: shouldRun,
    login: mayLogIn,
    starts: local.starts,
    recreated: local.recreated,
    limits: ownLimits(effective),
    stopAhead: 'none',
  };
}

function desiredOf(item: AccountItem): DesiredAccount {
  const { record } = item;
  return record.account_type === 'sliver'
    ? desiredSliver(record, item)
    : {
        type: 'delegate',
        reason: reasonToExist(item),
        keys: authorizedKeys(record.ssh_keys, 'restrict '),
      };
}

/** shouldExist reports whether an account should be on the machine: instantiated by PLC, or by CreateSliver. */
export function shouldExist(item: FeedItem | undefined): item is AccountItem {
  return item?.kind === 'account' && intentOf(item).shouldExist;
}

/** claimsOf returns the effective RSpec of a sliver that should run; undefined: it claims nothing of what is shared. */
export function claimsOf(item: FeedItem | undefined): Rspec | undefined {
  if (item?.kind !== 'account' || item.record.account_type !== 'sliver') return undefined;
  return intentOf(item).shouldRun ? item.effective : undefined;
}

/** The sources whose document permits the removal of an account of this type: delegates are the node's own. */
const AUTHORITIES = { sliver: ['plc'], delegate: ['plc', 'config'] } as const;

const going = (type: AccountType, item: FeedItem | undefined) =>
  ({ verdict: 'goes', reason: reasonToGo(type, item), expirySeenAt: expirySeenAt(item) }) as const;

/**
 * Repair and removal are different rights: an account goes only because of an expiry, a DeleteSliver,
 * or a document accepted since this boot.
 */
function judgeRemoval(
  type: AccountType,
  item: FeedItem | undefined,
  items: Items,
  bootId: string,
): Verdict {
  const goes = going(type, item);
  if (item?.kind === 'account' || expirySeenAt(item) !== undefined) return goes;
  const timestamp = items.get(TIMESTAMP_KEY);
  const sources = timestamp?.kind === 'timestamp' ? timestamp.sources : {};
  const vouched = AUTHORITIES[type].some((source) => sources[source]?.boot_id === bootId);
  if (vouched) return goes;
  return {
    verdict: 'withheld',
    reason: `it has no record any more, but no document of source ${AUTHORITIES[type].join(' or ')} has been accepted since this boot`,
  };
}

/** An expired sliver holds its name no more than kept files do. */
function typeOf(observed: ObservedAccount): AccountType | undefined {
  if (isExpired(observed)) return undefined;
  if (isObservedSliver(observed)) return 'sliver';
  return observed.state === 'delegate' ? 'delegate' : undefined;
}

/** db-service may forget the expiry before the files' time is over: what was noted of it counts then. */
function judgeExpired({ loginNote, files }: ExpiredSliver, item: FeedItem | undefined): Verdict {
  if (item?.kind === 'account') return { verdict: 'goes', reason: renewedUncreated(item) };
  if (item !== undefined) return going('sliver', item);
  const seenAt = loginNote?.since ?? files.since;
  return { verdict: 'goes', reason: RECORD_EXPIRED, expirySeenAt: seenAt };
}

function alsoWanted(type: AccountType, other: FeedItem | undefined) {
  return shouldExist(other) ? { shadowed: `the name belongs to a ${type}` } : {};
}

/**
 * judgeAccount returns the verdict on the account `name`. Only one account of a name can exist: the one that
 * does, else the delegate, which is the node's own.
 */
export function judgeAccount(
  name: AccountName,
  observed: ObservedAccount,
  items: Items,
  bootId: string,
): Verdict {
  const item = {
    sliver: items.get(recordKeyOf('sliver', name)),
    delegate: items.get(recordKeyOf('delegate', name)),
  };
  const type = typeOf(observed) ?? (shouldExist(item.delegate) ? 'delegate' : 'sliver');
  const own = item[type];
  if (shouldExist(own)) {
    const other = type === 'sliver' ? item.delegate : item.sliver;
    return { verdict: 'exists', desired: desiredOf(own), ...alsoWanted(type, other) };
  }
  if (typeOf(observed) !== undefined) return judgeRemoval(type, own, items, bootId);
  return isExpired(observed) ? judgeExpired(observed, own) : going(type, own);
}
