/** States and demands for tests: each says only what the test is about. */
import {
  type AccountName,
  accountName,
  bitsPerSecond,
  DEFAULT_RSPEC,
  hostUid,
  type Rspec,
} from '@nodemgr/records';
import type { NodeDemand } from '../desired/node-demand.ts';
import type { SliverDemand } from '../desired/sliver-demand.ts';
import { bytes } from '../limits/htb-class.ts';
import type { BandwidthState } from '../observed/bandwidth-state.ts';
import { BandwidthPlanner } from '../plan/bandwidth-planner.ts';

export const SIRIUS = accountName('princeton_sirius');
export const EISENTEST = accountName('princeton_eisentest');

/** aNode makes what is asked of the node: a link of 1 Gbit/s, no cap. */
export function aNode(changes: Partial<NodeDemand> = {}): NodeDemand {
  return {
    interface: 'eth0',
    link: bitsPerSecond(1_000_000_000),
    mtu: bytes(1500),
    cap: undefined,
    exemptIps: [],
    defaults: DEFAULT_RSPEC,
    ...changes,
  };
}

/** aDemand makes a sliver with the `place`-th id range. */
export function aDemand(place = 0, rspec: Rspec = {}): SliverDemand {
  const first = 1_879_048_192 + place * 65_536;
  return {
    rspec: { ...DEFAULT_RSPEC, ...rspec },
    reason: { why: 'record of plc', by: { kind: 'plc' } },
    first: hostUid(first),
    last: hostUid(first + 65_535),
  };
}

/** demandsOf makes `count` slivers. */
export function demandsOf(count: number): Map<AccountName, SliverDemand> {
  return new Map(Array.from({ length: count }, (_, i) => [accountName(`site_s${i}`), aDemand(i)]));
}

/** plannerOf makes a planner as an agent has it that has just been started: all is planned at once. */
export function plannerOf(
  node: NodeDemand,
  demands: ReadonlyMap<AccountName, SliverDemand>,
  observed: BandwidthState,
): BandwidthPlanner {
  const planner = new BandwidthPlanner(node);
  planner.nodeAsked(node);
  planner.sliversAsked(demands);
  planner.found(observed);
  return planner;
}
