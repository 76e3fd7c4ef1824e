/** The reasons for which a sliver's leaves are changed, carried from the plan to what operators are told. Pure. */
import type { EventAuthor } from '@nodemgr/contracts';

export interface Reason {
  readonly why: string;
  readonly by: EventAuthor;
}

const ours = (why: string): Reason => ({ why, by: { kind: 'bwcap-agent' } });

export const KERNEL_DIFFERED = ours('the kernel had something else');
export const NODE_CHANGED = ours('the uplink or its cap is another one');
export const CUT_CHANGED = ours('the min rates of all slivers are cut anew');
export const NOT_HERE = ours('the sliver is not on the machine');
export const NO_RECORD = ours('no record names the sliver');
