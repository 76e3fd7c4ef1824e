import { ReconcileLoop } from '@nodemgr/agent';
import { checkConfig } from '@nodemgr/config';
import type { FeedItem, LimitDecision, Reading } from '@nodemgr/contracts';
import { FailureBoard } from '@nodemgr/daemon';
import type { ImageVersion } from '@nodemgr/images';
import {
  type AccountName,
  accountName,
  epochSeconds,
  NO_LOCAL_FACTS,
  type RecordKey,
  recordKeyOf,
  revision,
  TIMESTAMP_KEY,
} from '@nodemgr/records';
import { afterEach, expect, test, vi } from 'vitest';
import type { DiskFacts } from './disk/judge-disk.ts';
import type { Limits } from './limits/table.ts';
import { type HolderOf, type Machine, type MachineSigns, StrangerFound } from './machine/port.ts';
import {
  ABSENT,
  newSliver,
  type ObservedAccount,
  type ObservedSliver,
} from './observed/observed-account.ts';
import type { AccountStep } from './plan/account-steps.ts';
import { applyStep } from './plan/apply-step.ts';
import type { DecidedStep } from './plan/decide-account.ts';
import { operatorHandlers } from './report/operator-view.ts';
import { type AccountIds, type Slot, slot } from './slots/account-ids.ts';
import type { ForeignIds } from './slots/foreign-ids.ts';
import { AccountSupervisor } from './supervisor.ts';
import {
  acceptedIn,
  aDelegate,
  aRunningSliver,
  aSliver,
  BOOT,
  IMAGE,
  keyed,
  NODE,
  SIRIUS,
  theRemoval,
} from './test-support/builders.test-support.ts';
import { SIGNS, type SignName } from './waits/causes.ts';

/** A machine in memory: every step does what the model says; some names may be broken. */
class FakeMachine implements Machine {
  readonly driver = 'fake';
  node = NODE;
  slices: Limits = {};
  /** What each sign reads now. */
  readonly shown = new Map<SignName, string>();
  readonly signs = Object.fromEntries(
    SIGNS.map((sign) => [sign, async () => this.shown.get(sign) ?? 'as before']),
  ) as MachineSigns;
  readonly done: { readonly name: AccountName; readonly step: AccountStep }[] = [];
  readonly broken = new Set<AccountName>();
  /** How steps of broken accounts fail. */
  breakage = new Error('the disk is on fire');
  /** No version of any image is there. */
  imageless = false;
  /** Other people's users, by the slot that their user id is in. */
  readonly strangers = new Map<Slot, string>();
  rangesOfOthers: ReadonlySet<Slot> = new Set();
  /** Users that only a name service knows, by the slot that their user id is in: a step finds them. */
  readonly hidden = new Map<Slot, string>();
  /** What else happens while a step is carried out. */
  meanwhile: (step: AccountStep) => void = () => {};
  constructor(readonly accounts = new Map<AccountName, ObservedAccount>()) {}

  async observe(): Promise<ReadonlyMap<AccountName, ObservedAccount>> {
    return new Map(this.accounts);
  }
  async foreignIds(holderOf: HolderOf): Promise<ForeignIds> {
    const places = [...this.strangers.keys()];
    const uids = places.filter((place) => holderOf(place) !== this.strangers.get(place));
    return { uids: new Set(uids), ranges: this.rangesOfOthers, takers: ['eve has them'] };
  }
  async observeAccount(name: AccountName): Promise<ObservedAccount> {
    return this.accounts.get(name) ?? ABSENT;
  }
  async execute(name: AccountName, step: AccountStep): Promise<void> {
    this.meanwhile(step);
    if (this.broken.has(name)) throw this.breakage;
    if (step.step === 'create-user') this.#refuseHidden(step.ids);
    if (step.step === 'set-slices') this.slices = step.limits;
    this.done.push({ name, step });
    this.accounts.set(name, applyStep(this.accounts.get(name) ?? ABSENT, step));
  }
  #refuseHidden({ slot: place, uid }: AccountIds): void {
    const holder = this.hidden.get(place);
    if (holder === undefined) return;
    this.strangers.set(place, holder);
    throw new StrangerFound(`user id ${uid} belongs to ${holder} (a name service)`);
  }
  newestImage(): ImageVersion | undefined {
    return this.imageless ? undefined : IMAGE;
  }
  async readings(): Promise<readonly Reading[]> {
    return [];
  }
  counted(): undefined {
    return undefined;
  }
  /** The disk that the slivers are on; undefined: it is not looked at. */
  disk: DiskFacts | undefined;
  async diskFacts(): Promise<DiskFacts | undefined> {
    return this.disk;
  }
  /** One MiB for each slot before it. */
  usedOnDisk(place: Slot): number {
    return place * 1024;
  }
  async close(): Promise<void> {}
  commandsOf(_name: AccountName, { step }: AccountStep): readonly string[] {
    return [step];
  }
}

