/** The call, and PLC's faults in words. Pure. */
import { MAX_REMARK_LENGTH } from '@nodemgr/records';

export const CALL = 'GetSlivers';

/** Why PLC has no answer for this node. */
export interface Complaint {
  readonly reason: string;
  /** It does not take the node for who it says that it is: each further call mails people there. */
  readonly isOfKey: boolean;
}

const MEANINGS: ReadonlyMap<number, Complaint> = new Map([
  [103, { isOfKey: true, reason: 'PLC does not accept this node’s key' }],
  [108, { isOfKey: true, reason: 'PLC does not allow this node to ask' }],
  [106, { isOfKey: false, reason: 'PLC cannot reach its own database' }],
  [111, { isOfKey: false, reason: 'PLC has an internal error' }],
]);

/** complaintOf returns what a fault of PLC's means; its text is somebody else's, and cut. */
export function complaintOf(code: number, text: string): Complaint {
  const { reason, isOfKey } = MEANINGS.get(code) ?? {
    reason: `PLC refuses ${CALL}`,
    isOfKey: false,
  };
  const words = text.replace(/[\p{Cc}\u2028\u2029\s]+/gu, ' ').trim();
  return { isOfKey, reason: `${reason}: fault ${code}: ${words.slice(0, MAX_REMARK_LENGTH / 4)}` };
}
