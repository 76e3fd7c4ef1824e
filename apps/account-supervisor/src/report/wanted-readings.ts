/**
 * Derives the limits that the kernel ought to hold a sliver to, in the form of its readings, and how each
 * follows from the effective RSpec: for operators who compare the two. Pure.
 */
import type { Wanted } from '@nodemgr/contracts';
import { type AccountName, type Rspec, recordKeyOf } from '@nodemgr/records';
import { AMOUNTS, type Limits, readingOf, unitless } from '../limits/table.ts';
import type { ObservedAccount } from '../observed/observed-account.ts';
import { type Grounds, judge } from '../plan/decide-account.ts';

/** limitsWanted returns what `limits` ask for; those that all share say how themselves. */
export function limitsWanted(
  name: AccountName,
  limits: Limits,
  effective: Rspec,
  shared: Grounds['shared'],
): readonly Wanted[] {
  return AMOUNTS.flatMap(([limit, of]) => {
    const amount = limits[limit];
    if (amount === undefined) return [];
    const how = 'wanted' in of ? of.how(effective, amount) : shared.howOf(limit, name);
    return [{ ...readingOf(limit, amount), ...(how === undefined ? {} : { how }) }];
  });
}

/** wantedReadings returns what ought to be in force for `name`; nothing for what should not exist. */
export function wantedReadings(
  name: AccountName,
  observed: ObservedAccount,
  grounds: Grounds,
): readonly Wanted[] {
  const verdict = judge(name, observed, grounds);
  if (verdict.verdict !== 'exists' || verdict.desired.type !== 'sliver') return [];
  const { limits, run } = verdict.desired;
  const item = grounds.feed.items.get(recordKeyOf('sliver', name));
  const effective = item?.kind === 'account' ? item.effective : {};
  const all = { ...limits, ...grounds.shared.amountsOf(name) };
  // A control group is there only while the sliver runs.
  return limitsWanted(name, run ? all : unitless(limits), effective, grounds.shared);
}
