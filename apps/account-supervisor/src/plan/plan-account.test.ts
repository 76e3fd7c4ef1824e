import { epochSeconds, imageName } from '@nodemgr/records';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contentOf, type DesiredDelegate, type DesiredSliver } from '../desired/desired-account.ts';
import { RECORD_EXPIRED, type Rest } from '../desired/reasons.ts';
import { cpuWeight } from '../limits/plan-cpu-weights.ts';
import type { LoginNote } from '../observed/login-note.ts';
import {
  ABSENT,
  isExpired,
  isObservedSliver,
  type KeptSliver,
  newSliver,
  type ObservedAccount,
  UNDATED,
  type UserState,
} from '../observed/observed-account.ts';
import { idsOf, slot } from '../slots/account-ids.ts';
import {
  aRunningSliver,
  circumstances,
  IMAGE,
  LEFT_OUT,
  POLICY,
  WEIGHT,
  wantedSliver,
} from '../test-support/builders.test-support.ts';
import { cutStates } from '../test-support/cut-step.test-support.ts';
import type { Target } from './account-plan.ts';
import type { AccountStep } from './account-steps.ts';
import { applyStep } from './apply-step.ts';
import { planAccount } from './plan-account.ts';

const ids = idsOf(slot(0), POLICY);
const toExist = (wanted: DesiredSliver | DesiredDelegate, weight = WEIGHT): Target => ({
  wanted,
  ids,
  shared: { cpuWeight: weight },
});
const NOTHING: Target = { wanted: 'nothing', reason: LEFT_OUT };
const EXPIRED: Target = {
  wanted: 'nothing',
  reason: RECORD_EXPIRED,
  expirySeenAt: epochSeconds(9_990),
};
const delegate: DesiredDelegate = {
  type: 'delegate',
  reason: { why: 'record of config', by: { kind: 'config' } },
  keys: contentOf('key\n'),
};
const stepsOf = (target: Target, observed: ObservedAccount, now?: number) =>
  planAccount(target, observed, circumstances(now)).steps.map(({ step }) => step);
const namesOf = (target: Target, observed: ObservedAccount, now?: number) =>
  stepsOf(target, observed, now).map(({ step }) => step);

test('a new sliver is made from the ground up, and its start comes last', () => {
  expect(namesOf(toExist(wantedSliver()), ABSENT)).toEqual([
    'create-user',
    'create-filesystem',
    'set-disk-quota',
    'install-initscript',
    'install-keys',
    'write-unit',
    'start-unit',
  ]);
});

test('a new user brings the id range along, and lets in or refuses logins, in one step', () => {
  const [made] = stepsOf(toExist(wantedSliver()), ABSENT);
  expect(made).toEqual({ step: 'create-user', type: 'sliver', ids, range: true, login: true });
  const [disabled] = stepsOf(toExist(wantedSliver({ run: false, login: false })), ABSENT);
  expect(disabled).toMatchObject({ step: 'create-user', login: false });
  const have = aRunningSliver({ user: 'none', range: false, login: false });
  const [again] = stepsOf(toExist(wantedSliver()), have);
  expect(again).toMatchObject({ step: 'create-user', range: true, login: true });
});

test('a sliver that is as it should be needs nothing', () => {
  expect(stepsOf(toExist(wantedSliver()), aRunningSliver())).toEqual([]);
});

test('a limit, a key, a quota or a share changes while the sliver runs on', () => {
  const running = aRunningSliver();
  expect(namesOf(toExist(wantedSliver({ limits: { memoryMax: 5 } })), running)).toEqual([
    'set-limits',
  ]);
  expect(namesOf(toExist(wantedSliver({ limits: { diskQuota: 5 } })), running)).toEqual([
    'set-disk-quota',
  ]);
  expect(namesOf(toExist(wantedSliver({ keys: contentOf('two\n') })), running)).toEqual([
    'install-keys',
  ]);
  expect(namesOf(toExist(wantedSliver(), cpuWeight(512)), running)).toEqual(['set-limits']);
});