/** Time stands still until the test moves it. */
class StandingClock {
  ms = 10_000_000;
  readonly due: { readonly at: number; readonly action: () => void }[] = [];
  now = () => this.ms;
  random = () => 0.5;
  after = (wait: number, action: () => void) => {
    const entry = { at: this.ms + wait, action };
    this.due.push(entry);
    return () => void this.due.splice(this.due.indexOf(entry) >>> 0, 1);
  };
  pass(ms: number): void {
    this.ms += ms;
    for (const entry of this.due.filter(({ at }) => at <= this.ms)) {
      this.due.splice(this.due.indexOf(entry), 1);
      entry.action();
    }
  }
}

let stopLast = async (): Promise<void> => {};
afterEach(() => stopLast());

async function aSupervisor(
  machine: FakeMachine,
  accounts: object = {},
  isTrusted: () => boolean = () => true,
) {
  const config = checkConfig(
    { node: { id: 1 }, plc: { url: 'https://plc.example/' }, accounts: { slots: 3, ...accounts } },
    'test',
  );
  const items = new Map<RecordKey, FeedItem>();
  const feed = {
    items,
    position: { state: 'waiting' as 'waiting' | 'live', revision: revision(0) },
  };
  const timing = new StandingClock();
  const failures = new FailureBoard(timing.now);
  /** What the history is given. */
  const told: DecidedStep[] = [];
  const history = {
    events: async () => ({ events: [], more: false }),
    decisionsOn: async (): Promise<ReadonlyMap<string, LimitDecision>> => new Map(),
  };
  const supervisor = await AccountSupervisor.open({
    machine,
    accounts: config.accounts,
    leases: config.leases,
    bootId: BOOT,
    failures,
    timing,
    clock: {
      look: () => ({ now: epochSeconds(timing.now() / 1000), clockTrusted: isTrusted() }),
    },
    history: { stepDone: (_name, decided) => void told.push(decided) },
    feed: () => feed,
    wake: (names, revision) => loop.wake(names, revision),
    retry: (names) => loop.retry(names),
  });
  const log = { warn: () => {}, info: () => {}, debug: () => {} };
  const loop = new ReconcileLoop(supervisor, {
    code: 'account',
    workers: 4,
    failures,
    log,
    resyncMs: 1e9,
    timing,
  });
  loop.start();
  stopLast = () => loop.stop();
  const handlers = operatorHandlers({
    supervisor,
    machine,
    history,
    policy: config.accounts,
    loop,
    failures,
    use: { rows: () => [], days: () => [] },
    bootId: 'boot',
    commonStatus: () => ({ process: 'x', pid: 1, version: '0', started_at: 0, failures: [] }),
  });
  /** Publishes items (null: gone) and waits until all is settled. */
  async function publish(...entries: (readonly [RecordKey, FeedItem | null])[]) {
    feed.position.state = 'live';
    feed.position.revision = revision(feed.position.revision + 1);
    for (const [key, item] of entries) {
      if (item === null) items.delete(key);
      else items.set(key, item);
    }
    supervisor.changed(
      entries.map(([key]) => key),
      feed.position.revision,
    );
    await settled();
  }
  const settled = () => vi.waitFor(() => expect(loop.busy).toBe(0));
  return { supervisor, loop, failures, timing, handlers, history, told, publish, settled };
}

const READING: Reading = {
  resource: 'nm_cpu_share',
  from: 'cpu.weight',
  amount: 48,
  unit: 'weight',
};
const accepted = [TIMESTAMP_KEY, acceptedIn(BOOT, 'plc')] as const;
const A = accountName('site_a');
const B = accountName('site_b');
const [C, D] = [accountName('site_c'), accountName('site_d')];
const keyOf = (name: AccountName) => recordKeyOf('sliver', name);

test('what the feed names comes up, and the status says so', async () => {
  const { handlers, publish } = await aSupervisor(new FakeMachine());
  await publish(keyed(aSliver(A)), keyed(aSliver(B)), keyed(aDelegate(accountName('del_snoop'))));
  const { detail } = await handlers.status({});
  expect(detail).toMatchObject({
    accounts: { desired: 3, running: 3, stopped: 0, busy: 0 },
    converged_revision: 1,
  });
  expect((await handlers.plan({})).steps).toEqual([]);
});

test('before the feed has spoken nothing is done to what is there', async () => {
  const machine = new FakeMachine(new Map([[A, aRunningSliver()]]));
  const { loop, handlers, settled } = await aSupervisor(machine);
  loop.wake('all');
  await settled();
  expect(machine.done).toEqual([]);
  expect(await handlers.plan({})).toEqual({ driver: 'fake', steps: [], unmet: [] });
});

