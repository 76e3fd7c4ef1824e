/** The reasons for which a sliver's leaves are changed, carried from the plan to what operators are told. Pure. */
import { type EventAuthor, eventText } from '@nodemgr/contracts';

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
export const NOT_CUT = ours('what it has sent today cuts its rate no longer');

/** cutBy makes the reason of rates that are cut for the rest of the day; `texts` has one for each. */
export const cutBy = (texts: readonly string[]): Reason =>
  texts.length === 0 ? NOT_CUT : ours(eventText(texts.join('; ')));
