/** The history of what slivers use: by minute for a day, by hour for 90 days, in a file of its own. */
export * from './usage-history.ts';
export type { SliverLook } from './use-added.ts';