test('a removal waits for a document of this boot, is shown, and happens when one comes', async () => {
  const machine = new FakeMachine(new Map([[A, aRunningSliver()]]));
  const { failures, handlers, publish } = await aSupervisor(machine);
  await publish([keyOf(A), theRemoval('document')]);
  expect(machine.done).toEqual([]);
  expect((await handlers.plan({})).unmet).toMatchObject([{ subject: A }]);
  expect(failures.list()).toMatchObject([{ subject: A, action: 'remove' }]);
  await publish(accepted);
  expect(machine.accounts.get(A)).toMatchObject({ state: 'kept' });
  expect(failures.list()).toEqual([]);
});

test('kept files are purged when their time has come, with nobody asking', async () => {
  const machine = new FakeMachine(new Map([[A, aRunningSliver()]]));
  const { timing, publish } = await aSupervisor(machine, { keep_files_seconds: 60 });
  await publish(accepted, [keyOf(A), theRemoval('document')]);
  expect(machine.accounts.get(A)).toMatchObject({ state: 'kept' });
  timing.pass(61_000);
  await vi.waitFor(() => expect(machine.accounts.get(A)).toEqual(ABSENT));
});

test('an operator has kept files go at once, and the history has who it was', async () => {
  const machine = new FakeMachine(new Map([[A, aRunningSliver()]]));
  const { handlers, publish, told } = await aSupervisor(machine);
  await publish(accepted, [keyOf(A), theRemoval('document')]);
  expect(machine.accounts.get(A)).toMatchObject({ state: 'kept' });
  expect(await handlers.forget({ name: A, by: 'eve' })).toEqual({ outcome: 'forgotten' });
  expect(machine.accounts.get(A)).toEqual(ABSENT);
  expect(told.at(-1)).toMatchObject({
    step: { step: 'purge-files' },
    reason: {
      why: expect.stringMatching(/to be forgotten now$/),
      by: { kind: 'operator', name: 'eve' },
    },
  });
  expect(await handlers.forget({ name: A, by: 'eve' })).toEqual({ outcome: 'nothing kept' });
});

test('an operator has an expired sliver’s account go with its files', async () => {
  const machine = new FakeMachine(new Map([[A, aRunningSliver()]]));
  const { handlers, publish } = await aSupervisor(machine);
  await publish(accepted, [keyOf(A), theRemoval('expired')]);
  expect(machine.accounts.get(A)).toMatchObject({ loginNote: { cause: 'expired' } });
  expect(await handlers.forget({ name: A, by: 'eve' })).toEqual({ outcome: 'forgotten' });
  expect(machine.accounts.get(A)).toEqual(ABSENT);
});

test('a sliver that exists cannot be forgotten, nor anything before the feed was heard', async () => {
  const machine = new FakeMachine(new Map([[A, aRunningSliver()]]));
  const { handlers, publish } = await aSupervisor(machine);
  const forget = async () => handlers.forget({ name: A, by: 'eve' });
  await expect(forget()).rejects.toMatchObject({ kind: 'unavailable' });
  await publish(accepted, keyed(aSliver(A)));
  await expect(forget()).rejects.toMatchObject({ kind: 'bad-argument' });
  expect(machine.accounts.get(A)).toMatchObject({ state: 'running' });
});

test('files that could not be forgotten are kept again once their sliver is back', async () => {
  const machine = new FakeMachine(new Map([[A, aRunningSliver()]]));
  const { handlers, publish } = await aSupervisor(machine);
  await publish(accepted, [keyOf(A), theRemoval('document')]);
  machine.broken.add(A);
  expect(await handlers.forget({ name: A, by: 'eve' })).toEqual({
    outcome: 'fails',
    reason: 'purge-files: the disk is on fire',
  });
  machine.broken.delete(A);
  await publish(keyed(aSliver(A)));
  await publish([keyOf(A), theRemoval('document')]);
  expect(machine.accounts.get(A)).toMatchObject({ state: 'kept' });
});

test('an expired sliver counts as removed, and its account goes with its files, with nobody asking', async () => {
  const machine = new FakeMachine(new Map([[A, aRunningSliver()]]));
  const { handlers, timing, publish } = await aSupervisor(machine, { keep_files_seconds: 60 });
  await publish([keyOf(A), theRemoval('expired')]);
  const line = expect.stringMatching(
    /^had expired by 1970-01-01T00:33:20Z; its files are kept until /,
  );
  expect(machine.accounts.get(A)).toMatchObject({ loginNote: { cause: 'expired', line } });
  expect(await handlers.observed({})).toMatchObject([{ name: A, state: 'kept' }]);
  expect((await handlers.status({})).detail.accounts).toMatchObject({ running: 0, stopped: 0 });
  timing.pass(61_000);
  await vi.waitFor(() => expect(machine.accounts.get(A)).toEqual(ABSENT));
});

test('an expired sliver keeps its account for its files’ time, also when db-service forgets its expiry before', async () => {
  const machine = new FakeMachine(new Map([[A, aRunningSliver()]]));
  const { timing, publish } = await aSupervisor(machine, { keep_files_seconds: 60 });
  await publish([keyOf(A), theRemoval('expired')]);
  const expired = machine.accounts.get(A);
  expect(expired).toMatchObject({ user: 'whole', loginNote: { cause: 'expired' } });
  timing.pass(59_000);
  await publish([keyOf(A), null]);
  expect(machine.accounts.get(A)).toEqual(expired);
  timing.pass(2_000);
  await vi.waitFor(() => expect(machine.accounts.get(A)).toEqual(ABSENT));
});

