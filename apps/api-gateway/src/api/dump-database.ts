/** Records as GetRecord and DumpDatabase show them, the latter all of them as one JSON text. Pure. */
import type { AccountItem, BwcapItem, FeedItem, LeasesItem } from '@nodemgr/contracts';
import { type RecordKey, type Source, TIMESTAMP_KEY } from '@nodemgr/records';

type Items = ReadonlyMap<RecordKey, FeedItem>;

/** When the authority last vouched: an update that leaves a record as it was renews it all the same. */
function vouchedAt(timestamp: number, source: Source, items: Items): number {
  const at = items.get(TIMESTAMP_KEY);
  const renewed = at?.kind === 'timestamp' ? at.sources[source]?.timestamp : undefined;
  return Math.max(timestamp, renewed ?? 0);
}

/** recordShown returns a record with its source, an account's with the local facts that LocalFacts names. */
export function recordShown(item: AccountItem | BwcapItem | LeasesItem, items: Items) {
  const { record, source } = item;
  const timestamp = vouchedAt(record.timestamp, source, items);
  return { ...record, timestamp, source, ...(item.kind === 'account' ? item.local : {}) };
}

function dumped(key: RecordKey, item: FeedItem, items: Items): object | undefined {
  switch (item.kind) {
    case 'removal':
      return undefined;
    case 'timestamp':
      return { record_key: key, timestamp: item.timestamp, sources: item.sources };
    case 'bwcap':
    case 'leases':
    case 'account':
      return recordShown(item, items);
  }
}

/**
 * dumpDatabase returns a JSON object with every record by its record_key, in the order of the keys.
 * Account records come with their local facts (LocalFacts of @nodemgr/records).
 */
export function dumpDatabase(items: Items): string {
  const keys = [...items.keys()].sort();
  const entries = keys.flatMap((key) => {
    const item = items.get(key);
    const record = item === undefined ? undefined : dumped(key, item, items);
    return record === undefined ? [] : [[key, record] as const];
  });
  return JSON.stringify(Object.fromEntries(entries));
}
