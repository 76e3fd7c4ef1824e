/**
 * On whose word something is done to an account, and why: read from what the feed says of it now. Who
 * exactly called the API is db-service's to tell. Pure.
 */
import type { EventAuthor, FeedItem } from '@nodemgr/contracts';
import {
  type AccountName,
  type AccountType,
  intentOf,
  type RecordKey,
  recordKeyOf,
} from '@nodemgr/records';
import { shouldExist } from '../desired/desired-account.ts';
import { isObservedSliver, type ObservedAccount } from '../observed/observed-account.ts';

export interface Word {
  readonly why: string;
  readonly by: EventAuthor;
}

/** What the feed says of one account; undefined: nothing (any more). */
export interface Subject {
  readonly type: AccountType;
  readonly item: FeedItem | undefined;
}

/** A caller of the API, whoever it was. */
const called = (method: string): Word => ({
  why: `${method} was called`,
  by: { kind: 'api-caller' },
});

function typeOf(observed: ObservedAccount): AccountType | undefined {
  if (observed.state === 'delegate') return 'delegate';
  return isObservedSliver(observed) || observed.state === 'kept' ? 'sliver' : undefined;
}

/** subjectOf returns what the feed says of `name`: of the account that there is, else of the one to be made. */
export function subjectOf(
  name: AccountName,
  observed: ObservedAccount,
  items: ReadonlyMap<RecordKey, FeedItem>,
): Subject {
  const itemOf = (type: AccountType) => items.get(recordKeyOf(type, name));
  const wanted = shouldExist(itemOf('delegate')) ? 'delegate' : 'sliver';
  const type = typeOf(observed) ?? wanted;
  return { type, item: itemOf(type) };
}

/** wordToExist says why the account exists. */
export function wordToExist({ item }: Subject): Word {
  if (!shouldExist(item)) return { why: 'no record asks for it', by: { kind: 'supervisor' } };
  if (intentOf(item).origin === 'created') return called('CreateSliver');
  return { why: `record of ${item.source}`, by: { kind: item.source } };
}

/** wordToGo says why the account goes. */
export function wordToGo({ type, item }: Subject): Word {
  if (item?.kind === 'account') {
    return shouldExist(item)
      ? { why: 'an account of the other type takes its name', by: { kind: item.source } }
      : called('DeleteSliver');
  }
  if (item?.kind === 'removal' && item.reason === 'expired') {
    return { why: 'its record has expired', by: { kind: 'clock' } };
  }
  // Delegates are the node's own; slivers are PLC's.
  const by: EventAuthor = { kind: type === 'delegate' ? 'config' : 'plc' };
  return item?.kind === 'removal'
    ? { why: 'its record was left out of the document', by }
    : { why: 'it has no record', by };
}

/** wordToMakeWay says why what there is of an account goes: for another of its name, or its id is taken. */
export function wordToMakeWay(subject: Subject, hasIds: boolean): Word {
  if (hasIds || !shouldExist(subject.item)) return wordToGo(subject);
  return { why: 'its user id is somebody else’s by now', by: { kind: 'supervisor' } };
}

/** wordToStop says why a sliver is not to run, or has to stop for a while. */
export function wordToStop(subject: Subject): Word {
  const { item } = subject;
  if (!shouldExist(item)) return wordToGo(subject);
  const { restReason } = intentOf(item);
  if (restReason === 'disabled') return { why: 'nm_enabled is 0', by: { kind: item.source } };
  if (restReason === 'stopped') return called('Stop');
  return { why: 'its files are not where they should be', by: { kind: 'supervisor' } };
}

/** wordToStart says why a sliver is started; `before` is what there was of it. */
export function wordToStart(subject: Subject, before: ObservedAccount): Word {
  const { item } = subject;
  if (!isObservedSliver(before) || !before.login || !shouldExist(item)) return wordToExist(subject);
  if (item.local.starts > before.starts) return called('Start');
  return { why: 'it should run and did not', by: { kind: 'supervisor' } };
}
