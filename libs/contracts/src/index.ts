/** The messages between the processes: endpoints, calls, the feed. Schemas only, no sockets. */
export * from './call.ts';
export * from './deliver.ts';
export * from './endpoints.ts';
export * from './events.ts';
export * from './failure.ts';
export * from './feed.ts';
export * from './operator.ts';
export * from './readings.ts';
export * from './remark.ts';
export * from './retry.ts';
export * from './traffic.ts';
export * from './usage.ts';
export * from './write.ts';