test('a renewed sliver whose id range somebody was given meanwhile comes back when that is free again', async () => {
  const machine = new FakeMachine(new Map([[A, aRunningSliver()]]));
  const { failures, timing, publish } = await aSupervisor(machine);
  await publish([keyOf(A), theRemoval('expired')]);
  const rangeTakenBy = 'lxd (/etc/subuid line 2)';
  machine.accounts.set(A, { ...machine.accounts.get(A), rangeTakenBy } as ObservedAccount);
  await publish(keyed(aSliver(A)));
  expect(machine.accounts.get(A)).toMatchObject({ state: 'stopped', range: false });
  expect(failures.list()).toMatchObject([
    { subject: A, outcome: 'blocked', reason: expect.stringContaining(rangeTakenBy) },
  ]);
  const { rangeTakenBy: _, ...free } = machine.accounts.get(A) as ObservedSliver;
  machine.accounts.set(A, free);
  machine.shown.set('users', 'mended');
  timing.pass(2_000);
  await vi.waitFor(() =>
    expect(machine.accounts.get(A)).toMatchObject({ state: 'running', range: true }),
  );
  expect(failures.list()).toEqual([]);
});

test('while the clock is not trusted nothing is purged; when it is, what is over goes and the rest is dated', async () => {
  const files = { state: 'kept', image: IMAGE } as const;
  const old = { ...files, slot: slot(0), since: epochSeconds(1_000) };
  const ahead = { ...files, slot: slot(1), since: epochSeconds(2_000_000) };
  const machine = new FakeMachine(
    new Map<AccountName, ObservedAccount>([
      [A, old],
      [B, ahead],
      [C, aRunningSliver({ slot: slot(2) })],
    ]),
  );
  let trusted = false;
  const policy = { keep_files_seconds: 60 };
  const { loop, timing, publish, settled } = await aSupervisor(machine, policy, () => trusted);
  await publish(accepted, [keyOf(C), theRemoval('document')]);
  loop.wake('all');
  await settled();
  const isLeft = () => {
    expect(machine.accounts.get(A)).toEqual(old);
    expect(machine.accounts.get(B)).toEqual(ahead);
    expect(machine.accounts.get(C)).toMatchObject({ state: 'kept', since: 0 });
  };
  isLeft();
  timing.pass(100_000);
  await settled();
  isLeft();
  trusted = true;
  timing.pass(1000);
  await vi.waitFor(() => expect(machine.accounts.get(A)).toEqual(ABSENT));
  const since = timing.ms / 1000;
  await vi.waitFor(() => expect(machine.accounts.get(C)).toMatchObject({ since }));
  expect(machine.accounts.get(B)).toMatchObject({ since });
  timing.pass(59_000);
  await settled();
  expect(machine.accounts.get(C)).toMatchObject({ state: 'kept', since });
  timing.pass(1000);
  await vi.waitFor(() => expect(machine.accounts.get(C)).toEqual(ABSENT));
  expect(machine.accounts.get(B)).toEqual(ABSENT);
});

test('what a purge cut short has left goes at once, before the sliver comes back', async () => {
  const remnant = { state: 'kept', slot: slot(0), since: epochSeconds(9_999) } as const;
  const machine = new FakeMachine(new Map([[A, { ...remnant, image: undefined }]]));
  const { publish } = await aSupervisor(machine);
  await publish(keyed(aSliver(A)));
  expect(machine.done.slice(0, 2).map(({ step }) => step.step)).toEqual([
    'purge-files',
    'create-user',
  ]);
  expect(machine.accounts.get(A)).toMatchObject({ slot: 0, state: 'running' });
});

test('a purge that fails is tried again with growing pauses', async () => {
  const machine = new FakeMachine(new Map([[A, aRunningSliver()]]));
  const { failures, timing, publish, settled } = await aSupervisor(machine, {
    keep_files_seconds: 60,
  });
  await publish(accepted, [keyOf(A), theRemoval('document')]);
  machine.broken.add(A);
  timing.pass(61_000);
  await settled();
  expect(failures.list()).toMatchObject([{ subject: A, action: 'purge-files' }]);
  expect(timing.due.filter(({ at }) => at <= timing.ms)).toEqual([]);
});

test('no free id range is a clear reason; a range that is freed is taken', async () => {
  const machine = new FakeMachine();
  const { failures, publish } = await aSupervisor(machine, { slots: 2, keep_files_seconds: 0 });
  await publish(accepted, keyed(aSliver(A)), keyed(aSliver(B)), keyed(aSliver(C)));
  expect(failures.list()).toMatchObject([
    { subject: C, reason: 'no free id range: 2 of 2 in use; eve has them' },
  ]);
  await publish([keyOf(A), theRemoval('expired')]);
  await vi.waitFor(() => expect(machine.accounts.get(C)).toMatchObject({ state: 'running' }));
  expect(failures.list()).toEqual([]);
});

