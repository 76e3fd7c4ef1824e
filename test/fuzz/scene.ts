/** The circumstances of one call: who makes it, and in what state the node is. Data only. */
import { hostUid } from '@nodemgr/records';
import type { Caller } from '../../apps/api-gateway/src/caller/caller.ts';
import { EISENTEST, SIRIUS, SNOOP } from '../../apps/api-gateway/src/test-kit/pretended-node.ts';
import type { Random } from './random.ts';

export interface Scene {
  readonly caller: Caller;
  readonly feed: 'live' | 'stale' | 'waiting';
  /** What becomes of writes: made; refused by a worded fault; broken off by an error nobody worded. */
  readonly writes: 'made' | 'refused' | 'broken';
  /** Milliseconds that pass between two looks at the clock. */
  readonly stepMs: number;
}

const CALLERS: readonly [Caller, ...Caller[]] = [
  { kind: 'root', uid: hostUid(0) },
  { kind: 'sliver', uid: hostUid(30_000), name: SIRIUS },
  { kind: 'sliver', uid: hostUid(30_001), name: EISENTEST },
  { kind: 'delegate', uid: hostUid(30_002), name: SNOOP },
  { kind: 'nobody', uid: hostUid(1000), why: 'it is no account of ours' },
];
const FEEDS = ['live', 'stale', 'waiting'] as const;
const WRITES = ['made', 'refused', 'broken'] as const;
/** With the longer one a multicall runs out of time on its way. */
const STEPS_MS = [0, 400] as const;

/** sceneFrom picks a scene; most have everything in order. */
export function sceneFrom(random: Random): Scene {
  return {
    caller: random.pick(CALLERS),
    feed: random.oneIn(10) ? random.pick(FEEDS) : 'live',
    writes: random.oneIn(10) ? random.pick(WRITES) : 'made',
    stepMs: random.oneIn(10) ? random.pick(STEPS_MS) : 0,
  };
}

/** everyScene returns all of them, for an input whose own is not known. */
export function everyScene(): readonly Scene[] {
  return CALLERS.flatMap((caller) =>
    FEEDS.flatMap((feed) =>
      WRITES.flatMap((writes) => STEPS_MS.map((stepMs) => ({ caller, feed, writes, stepMs }))),
    ),
  );
}
