/**
 * Publishes every commit of the database (PUB) and answers snapshots (ROUTER). It keeps no state:
 * the snapshot is asked of whoever owns the data.
 */
import { type FeedChange, type FeedHeartbeat, feedContract } from '@nodemgr/contracts';
import type { Logger } from 'pino';
import { Publisher } from 'zeromq';
import { serveCalls } from './call-server.ts';
import { SendQueue } from './send-queue.ts';
import { addressOf, openToFolder, prepareFolder } from './socket-file.ts';
import { encodeBody } from './wire.ts';

/** How often a publisher says that it lives (milliseconds). */
export const HEARTBEAT_MS = 500;
/** Messages a slow subscriber may fall behind before it loses some and takes a snapshot. */
const HIGH_WATER = 1000;

export const CHANGE_TOPIC = 'change';
export const HEARTBEAT_TOPIC = 'beat';

export interface FeedPublisher {
  publish(change: FeedChange): void;
  close(): Promise<void>;
}

/** publishFeed binds both sockets of the feed. `snapshot` returns the whole state as it is now. */
export async function publishFeed(options: {
  readonly changes: string;
  readonly snapshot: string;
  readonly log: Logger;
  readonly current: () => FeedChange;
  readonly position: () => FeedHeartbeat;
}): Promise<FeedPublisher> {
  const { changes, log } = options;
  await prepareFolder(changes);
  const socket = new Publisher({ linger: 0, sendHighWaterMark: HIGH_WATER });
  await socket.bind(addressOf(changes));
  await openToFolder(changes);
  const outgoing = new SendQueue(socket, HIGH_WATER);
  const send = (topic: string, body: unknown) => {
    const lost = (error: unknown) =>
      log.warn({ err: error, topic }, 'not published; subscribers will see the gap');
    try {
      outgoing.push([topic, encodeBody(body, topic)], performance.now() + HEARTBEAT_MS, lost);
    } catch (error) {
      lost(error);
    }
  };
  const snapshots = await serveCalls({
    path: options.snapshot,
    contract: feedContract,
    handlers: { snapshot: () => options.current() },
    log,
  });
  const beat = setInterval(() => send(HEARTBEAT_TOPIC, options.position()), HEARTBEAT_MS);

  return {
    publish: (change) => send(CHANGE_TOPIC, change),
    async close() {
      clearInterval(beat);
      outgoing.close();
      socket.close();
      await snapshots.close();
    },
  };
}