test('an id range is not given to others while files that carry its ids are kept', async () => {
  const machine = new FakeMachine();
  const { publish } = await aSupervisor(machine);
  await publish(accepted, keyed(aSliver(A)));
  await publish([keyOf(A), theRemoval('expired')]);
  await publish(keyed(aSliver(B)));
  expect(machine.accounts.get(B)).toMatchObject({ slot: 1 });
  await publish(keyed(aSliver(A)));
  expect(machine.accounts.get(A)).toMatchObject({ slot: 0, state: 'running' });
});

test('the same feed gives the same slots, whatever the order in which it comes', async () => {
  for (const order of [
    [A, B, C],
    [C, A, B],
  ]) {
    const machine = new FakeMachine();
    const { publish } = await aSupervisor(machine);
    await publish(...order.map((name) => keyed(aSliver(name))));
    const slots = [A, B, C].map((name) => machine.accounts.get(name));
    expect(slots).toMatchObject([{ slot: 0 }, { slot: 1 }, { slot: 2 }]);
  }
});

test("slots that others' ids are in are passed over", async () => {
  const machine = new FakeMachine();
  machine.strangers.set(slot(0), 'bob');
  const { publish } = await aSupervisor(machine);
  await publish(keyed(aSliver(A)));
  expect(machine.accounts.get(A)).toMatchObject({ slot: 1 });
});

test('a slot whose user id somebody was given since the start is passed over', async () => {
  const machine = new FakeMachine();
  const { publish } = await aSupervisor(machine);
  machine.strangers.set(slot(0), 'bob');
  await publish(keyed(aSliver(A)));
  expect(machine.accounts.get(A)).toMatchObject({ slot: 1, state: 'running' });
});

test('an account whose user id only a name service knows gets the next slot at once', async () => {
  const machine = new FakeMachine();
  machine.hidden.set(slot(0), 'carol').set(slot(1), 'dave');
  const { failures, publish } = await aSupervisor(machine);
  await publish(keyed(aSliver(A)));
  expect(machine.accounts.get(A)).toMatchObject({ slot: 2, state: 'running' });
  expect(failures.list()).toEqual([]);
});

test('where others have every id range a sliver says who has them, and a delegate is made', async () => {
  const machine = new FakeMachine();
  machine.rangesOfOthers = new Set([0, 1, 2].map(slot));
  const { failures, publish } = await aSupervisor(machine);
  const snoop = accountName('del_snoop');
  await publish(keyed(aSliver(A)), keyed(aDelegate(snoop)));
  expect(machine.accounts.get(snoop)).toMatchObject({ state: 'delegate', slot: 0 });
  expect(failures.list()).toMatchObject([
    { subject: A, reason: 'no free id range: 3 of 3 in use; eve has them' },
  ]);
});

test('an account whose user id is taken while it is made gets another slot', async () => {
  const machine = new FakeMachine();
  const taken = {
    ...newSliver(slot(0), { where: 'none' }),
    user: 'none',
    idTakenBy: 'bob',
  } as const;
  machine.accounts.set(A, taken);
  machine.strangers.set(slot(0), 'bob');
  const { failures, publish } = await aSupervisor(machine);
  await publish(keyed(aSliver(A)), keyed(aSliver(B)));
  const made = [machine.accounts.get(A), machine.accounts.get(B)];
  expect(made).toMatchObject([{ state: 'running' }, { state: 'running' }]);
  expect(made).not.toContainEqual(expect.objectContaining({ slot: 0 }));
  expect(machine.done.map(({ step }) => step)).toContainEqual({
    step: 'remove-user',
    type: 'sliver',
    ids: undefined,
  });
  expect(failures.list()).toEqual([]);
});

test('one account that fails holds up no other, and convergence does not wait for it', async () => {
  const machine = new FakeMachine();
  machine.broken.add(A);
  const { failures, handlers, publish, timing } = await aSupervisor(machine);
  await publish(keyed(aSliver(A)), keyed(aSliver(B)));
  expect(machine.accounts.get(B)).toMatchObject({ state: 'running' });
  expect(failures.list()).toMatchObject([
    { subject: A, action: 'create-user', reason: 'the disk is on fire' },
  ]);
  expect((await handlers.status({})).detail.converged_revision).toBe(1);
  machine.broken.clear();
  timing.pass(1000);
  await vi.waitFor(() => expect(machine.accounts.get(A)).toMatchObject({ state: 'running' }));
});

