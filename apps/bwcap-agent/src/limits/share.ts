/** `nm_net_share`: how much a sliver's leaves send in each turn when spare bandwidth is shared. Pure. */
import { amountOf } from '@nodemgr/records';
import { type Bytes, bytes } from './htb-class.ts';
import type { Branch } from './htb-tree.ts';
import type { LeafLimit, Scale } from './limit.ts';

/** Longer turns would make the others wait; shares over a hundred count as a hundred. */
export const MAX_SHARE = 100;

/** quantumOf returns what `share` may send in each turn. */
export function quantumOf(share: number, branch: Branch, { turn, frame }: Scale): Bytes {
  return bytes(Math.max(frame, Math.min(share, MAX_SHARE) * turn[branch]));
}

/** share makes the limit of one branch; both enforce the same resource. */
export function share(branch: Branch): LeafLimit<'nm_net_share', Bytes> {
  return {
    resource: 'nm_net_share',
    wanted: (rspec, { scale }) => quantumOf(amountOf(rspec, 'nm_net_share'), branch, scale),
  };
}
