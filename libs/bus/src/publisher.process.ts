/**
 * A publisher in a process of its own, for feed.test.ts to kill. It keeps its state in a file, as
 * db-service does, and commits one change every few milliseconds: key `n` holds the revision.
 */
import { randomUUID } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { FeedEntry } from '@nodemgr/contracts';
import { epochSeconds, recordKeySchema, revision } from '@nodemgr/records';
import { pino } from 'pino';
import { publishFeed } from './feed-publisher.ts';

const [changes = '', snapshot = '', stateFile = ''] = process.argv.slice(2);
const epoch = randomUUID();
let committed = existsSync(stateFile) ? Number(readFileSync(stateFile, 'utf8')) : 0;
const position = () => ({ epoch, revision: revision(committed) });
const entries = (): FeedEntry[] => [
  {
    key: recordKeySchema.parse('n'),
    item: { kind: 'removal', reason: 'expired', removed_at: epochSeconds(committed) },
  },
];

void publishFeed({
  changes,
  snapshot,
  log: pino({ level: 'silent' }),
  current: () => ({ ...position(), entries: entries() }),
  position,
}).then((feed) => {
  setInterval(() => {
    committed += 1;
    writeFileSync(`${stateFile}.new`, String(committed));
    renameSync(`${stateFile}.new`, stateFile);
    feed.publish({ ...position(), entries: entries() });
  }, 2);
});
