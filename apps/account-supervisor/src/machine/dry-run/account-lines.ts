/** The lines that an account has in passwd(5) and subuid(5). Pure. */
import type { AccountName } from '@nodemgr/records';
import type { MachineLayout } from '../../execute/layout.ts';
import type { ObservedAccount } from '../../observed/observed-account.ts';
import { type IdPolicy, idsOf, RANGE_SIZE } from '../../slots/account-ids.ts';

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