test('all limits of the unit are set with its start, and none while the sliver is stopped', () => {
  const stopped = aRunningSliver({ state: 'stopped', limits: { diskQuota: 5_000_000 } });
  expect(stepsOf(toExist(wantedSliver({ starts: 1 })), stopped)).toEqual([
    { step: 'start-unit', starts: 1, limits: { cpuWeight: WEIGHT, memoryMax: 0, tasksMax: 4096 } },
  ]);
  expect(stepsOf(toExist(wantedSliver({ run: false })), stopped)).toEqual([]);
});

test('of a sliver whose limits cannot be read nothing is set anew', () => {
  const unread = aRunningSliver({ limits: { diskQuota: 5_000_000 }, ailing: 'not readable yet' });
  const { steps, unmet } = planAccount(toExist(wantedSliver()), unread, circumstances());
  expect([steps, unmet?.reason]).toEqual([[], 'not readable yet']);
});

test('a quota whose limit of inodes is another than its own is set again, while the sliver runs on', () => {
  const amiss = aRunningSliver({ inodesDiffer: true });
  expect(namesOf(toExist(wantedSliver()), amiss)).toEqual(['set-disk-quota']);
});

test('Start on a running sliver runs its start scripts again', () => {
  expect(stepsOf(toExist(wantedSliver({ starts: 2 })), aRunningSliver({ starts: 1 }))).toEqual([
    { step: 'run-start-scripts', starts: 2 },
  ]);
});

test('ReCreate stops a running sliver once and starts it anew; a sliver that was started since is left alone', () => {
  const wanted = wantedSliver({ starts: 3, recreated: 2 });
  expect(namesOf(toExist(wanted), aRunningSliver({ starts: 1 }))).toEqual([
    'stop-unit',
    'start-unit',
  ]);
  expect(namesOf(toExist(wanted), aRunningSliver({ starts: 2 }))).toEqual(['run-start-scripts']);
  expect(namesOf(toExist(wanted), aRunningSliver({ starts: 1, keys: undefined }))).toEqual([
    'stop-unit',
    'install-keys',
    'start-unit',
  ]);
});

test('tenants are told once of each stop ahead, and of none that is no more ahead; nobody who does not run is', () => {
  const stopAhead = { at: epochSeconds(500), left: 60 };
  const wanted = toExist(wantedSliver({ stopAhead }));
  const { base } = ids;
  expect(stepsOf(wanted, aRunningSliver())).toEqual([
    { step: 'tell-stop', ...stopAhead, base, by: ['file'] },
  ]);
  expect(stepsOf(wanted, aRunningSliver({ toldOf: epochSeconds(500) }))).toEqual([]);
  expect(namesOf(wanted, aRunningSliver({ toldOf: epochSeconds(400) }))).toEqual(['tell-stop']);
  expect(namesOf(wanted, aRunningSliver({ state: 'stopped' }))).not.toContain('tell-stop');
  const told = aRunningSliver({ toldOf: epochSeconds(500) });
  expect(namesOf(toExist(wantedSliver()), told)).toEqual(['untell-stop']);
  expect(stepsOf(toExist(wantedSliver({ stopAhead: 'unknown' })), told)).toEqual([]);
});

test('a disabled sliver is refused logins before it is stopped', () => {
  const disabled = wantedSliver({ run: false, login: false });
  expect(namesOf(toExist(disabled), aRunningSliver())).toEqual(['deny-login', 'stop-unit']);
});

test('a stopped sliver keeps its logins and its account', () => {
  expect(namesOf(toExist(wantedSliver({ run: false })), aRunningSliver())).toEqual(['stop-unit']);
});

test("a removal keeps the sliver's files, under the time of removal", () => {
  const steps = stepsOf(NOTHING, aRunningSliver(), 10_000);
  expect(steps.map(({ step }) => step)).toEqual([
    'tell-logins',
    'remove-keys',
    'stop-unit',
    'keep-files',
    'reset-disk-quota',
    'remove-user',
  ]);
  expect(steps[3]).toEqual({ step: 'keep-files', since: 10_000 });
});

