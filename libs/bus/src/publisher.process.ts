/**
 * A publisher in a process of its own, for feed.test.ts to kill. It keeps its state in a file, as
 * db-service does, and commits one change every few milliseconds: key `n` holds the revision.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { FeedEntry } from '@nodemgr/contracts';
import { epochSeconds, type RecordKey } from '@nodemgr/records';
import { pino } from 'pino';
import { publishFeed } from './feed-publisher.ts';

const [changes = '', snapshot = '', stateFile = ''] = process.argv.slice(2);
const epoch = randomUUID();
let revision = existsSync(stateFile) ? Number(readFileSync(stateFile, 'utf8')) : 0;
const entries = (): FeedEntry[] => [
  {
    key: 'n' as RecordKey,
    item: { kind: 'removal', reason: 'expired', removed_at: epochSeconds(revision) },
  },
];

void publishFeed({
  changes,
  snapshot,
  log: pino({ level: 'silent' }),
  current: () => ({ epoch, revision, entries: entries() }),
  position: () => ({ epoch, revision }),
}).then((feed) => {
  setInterval(() => {
    revision += 1;
    writeFileSync(`${stateFile}.new`, String(revision));
    renameSync(`${stateFile}.new`, stateFile);
    feed.publish({ epoch, revision, entries: entries() });
  }, 2);
});