test('a sliver that cannot be started is noted to fail, with what at, until it runs', async () => {
  const machine = new FakeMachine(new Map([[A, aRunningSliver({ state: 'stopped' })]]));
  let isBroken = true;
  machine.meanwhile = ({ step }) => {
    if (step === 'start-unit' && isBroken) throw new Error('the bus is away');
  };
  const { publish, timing } = await aSupervisor(machine);
  await publish(keyed(aSliver(A)));
  expect(machine.accounts.get(A)).not.toHaveProperty('loginNote');
  timing.pass(1000);
  const line = expect.stringMatching(/^cannot be started since .* \(start-unit: the bus is away\)/);
  await vi.waitFor(() =>
    expect(machine.accounts.get(A)).toMatchObject({ loginNote: { cause: 'failing', line } }),
  );
  isBroken = false;
  timing.pass(300_000);
  await vi.waitFor(() =>
    expect(machine.accounts.get(A)).toMatchObject({ state: 'running', loginNote: undefined }),
  );
});

test('a share that changes is work for one; a guarantee is work for those that it concerns', async () => {
  const machine = new FakeMachine();
  const { publish } = await aSupervisor(machine, { slots: 4 });
  await publish(...[A, B, C, D].map((name) => keyed(aSliver(name))));
  const workOf = async (changed: FeedItem & { kind: 'account' }) => {
    machine.done.length = 0;
    await publish(keyed(changed));
    return machine.done.map(({ name, step }) => `${name} ${step.step}`);
  };
  expect(await workOf(aSliver(A, { effective: { nm_cpu_share: 64 } }))).toEqual([
    'site_a set-limits',
  ]);
  const guaranteed = { nm_cpu_share: 64, nm_cpu_guaranteed_share: 500 };
  expect(await workOf(aSliver(A, { effective: guaranteed }))).toEqual(['site_a set-limits']);
  expect(await workOf(aSliver(B, { effective: { nm_cpu_share: 96 } }))).toEqual([
    'site_a set-limits',
    'site_b set-limits',
  ]);
});

test('guarantees that cannot all be kept are reported, until they can', async () => {
  const { failures, publish } = await aSupervisor(new FakeMachine());
  const effective = { nm_cpu_guaranteed_share: 600 };
  await publish(keyed(aSliver(A, { effective })), keyed(aSliver(B, { effective })));
  expect(failures.list()).toMatchObject([
    { subject: 'CPU guarantees', reason: expect.stringContaining('1200 thousandths') },
  ]);
  await publish(keyed(aSliver(B)));
  expect(failures.list()).toEqual([]);
});

test('the plan shows what would be done, and gives no slot away', async () => {
  const machine = new FakeMachine(new Map([[A, aRunningSliver()]]));
  machine.broken.add(A).add(B);
  const { handlers, publish } = await aSupervisor(machine);
  await publish(accepted, [keyOf(A), theRemoval('document')], keyed(aSliver(B)));
  const { steps } = await handlers.plan({});
  expect(steps.map(({ subject, step }) => `${subject} ${step}`).slice(0, 7)).toEqual([
    'site_a remove-keys',
    'site_a stop-unit',
    'site_a keep-files',
    'site_a reset-disk-quota',
    'site_a remove-user',
    'site_b create-user',
    'site_b create-filesystem',
  ]);
});

test('Stop and Start are followed, and Start runs the scripts of a running sliver', async () => {
  const machine = new FakeMachine();
  const { handlers, publish } = await aSupervisor(machine);
  await publish(keyed(aSliver(SIRIUS)));
  await publish(keyed(aSliver(SIRIUS, { local: { ...NO_LOCAL_FACTS, stopped: true } })));
  expect((await handlers.status({})).detail.accounts).toMatchObject({ running: 0, stopped: 1 });
  await publish(keyed(aSliver(SIRIUS, { local: { ...NO_LOCAL_FACTS, starts: 1 } })));
  await publish(keyed(aSliver(SIRIUS, { local: { ...NO_LOCAL_FACTS, starts: 2 } })));
  expect(machine.done.slice(-5).map(({ step }) => step.step)).toEqual([
    'tell-logins',
    'stop-unit',
    'untell-logins',
    'start-unit',
    'run-start-scripts',
  ]);
});

test('what is done is told with the reason and the revision that it was planned by, though the feed has gone on', async () => {
  const machine = new FakeMachine();
  const { told, publish, settled } = await aSupervisor(machine);
  await publish(keyed(aSliver(A)));
  const stopped = aSliver(A, { local: { ...NO_LOCAL_FACTS, stopped: true } });
  machine.meanwhile = ({ step }) => {
    if (step === 'stop-unit') void publish(keyed(aSliver(A, { effective: { nm_enabled: 0 } })));
  };
  await publish(keyed(stopped));
  await settled();
  const [stop, denial] = told.filter(({ step }) => step.step !== 'tell-logins').slice(-2);
  expect(stop).toMatchObject({
    step: { step: 'stop-unit' },
    reason: { why: 'Stop was called', by: { kind: 'api-caller' } },
    revision: 2,
  });
  expect(denial).toMatchObject({
    step: { step: 'deny-login' },
    reason: { why: 'nm_enabled is 0', by: { kind: 'plc' } },
    revision: 3,
  });
});