test('an expired sliver’s account stays to say so for as long as its files are kept, without ids and with no way in', () => {
  const steps = stepsOf(EXPIRED, aRunningSliver(), 10_000);
  expect(steps.map(({ step }) => step)).toEqual([
    'tell-logins',
    'deny-login',
    'stop-unit',
    'keep-files',
    'reset-disk-quota',
    'free-id-range',
  ]);
  const expired = carryOut(steps, aRunningSliver());
  expect(isExpired(expired)).toBe(true);
  expect(expired).toMatchObject({ user: 'whole', login: false, range: false, limits: {} });
  expect(planAccount(EXPIRED, expired, circumstances(10_099))).toEqual({
    steps: [],
    purgeAt: 10_100,
  });
  expect(namesOf(EXPIRED, expired, 10_100)).toEqual(['remove-keys', 'remove-user']);
  expect(planAccount(EXPIRED, expired, circumstances(99_999, false)).steps).toEqual([]);
  expect(namesOf(NOTHING, expired, 10_001)).toEqual(['remove-keys', 'remove-user']);
  expect(namesOf(toExist(delegate), expired, 10_001)).toEqual(['remove-keys', 'remove-user']);
});

test('an expired sliver whose slice is renewed is as it was', () => {
  const expired = converge(EXPIRED, aRunningSliver(), 10_000);
  expect(namesOf(toExist(wantedSliver()), expired)).toEqual([
    'untell-logins',
    'set-id-range',
    'restore-files',
    'set-disk-quota',
    'install-initscript',
    'write-unit',
    'start-unit',
    'allow-login',
  ]);
  expect(converge(toExist(wantedSliver()), expired, 10_000)).toMatchObject({
    ...{ state: 'running', login: true, range: true, loginNote: undefined },
    files: { where: 'in-place', image: IMAGE },
  });
});

test('an expired sliver whose id range was registered for somebody else waits for it, with the keys of now', () => {
  const expired = converge(EXPIRED, aRunningSliver(), 10_000);
  const rangeTakenBy = 'lxd (/etc/subuid line 2)';
  const observed = { ...expired, rangeTakenBy } as ObservedAccount;
  const keys = contentOf('new\n');
  const plan = planAccount(toExist(wantedSliver({ keys })), observed, circumstances());
  expect(plan).toMatchObject({
    steps: [{ step: { step: 'install-keys', keys } }, { step: { step: 'untell-logins' } }],
    unmet: {
      outcome: 'blocked',
      action: 'create',
      reason: expect.stringMatching(/^ids of its range are those of lxd \(\/etc\/subuid line 2\)/),
    },
    waitsFor: 'id-taken',
  });
  const waiting = converge(toExist(wantedSliver({ keys })), observed, 10_000);
  expect(stepsOf(toExist(wantedSliver({ keys })), waiting)).toEqual([]);
  expect(waiting).toMatchObject({ range: false, files: { where: 'kept' }, keys: keys.digest });
});

test('a sliver whose id range is taken gets another, unless its files carry it; it is stopped where it should not run', () => {
  const rangeTakenBy = 'lxd (/etc/subuid line 2)';
  const taken = { range: false, rangeTakenBy } as const;
  const bare = { ...newSliver(slot(0), { where: 'none' }), ...taken };
  expect(namesOf(toExist(wantedSliver()), bare)).toEqual(['remove-user']);
  expect(namesOf(toExist(wantedSliver()), aRunningSliver(taken))).toEqual([]);
  const disabled = toExist(wantedSliver({ run: false, login: false }));
  expect(namesOf(disabled, aRunningSliver(taken))).toEqual(['deny-login', 'stop-unit']);
});

