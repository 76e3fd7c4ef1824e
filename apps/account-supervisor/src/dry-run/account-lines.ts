/** The lines that an account has in passwd(5) and subuid(5), and the ids that the lines of others use. Pure. */
import type { AccountName } from '@nodemgr/records';
import {
  type IdPolicy,
  idsOf,
  RANGE_SIZE,
  type Slot,
  slotOfUid,
  slotsOfRange,
} from '../account-ids.ts';
import type { MachineLayout } from '../layout.ts';
import type { ObservedAccount } from '../observed-account.ts';

/** What an account has in the two files; undefined: no line. */
export interface AccountLines {
  readonly passwd: string | undefined;
  readonly subuid: string | undefined;
}

/** linesOf returns the lines of an account in its present state. */
export function linesOf(
  name: AccountName,
  account: ObservedAccount,
  policy: IdPolicy,
  layout: Pick<MachineLayout, 'sliverShell' | 'delegateShell'>,
): AccountLines {
  if (account.state === 'absent' || account.state === 'foreign' || account.state === 'kept') {
    return { passwd: undefined, subuid: undefined };
  }
  const { uid, base } = idsOf(account.slot, policy);
  const delegate = account.state === 'delegate';
  const shell = delegate ? layout.delegateShell : layout.sliverShell;
  return {
    passwd: `${name}:x:${uid}:${uid}::/:${shell}`,
    subuid: !delegate && account.range ? `${name}:${base}:${RANGE_SIZE}` : undefined,
  };
}

/** foreignSlotsIn returns the slots whose ids the lines of others use: users, and ranges of ids. */
export function foreignSlotsIn(
  passwd: readonly (readonly string[])[],
  subuid: readonly (readonly string[])[],
  policy: IdPolicy,
): ReadonlySet<Slot> {
  const taken = new Set<Slot>();
  for (const [, , uid = ''] of passwd) {
    const place = slotOfUid(Number.parseInt(uid, 10), policy);
    if (place !== undefined) taken.add(place);
  }
  for (const [, first = '', count = ''] of subuid) {
    const range = [Number.parseInt(first, 10), Number.parseInt(count, 10)] as const;
    for (const place of slotsOfRange(...range, policy)) taken.add(place);
  }
  return taken;
}