test('a limit is shown with how it was last decided, and with why that is not known', async () => {
  const machine = new FakeMachine();
  machine.readings = async () => [READING, { ...READING, resource: 'nm_io_weight' }];
  const { handlers, history } = await aSupervisor(machine);
  const decision = { at: 1, why: 'nm_cpu_share 16 → 48', by: { kind: 'plc' } } as const;
  history.decisionsOn = async () => new Map([['nm_cpu_share', decision]]);
  const { readings, undecided } = await handlers.readings({ name: SIRIUS });
  expect(readings.map(({ since }) => since)).toEqual([decision, undefined]);
  expect(undecided).toBeUndefined();
  history.decisionsOn = () => Promise.reject(new Error('EIO: i/o error, read'));
  expect(await handlers.readings({ name: SIRIUS })).toMatchObject({
    readings: [READING, { resource: 'nm_io_weight' }],
    undecided: 'the history cannot be read: EIO: i/o error, read',
  });
});

test('what is observed is shown by name, state and ids', async () => {
  const { handlers, publish } = await aSupervisor(new FakeMachine());
  await publish(keyed(aSliver(SIRIUS)));
  expect(await handlers.observed({})).toMatchObject([
    { name: SIRIUS, state: 'running', detail: { uid: 30_000, first_id: 1_879_048_192 } },
  ]);
});

/** Passes half a second, in which the signs are looked at. */
const nextLook = (timing: StandingClock) => timing.pass(500);

async function mended(
  machine: FakeMachine,
  sign: SignName,
  mend: () => void,
  accounts?: object,
): Promise<void> {
  const { failures, publish, timing } = await aSupervisor(machine, accounts);
  await publish(accepted, keyed(aSliver(A)));
  for (let attempt = 0; attempt < 9; attempt += 1) {
    timing.pass(300_000);
    await vi.waitFor(() => expect(failures.list()[0]?.attempts).toBe(attempt + 2));
  }
  mend();
  machine.shown.set(sign, 'mended');
  const before = timing.now();
  await vi.waitFor(() => {
    if (timing.now() - before < 1500) nextLook(timing);
    expect(machine.accounts.get(A)).toMatchObject({ state: 'running' });
  });
  expect(failures.list()).toEqual([]);
  expect(timing.now() - before).toBeLessThanOrEqual(1500);
}

test('a sliver that has waited for an image for long comes up at once when the image has been imported', async () => {
  const machine = new FakeMachine();
  machine.imageless = true;
  await mended(machine, 'images', () => {
    machine.imageless = false;
  });
});

test('a sliver whose name somebody else had comes up at once when the name is released', async () => {
  const stranger = { state: 'foreign', cause: 'name-taken', reason: 'not ours' } as const;
  const machine = new FakeMachine(new Map([[A, stranger]]));
  await mended(machine, 'users', () => void machine.accounts.delete(A));
});

test('a sliver without an id range comes up at once when somebody else releases one', async () => {
  const machine = new FakeMachine();
  machine.strangers.set(slot(0), 'bob');
  await mended(machine, 'users', () => void machine.strangers.clear(), { slots: 1 });
});

test.each([
  ['room', 'No space left on device'],
  ['writable', 'Read-only file system'],
  ['quota', 'its file system keeps no project quotas'],
  ['locks', 'cannot lock /etc/passwd; try again later.'],
  ['units', 'Unit nodemgr-sliver@site_a.service is masked.'],
] as const)(
  'a step that failed for want of %s is done at once when that is mended',
  async (sign, text) => {
    const machine = new FakeMachine();
    machine.broken.add(A);
    machine.breakage = new Error(text);
    await mended(machine, sign, () => machine.broken.clear());
  },
);

test('what is mended wakes nobody who waits for something else', async () => {
  const machine = new FakeMachine();
  machine.broken.add(A);
  machine.breakage = new Error('No space left on device');
  const { failures, publish, timing } = await aSupervisor(machine);
  await publish(keyed(aSliver(A)));
  machine.shown.set('images', 'another one');
  const { attempts } = failures.list()[0] ?? {};
  nextLook(timing);
  await vi.waitFor(() => expect(timing.due.some(({ at }) => at === timing.ms + 500)).toBe(true));
  expect(failures.list()).toMatchObject([{ subject: A, attempts }]);
});

test('a delegate whose name kept files have comes up when they are purged', async () => {
  const name = accountName('del_snoop');
  const files = { state: 'kept', slot: slot(0), since: epochSeconds(9_990), image: IMAGE } as const;
  const machine = new FakeMachine(new Map([[name, files]]));
  const { failures, publish, timing } = await aSupervisor(machine, { keep_files_seconds: 60 });
  await publish(accepted, keyed(aDelegate(name)));
  expect(failures.list()).toMatchObject([{ subject: name, action: 'create' }]);
  timing.pass(51_000);
  await vi.waitFor(() => expect(machine.accounts.get(name)).toMatchObject({ state: 'delegate' }));
});