test('keys that are replaced are replaced before anything that may fail, and before an expired sliver says otherwise', () => {
  const keys = contentOf('new\n');
  const wanted = wantedSliver({ keys, limits: { diskQuota: 7 } });
  expect(namesOf(toExist(wanted), aRunningSliver())).toEqual(['install-keys', 'set-disk-quota']);
  const expired = converge(EXPIRED, aRunningSliver(), 10_000);
  expect(namesOf(toExist(wanted), expired).slice(0, 3)).toEqual([
    'install-keys',
    'untell-logins',
    'set-id-range',
  ]);
  const rest = { cause: 'stopped', caller: 'root', at: epochSeconds(9_995) } as const;
  const stopped = wantedSliver({ keys, run: false, rest });
  expect(namesOf(toExist(stopped), expired).slice(0, 3)).toEqual([
    'install-keys',
    'tell-logins',
    'set-id-range',
  ]);
});

test('keys are replaced, and logins refused, also of a sliver for whose files there is no room or no image', () => {
  const bare = aRunningSliver({ state: 'stopped', files: { where: 'none' } });
  const wanted = wantedSliver({ keys: contentOf('new\n'), run: false, login: false });
  for (const lack of [{ noRoom: 'the disk is full' }, { newestImage: () => undefined }]) {
    const plan = planAccount(toExist(wanted), bare, { ...circumstances(), ...lack });
    expect(plan.steps.map(({ step }) => step.step)).toEqual(['deny-login', 'install-keys']);
    expect(plan.unmet).toMatchObject({ outcome: 'blocked' });
  }
});

test('an expired sliver that nobody could log in to, or that has no files to come back to, goes at once', () => {
  const bare = { ...newSliver(slot(0), { where: 'none' }), keys: contentOf('key\n').digest };
  expect(namesOf(EXPIRED, bare)).toEqual(['remove-keys', 'remove-user']);
  for (const changes of [{ keys: undefined }, { user: 'half-made' as const }]) {
    expect(namesOf(EXPIRED, aRunningSliver(changes))).toContain('remove-user');
  }
  const undated = planAccount(EXPIRED, aRunningSliver(), circumstances(7, false));
  expect(undated.steps.map(({ step }) => step.step)).toContain('remove-user');
  const unkept = planAccount(EXPIRED, aRunningSliver(), { ...circumstances(), keepSeconds: 0 });
  expect(unkept.steps.map(({ step }) => step.step)).toContain('remove-user');
});

const kept: KeptSliver = {
  state: 'kept',
  slot: slot(0),
  since: epochSeconds(9_950),
  image: IMAGE,
};

test('kept files are purged when their time is over and not before', () => {
  expect(namesOf(NOTHING, kept, 10_049)).toEqual([]);
  expect(namesOf(NOTHING, kept, 10_050)).toEqual(['purge-files']);
});

test('a removal whose time is not known says so, and the day of its files begins when the clock is trusted', () => {
  const untrusted = planAccount(NOTHING, aRunningSliver(), circumstances(7, false));
  expect(untrusted.steps.map(({ step }) => step)).toContainEqual({
    step: 'keep-files',
    since: UNDATED,
  });
  const undated = { ...kept, since: UNDATED };
  expect(stepsOf(NOTHING, undated, 10_000)).toEqual([
    { step: 'date-files', from: UNDATED, since: 10_000 },
  ]);
  const dated = converge(NOTHING, undated, 10_000);
  expect(namesOf(NOTHING, dated, 10_099)).toEqual([]);
  expect(namesOf(NOTHING, dated, 10_100)).toEqual(['purge-files']);
});

test('files kept since a time that is still to come are dated now', () => {
  const ahead = { ...kept, since: epochSeconds(1_900_000_000) };
  expect(stepsOf(NOTHING, ahead, 10_000)).toEqual([
    { step: 'date-files', from: 1_900_000_000, since: 10_000 },
  ]);
});

