/** The bus: calls (ROUTER/DEALER) and the feed (Clone pattern) over ipc:// sockets. No third pattern. */
export { type CallClient, connectCalls } from './call-client.ts';
export { type CallServer, type Handlers, LONGEST_DEADLINE_MS, serveCalls } from './call-server.ts';
export { type FeedPublisher, HEARTBEAT_MS, publishFeed } from './feed-publisher.ts';
export { FeedReplica, type Touched } from './feed-replica.ts';
export {
  type FeedState,
  type FeedSubscription,
  type SubscribeOptions,
  subscribeFeed,
} from './feed-subscriber.ts';
export { NoAnswer } from './no-answer.ts';