test('an operator’s retry tries all that fails, or one account, and says how each stands', async () => {
  const machine = new FakeMachine();
  machine.broken.add(A).add(B);
  const { handlers, publish } = await aSupervisor(machine);
  await publish(keyed(aSliver(A)), keyed(aSliver(B)), keyed(aSliver(C)));
  machine.broken.delete(A);
  expect(await handlers.retry({ name: C })).toEqual({ tried: [{ subject: C, outcome: 'works' }] });
  expect(await handlers.retry({ name: 'no_such' })).toEqual({ tried: [] });
  expect(await handlers.retry({})).toEqual({
    tried: [
      { subject: A, outcome: 'works' },
      { subject: B, outcome: 'fails', reason: 'create-user: the disk is on fire' },
    ],
  });
});

test('the slices above the slivers have what all of these keep, also when one comes, goes or stops', async () => {
  const machine = new FakeMachine();
  const { handlers, publish } = await aSupervisor(machine);
  const keeping = (name: AccountName, amount: number) =>
    keyed(aSliver(name, { effective: { nm_mem_min: amount } }));
  await publish(keeping(A, 4000), keeping(B, 8000));
  expect(machine.slices).toEqual({ memoryMin: 12_000 });
  expect(machine.accounts.get(A)).toMatchObject({ limits: { memoryMin: 4000 } });
  const stopped = aSliver(A, { effective: { nm_mem_min: 4000 } });
  await publish([keyOf(A), { ...stopped, local: { ...NO_LOCAL_FACTS, stopped: true } }]);
  expect(machine.slices).toEqual({ memoryMin: 8000 });
  await publish([keyOf(B), theRemoval('expired')]);
  expect(machine.slices).toEqual({ memoryMin: 0 });
  expect((await handlers.plan({})).steps).toEqual([]);
});

test('what is asked for and cannot be had is a failure until nobody asks', async () => {
  const machine = new FakeMachine();
  machine.node = { ...machine.node, lacks: { 'disk weights': 'the disk knows none' } };
  const { failures, publish } = await aSupervisor(machine);
  await publish(keyed(aSliver(A, { effective: { nm_io_weight: 300 } })));
  expect(failures.list()).toMatchObject([
    {
      code: 'disk-weights',
      action: 'weigh',
      reason: expect.stringMatching(/the disk knows none$/),
    },
  ]);
  await publish(keyed(aSliver(A)));
  expect(failures.list()).toEqual([]);
});

/** A disk of 100,000 KiB. */
const aDisk = (used: number): DiskFacts => ({
  folder: '/var/lib/nodemgr',
  used,
  available: 100_000 - used,
  noReserve: undefined,
});

test('a disk that slivers have filled holds up new ones alone, and names who has the most of it', async () => {
  const machine = new FakeMachine(new Map([[A, aRunningSliver({ slot: slot(2) })]]));
  machine.disk = aDisk(98_000);
  machine.shown.set('space', 'full');
  const { failures, timing, publish, settled } = await aSupervisor(machine, {
    disk_overcommit: 1000,
  });
  const other = aSliver(A, { record: { ssh_keys: 'ssh-ed25519 AAAA another@host\n' } });
  await publish(accepted, keyed(other), keyed(aSliver(B)));
  const doneTo = (name: AccountName) =>
    machine.done.flatMap((one) => (one.name === name ? [one.step.step] : []));
  expect([doneTo(A), doneTo(B)]).toEqual([expect.arrayContaining(['install-keys']), []]);
  expect(failures.list()).toMatchObject([
    { code: 'disk-space', reason: expect.stringMatching(/the largest are site_a 2 MiB$/) },
    { subject: B, outcome: 'blocked', reason: expect.stringMatching(/^98% .* no new sliver/) },
  ]);
  machine.disk = aDisk(89_000);
  machine.shown.set('space', 'enough');
  timing.pass(500);
  await vi.waitFor(() => expect(machine.accounts.get(B)).toMatchObject({ state: 'running' }));
  await settled();
  timing.pass(10_000);
  await vi.waitFor(() => expect(failures.list()).toEqual([]));
});

test('quotas that exceed the disk are trouble as soon as they do, and until they no longer do', async () => {
  const machine = new FakeMachine();
  machine.disk = aDisk(0);
  const { failures, timing, publish } = await aSupervisor(machine);
  const asking = (quota: number) => keyed(aSliver(A, { effective: { nm_disk_quota: quota } }));
  await publish(accepted, asking(100_001));
  timing.pass(10_000);
  await vi.waitFor(() =>
    expect(failures.list()).toMatchObject([
      {
        code: 'disk-quotas',
        reason: expect.stringMatching(/^the quotas of 1 slivers .* 1 KiB more/),
      },
    ]),
  );
  await publish(asking(100_000));
  timing.pass(10_000);
  await vi.waitFor(() => expect(failures.list()).toEqual([]));
});