test('a clock that is not trusted purges no whole files and dates none, whatever it and they say', () => {
  const time = fc.integer({ min: 0, max: 4_000_000_000 });
  const target = fc.constantFrom<Target>(NOTHING, toExist(delegate));
  fc.assert(
    fc.property(time, time, target, (now, stamp, wanted) => {
      const account = { ...kept, since: epochSeconds(stamp) };
      expect(planAccount(wanted, account, circumstances(now, false)).steps).toEqual([]);
    }),
  );
});

test('files that a purge was cut short of go at once, whoever is to come', () => {
  const remnant = { ...kept, image: undefined };
  for (const target of [NOTHING, toExist(wantedSliver()), toExist(delegate)]) {
    expect(namesOf(target, remnant, 9_951)).toEqual(['purge-files']);
  }
});

test('a slice that comes back gets its files back', () => {
  const names = namesOf(toExist(wantedSliver()), kept);
  expect(names).toContain('restore-files');
  expect(names).not.toContain('create-filesystem');
});

test('what is withheld from removal is left exactly as it is', () => {
  expect(stepsOf({ wanted: 'unchanged' }, aRunningSliver({ keys: undefined }))).toEqual([]);
});

test("somebody else's user is never touched, and the sliver says why it cannot be made", () => {
  const foreign: ObservedAccount = { state: 'foreign', cause: 'name-taken', reason: 'not ours' };
  expect(planAccount(toExist(wantedSliver()), foreign, circumstances())).toEqual({
    steps: [],
    unmet: { outcome: 'blocked', action: 'create', reason: 'not ours' },
    waitsFor: 'name-taken',
  });
  expect(stepsOf(NOTHING, foreign)).toEqual([]);
});

test('an image that is not on this node is named, with what would help', () => {
  const target = toExist(wantedSliver({ image: imageName('other') }));
  expect(planAccount(target, ABSENT, circumstances())).toEqual({
    steps: [],
    unmet: {
      outcome: 'blocked',
      action: 'create',
      reason: 'image other is not on this node: nmctl image import other TARBALL',
    },
    waitsFor: 'image-missing',
  });
});

test('a sliver stays on the image that its files were made on, and says so', () => {
  const target = toExist(wantedSliver({ image: imageName('other') }));
  const { steps, unmet } = planAccount(target, aRunningSliver(), circumstances());
  expect(steps).toEqual([]);
  expect(unmet).toMatchObject({ outcome: 'deferred', action: 'change-image' });
  expect(unmet?.reason).toMatch(/^image other is asked for, and its files stand on default@1/);
});

test('a sliver whose unit keeps ending by itself is reported, and stopped only when it should not run', () => {
  const ailing = aRunningSliver({ ailing: 'it ends again and again' });
  expect(planAccount(toExist(wantedSliver()), ailing, circumstances())).toEqual({
    steps: [],
    unmet: { outcome: 'failing', action: 'run', reason: 'it ends again and again' },
    waitsFor: 'unit-ends',
  });
  expect(namesOf(toExist(wantedSliver({ run: false })), ailing)).toEqual(['stop-unit']);
});

test('a half-made user is deleted and made again, and its sliver runs on', () => {
  const half = aRunningSliver({ user: 'half-made', login: false });
  expect(namesOf(toExist(wantedSliver()), half)).toEqual(['discard-user', 'create-user']);
});

test('what is left of a deleted user goes with a user that is made for it', () => {
  const left = newSliver(slot(0), { where: 'none' });
  const steps = stepsOf(NOTHING, { ...left, user: 'half-removed' });
  expect(steps).toEqual([
    { step: 'create-user', type: 'sliver', ids, range: false, login: false },
    { step: 'remove-user', type: 'sliver', ids },
  ]);
});

