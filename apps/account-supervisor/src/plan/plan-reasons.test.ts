/** Each step carries why it is taken, from what the feed says and from what is there. */
import type { AccountItem } from '@nodemgr/contracts';
import { epochSeconds, NO_LOCAL_FACTS } from '@nodemgr/records';
import { expect, test } from 'vitest';
import { contentOf, type DesiredDelegate, judgeAccount } from '../desired/desired-account.ts';
import { ABSENT, newSliver, type ObservedAccount } from '../observed/observed-account.ts';
import { idsOf, slot } from '../slots/account-ids.ts';
import {
  aRunningSliver,
  aSliver,
  BOOT,
  circumstances,
  IMAGE,
  itemsOf,
  keyed,
  OF_PLC,
  POLICY,
  SIRIUS,
  STOPPED,
  wantedSliver,
} from '../test-support/builders.test-support.ts';
import type { Target } from './account-plan.ts';
import { planAccount } from './plan-account.ts';

const ids = idsOf(slot(0), POLICY);
const toExist = (wanted = wantedSliver()): Target => ({ wanted, ids, shared: undefined });
const BY_US = { kind: 'supervisor' } as const;

/** The reasons of a plan, by the names of its steps. */
function reasonsOf(target: Target, observed: ObservedAccount) {
  const { steps } = planAccount(target, observed, circumstances());
  return Object.fromEntries(steps.map(({ step, reason }) => [step.step, reason]));
}

test('all that makes an account is done for its record', () => {
  const reasons = Object.values(reasonsOf(toExist(), ABSENT));
  expect(new Set(reasons)).toEqual(new Set([OF_PLC]));
});

test('what has gone of an account that was made is mended of our own accord', () => {
  const bare = aRunningSliver({
    user: 'half-removed',
    range: false,
    files: { where: 'none' },
    state: 'stopped',
  });
  expect(reasonsOf(toExist(), bare)).toMatchObject({
    'create-user': { why: 'its user had gone', by: BY_US },
    'set-id-range': { why: 'its id range had gone', by: BY_US },
    'create-filesystem': { why: 'its files had gone', by: BY_US },
    'start-unit': { why: 'it should run and did not', by: BY_US },
  });
});

test('what an expiry has taken from a sliver it gets back for its record', () => {
  const expired = {
    ...aRunningSliver({ state: 'stopped', range: false, unit: false, limits: {}, login: false }),
    files: { where: 'kept', since: epochSeconds(9_990), image: IMAGE },
    loginNote: { cause: 'expired', since: epochSeconds(9_990), line: 'had expired' },
  } as const;
  expect(reasonsOf(toExist(), expired)).toMatchObject({
    'set-id-range': OF_PLC,
    'restore-files': OF_PLC,
    'start-unit': OF_PLC,
  });
});

test('a unit stops for what the record or a caller asks, or because its files are not there', () => {
  const verdictOn = (item: AccountItem) =>
    judgeAccount(SIRIUS, ABSENT, itemsOf([keyed(item)]), BOOT);
  const stopped = aSliver(SIRIUS, { local: { ...NO_LOCAL_FACTS, stopped: true } });
  expect(verdictOn(stopped)).toMatchObject({ desired: { stopReason: STOPPED } });
  expect(verdictOn(aSliver())).toMatchObject({
    desired: { stopReason: { why: 'its files are not where they should be', by: BY_US } },
  });
  const target = toExist(wantedSliver({ run: false }));
  expect(reasonsOf(target, aRunningSliver())).toEqual({ 'stop-unit': STOPPED });
});

test('an account that is wanted goes for another of its name, or because its user id is taken', () => {
  const delegate: DesiredDelegate = {
    type: 'delegate',
    reason: { why: 'record of config', by: { kind: 'config' } },
    keys: contentOf('key\n'),
  };
  expect(reasonsOf({ wanted: delegate, ids }, aRunningSliver())['remove-user']).toEqual({
    why: 'an account of the other type takes its name',
    by: { kind: 'config' },
  });
  const taken = { user: 'none', login: false, idTakenBy: 'bob' } as const;
  const bare = { ...newSliver(slot(0), { where: 'none' }), ...taken };
  expect(reasonsOf(toExist(), bare)['remove-user']).toEqual({
    why: 'its user id is somebody else’s by now',
    by: BY_US,
  });
});

test('one that is not wanted goes for what its record says, whoever has its user id', () => {
  const taken = aRunningSliver({ user: 'none', login: false, idTakenBy: 'bob' });
  const verdict = judgeAccount(SIRIUS, taken, itemsOf([]), BOOT);
  const reason = { why: 'it has no record', by: { kind: 'plc' } } as const;
  expect(verdict).toEqual({ verdict: 'goes', reason });
  const reasons = Object.values(reasonsOf({ wanted: 'nothing', reason }, taken));
  expect(new Set(reasons)).toEqual(new Set([reason]));
});
