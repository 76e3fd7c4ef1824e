/** Decides whether a ticket that a trusted key has signed counts on this node and now. Pure. */
import {
  checkRecord,
  type EpochSeconds,
  hasExpired,
  isSliver,
  recordKeyOf,
  type SliverRecord,
  seconds,
} from '@nodemgr/records';
import type { TicketContent } from '@nodemgr/slices-xml';
import { refuseTicket } from './refuse-ticket.ts';

/** How far an authority's clock may be ahead of this node's. */
export const ISSUED_TOLERANCE = seconds(300);

export interface Circumstances {
  readonly nodeId: number;
  readonly now: EpochSeconds;
  /** A clock that is not trusted expires nothing, and puts nothing in the future (DESIGN.md, section 3). */
  readonly clockTrusted?: boolean;
}

function checkTimes({ expiry, issued }: TicketContent, now: EpochSeconds): void {
  if (hasExpired({ expiry }, now)) refuseTicket(`it expired at ${expiry}; now it is ${now}`);
  if (issued > now + ISSUED_TOLERANCE) {
    refuseTicket(`it was issued at ${issued}, which is in the future; now it is ${now}`);
  }
}

/** judgeTicket throws a Fault unless the ticket names this node and its time is now. */
export function judgeTicket(
  content: TicketContent,
  { nodeId, now, clockTrusted = true }: Circumstances,
): void {
  if (!content.nodes.some(({ id }) => id === nodeId)) {
    refuseTicket(`it does not name this node (${nodeId})`);
  }
  if (clockTrusted) checkTimes(content, now);
}

/** recordFromTicket returns the record that a ticket stands for; throws a Fault when it fits no record. */
export function recordFromTicket(content: TicketContent): SliverRecord {
  const { issued, nodes: _, ...slice } = content;
  const checked = checkRecord({
    ...slice,
    record_key: recordKeyOf('sliver', slice.name),
    account_type: 'sliver',
    timestamp: issued,
    plc_instantiated: false,
    delegations: slice.delegations.map(([caller, method]) => [caller, method]),
  });
  if ('why' in checked) refuseTicket(checked.why);
  return isSliver(checked.record) ? checked.record : refuseTicket('it describes no sliver');
}