test('a sliver whose user id is taken gets another, unless its files carry it', () => {
  const taken = { user: 'none', login: false, idTakenBy: 'bob' } as const;
  const nothingYet = { ...newSliver(slot(0), { where: 'none' }), ...taken };
  expect(stepsOf(toExist(wantedSliver()), nothingYet)).toEqual([
    { step: 'remove-user', type: 'sliver', ids: undefined },
  ]);
  const reason = expect.stringMatching(/^its user id is that of bob by now/);
  const withFiles = [aRunningSliver(taken), { ...kept, idTakenBy: 'bob' }];
  for (const observed of withFiles) {
    const plan = planAccount(toExist(wantedSliver()), observed, circumstances());
    const unmet = { outcome: 'blocked', action: 'create', reason };
    expect(plan).toEqual({ steps: [], unmet, waitsFor: 'id-taken' });
  }
  const disabled = toExist(wantedSliver({ run: false, login: false }));
  expect(namesOf(disabled, aRunningSliver(taken))).toEqual(['stop-unit']);
});

test('half-made files are deleted before the account goes, and before whole ones come back', () => {
  const half = { ...newSliver(slot(0), { where: 'none' }), halfMade: true };
  expect(namesOf(NOTHING, half)).toEqual(['discard-files', 'remove-user']);
  const files = { where: 'kept', since: epochSeconds(9_950), image: IMAGE } as const;
  const names = namesOf(toExist(wantedSliver()), { ...half, files });
  expect(names.indexOf('restore-files')).toBe(names.indexOf('discard-files') + 1);
});

test('a delegate that goes is refused logins first', () => {
  const { digest: keys } = delegate.keys;
  const have = { state: 'delegate', slot: slot(0), user: 'whole', login: true, keys } as const;
  expect(namesOf(NOTHING, have)).toEqual(['remove-keys', 'remove-user']);
});

test('a user that somebody has deleted is made again, and its sliver runs on', () => {
  expect(namesOf(toExist(wantedSliver()), aRunningSliver({ user: 'none' }))).toEqual([
    'create-user',
  ]);
});

test('without a free slot an account cannot be made, and says so', () => {
  const target: Target = { wanted: wantedSliver(), ids: undefined };
  expect(planAccount(target, ABSENT, circumstances())).toEqual({
    steps: [],
    unmet: { outcome: 'blocked', action: 'create', reason: 'no free id range: 8 of 8 in use' },
    waitsFor: 'no-id-range',
  });
});

const digestOf = fc.constantFrom('key\n', 'two\n').map((text) => contentOf(text).digest);
const since = fc.constantFrom(0, 9_000, 9_950, 10_001).map(epochSeconds);
const files = fc.oneof(
  fc.constantFrom({ where: 'none' as const }, { where: 'in-place' as const, image: IMAGE }),
  since.map((time) => ({ where: 'kept' as const, since: time, image: IMAGE })),
);
const limits = fc.record({
  cpuWeight: fc.constantFrom(WEIGHT, cpuWeight(1)),
  memoryMax: fc.constantFrom(0, 7),
  tasksMax: fc.constantFrom(1, 4096),
});
const optional = <T>(value: fc.Arbitrary<T>) => fc.option(value, { nil: undefined });
const user = fc.constantFrom<UserState>('whole', 'half-made', 'half-removed', 'none');
const keptFiles = fc.record({
  state: fc.constant('kept' as const),
  slot: fc.constant(slot(0)),
  since,
  image: optional(fc.constant(IMAGE)),
});
const loginNote = optional(
  fc.constantFrom<LoginNote>(
    { cause: 'stopped', since: epochSeconds(9_000), line: 'is stopped' },
    { cause: 'leases', line: 'rests' },
    { cause: 'failing', since: epochSeconds(9_000), line: 'cannot be started' },
    { cause: 'removal', since: epochSeconds(9_000), line: 'is being removed' },
    { cause: 'expired', since: epochSeconds(9_990), line: 'expired' },
    { cause: 'unknown', line: '' },
  ),
);
const anyDelegate = fc.record({
  state: fc.constant('delegate' as const),
  slot: fc.constant(slot(0)),
  user,
  keys: optional(digestOf),
  login: fc.boolean(),
});
const anySliver = fc
  .record({
    state: fc.constantFrom('stopped' as const, 'running' as const),
    slot: fc.constant(slot(0)),
    user,
    range: fc.boolean(),
    files,
    halfMade: fc.boolean(),
    diskQuota: optional(fc.constantFrom(5, 5_000_000)),
    inodesDiffer: fc.boolean(),
    initscript: optional(digestOf),
    keys: optional(digestOf),
    unit: fc.boolean(),
    limits: optional(limits),
    login: fc.boolean(),
    starts: fc.nat({ max: 3 }),
    loginNote,
  })
  .map(({ diskQuota, limits: ofUnit, ...one }) => ({
    ...one,
    limits: { ...ofUnit, ...(diskQuota === undefined ? {} : { diskQuota }) },
    halfMade: one.halfMade && one.files.where !== 'in-place',
  }));
const observed: fc.Arbitrary<ObservedAccount> = fc.oneof(
  fc.constant(ABSENT),
  keptFiles,
  keptFiles.map((kept) => ({ ...kept, slot: undefined, image: undefined })),
  anyDelegate,
  anySliver,
);
/** Accounts that have lost their user, and then its id to somebody else. */
const idTakenBy = 'bob';
const userGone = fc.constantFrom<UserState>('half-removed', 'none');
const taken: fc.Arbitrary<ObservedAccount> = fc.oneof(
  keptFiles.map((kept) => ({ ...kept, idTakenBy })),
  fc.tuple(fc.oneof(anyDelegate, anySliver), userGone).map(([account, user]) => ({
    ...account,
    user,
    login: false,
    idTakenBy,
  })),
);
/** Slivers whose id range somebody else was given. */
const rangeTaken: fc.Arbitrary<ObservedAccount> = anySliver.map((account) => ({
  ...account,
  range: false,
  rangeTakenBy: 'lxd (/etc/subuid line 2)',
}));
const rests = fc.constantFrom<Rest | undefined>(
  undefined,
  { cause: 'stopped', caller: 'root', at: epochSeconds(9_500) },
  { cause: 'leases', why: 'it has no lease now' },
);
const sliver: fc.Arbitrary<DesiredSliver> = fc
  .tuple(fc.boolean(), rests, fc.nat({ max: 3 }), fc.nat({ max: 3 }), limits)
  .map(([login, rest, recreated, more, { memoryMax, tasksMax }]) =>
    wantedSliver({
      login,
      run: login && rest === undefined,
      rest: login ? rest : { cause: 'disabled', source: 'plc' },
      starts: recreated + more,
      recreated,
      limits: { memoryMax, tasksMax },
    }),
  );
const targets: fc.Arbitrary<Target> = fc.oneof(
  fc.constantFrom<Target>(NOTHING, EXPIRED, { wanted: 'unchanged' }, toExist(delegate)),
  sliver.map((wanted) => toExist(wanted)),
);

function carryOut(steps: readonly AccountStep[], account: ObservedAccount): ObservedAccount {
  return steps.reduce(applyStep, account);
}

/** Rounds of plan and apply until nothing is left; an account of the other type takes one more. */
function converge(target: Target, start: ObservedAccount, now: number): ObservedAccount {
  let account = start;
  for (let round = 0; round < 3; round += 1) {
    account = carryOut(stepsOf(target, account, now), account);
  }
  return account;
}

test('plan, apply, plan again: nothing; from any state to any other', () => {
  fc.assert(
    fc.property(targets, fc.oneof(observed, taken, rangeTaken), (target, start) => {
      const end = converge(target, start, 10_000);
      expect(stepsOf(target, end, 10_000)).toEqual([]);
    }),
    { numRuns: 1000 },
  );
});

test('a plan cut short at any step is taken up again and comes to the same end', () => {
  fc.assert(
    fc.property(targets, observed, fc.nat({ max: 12 }), (target, start, cut) => {
      const half = carryOut(stepsOf(target, start).slice(0, cut), start);
      expect(converge(target, half, 10_000)).toEqual(converge(target, start, 10_000));
    }),
    { numRuns: 1000 },
  );
});

test('a plan cut short in the midst of any step comes to the same end', () => {
  fc.assert(
    fc.property(targets, observed, fc.nat(), fc.nat(), (target, start, at, which) => {
      const steps = stepsOf(target, start);
      const cut = steps[at % Math.max(1, steps.length)];
      fc.pre(cut !== undefined);
      const before = carryOut(steps.slice(0, steps.indexOf(cut)), start);
      const states = cutStates(cut, before);
      const half = states[which % states.length] ?? before;
      expect(converge(target, half, 10_000)).toEqual(converge(target, start, 10_000));
    }),
    { numRuns: 3000 },
  );
});

test("somebody else's user that has an account's id is left alone", () => {
  fc.assert(
    fc.property(targets, taken, (target, start) => {
      for (const step of stepsOf(target, start)) {
        expect(['allow-login', 'create-user', 'discard-user']).not.toContain(step.step);
        if (step.step === 'remove-user') expect(step.ids).toBeUndefined();
      }
    }),
  );
});

test('ids that somebody else has are not registered for a sliver', () => {
  fc.assert(
    fc.property(targets, rangeTaken, (target, start) => {
      for (const step of stepsOf(target, start)) {
        expect(['set-id-range', 'start-unit']).not.toContain(step.step);
        if (step.step === 'create-user') expect(step.range).toBe(false);
      }
    }),
  );
});

test('keys that are no more so are replaced first, whatever else is planned for a sliver', () => {
  fc.assert(
    fc.property(sliver, fc.oneof(anySliver, rangeTaken), (wanted, start) => {
      const names = namesOf(toExist(wanted), start);
      const isOld = isObservedSliver(start) && start.keys !== undefined;
      fc.pre(isOld && start.keys !== wanted.keys.digest && !names.includes('remove-user'));
      const before = names.slice(0, names.indexOf('install-keys'));
      expect(names).toContain('install-keys');
      const mayPrecede = ['tell-logins', 'untell-logins', 'deny-login', 'stop-unit'];
      const user = ['discard-user', 'create-user'];
      expect(before.filter((name) => ![...mayPrecede, ...user].includes(name))).toEqual([]);
      if (start.loginNote?.cause === 'expired') expect(before).not.toContain('untell-logins');
    }),
  );
});

test('a sliver that should exist ends as it should be', () => {
  fc.assert(
    fc.property(sliver, observed, (wanted, start) => {
      const end = converge(toExist(wanted), start, 10_000);
      expect(end).toMatchObject({
        state: wanted.run ? 'running' : 'stopped',
        login: wanted.login,
        files: { where: 'in-place', image: IMAGE },
        range: true,
        keys: wanted.keys.digest,
      });
    }),
  );
});

test('an expired sliver leaves no more than kept files and an account without a way in, for their time', () => {
  fc.assert(
    fc.property(observed, (start) => {
      const end = converge(EXPIRED, start, 10_000);
      if (isExpired(end)) expect(end).toMatchObject({ login: false, range: false, limits: {} });
      else expect(['absent', 'kept']).toContain(end.state);
      expect(converge(EXPIRED, end, 20_000)).toEqual(ABSENT);
    }),
  );
});

test('a removed sliver leaves nothing but its kept files, and those only for their time', () => {
  fc.assert(
    fc.property(observed, (start) => {
      const end = converge(NOTHING, start, 10_000);
      expect(['absent', 'kept']).toContain(end.state);
      expect(converge(NOTHING, end, 20_000)).toEqual(ABSENT);
    }),
  );
});

test('a sliver that runs and should run is never stopped, as long as it has its ground and no ReCreate came since', () => {
  fc.assert(
    fc.property(sliver, limits, fc.nat({ max: 3 }), (wanted, have, starts) => {
      fc.pre(wanted.run && starts >= wanted.recreated);
      const names = namesOf(toExist(wanted), aRunningSliver({ limits: have, starts }));
      expect(names).not.toContain('stop-unit');
      expect(names).not.toContain('start-unit');
    }),
  );
});
