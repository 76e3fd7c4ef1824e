/** The history of plans that are carried out: planned, applied and described as in production. */
import type { FeedItem, NodeEvent } from '@nodemgr/contracts';
import { FailureBoard } from '@nodemgr/daemon';
import {
  type AccountName,
  accountName,
  NO_LOCAL_FACTS,
  type RecordKey,
  recordKeyOf,
  revision,
} from '@nodemgr/records';
import { beforeEach, describe, expect, test } from 'vitest';
import { judgeAccount } from '../desired/desired-account.ts';
import { cpuWeight } from '../limits/plan-cpu-weights.ts';
import { ABSENT, type ObservedAccount } from '../observed/observed-account.ts';
import type { Target } from '../plan/account-plan.ts';
import { applyStep } from '../plan/apply-step.ts';
import { planAccount } from '../plan/plan-account.ts';
import { idsOf, slot } from '../slots/account-ids.ts';
import {
  aDelegate,
  aSliver,
  BOOT,
  circumstances,
  itemsOf,
  POLICY,
  SIRIUS,
  theRemoval,
  WEIGHT,
} from '../test-support/builders.test-support.ts';
import { AccountHistory } from './account-history.ts';

const DELEGATE = accountName('del_snoop');
const REVISION = revision(7);

/** One account on a machine in memory, and the history that is told of it. */
class ToldAccount {
  readonly told: NodeEvent[] = [];
  readonly board = new FailureBoard();
  readonly later: (() => void)[] = [];
  readonly history = new AccountHistory({
    journal: {
      append: (event) => this.told.push(event),
      events: async () => ({ events: this.told, more: false }),
      close: async () => {},
    },
    failures: this.board,
    timing: {
      now: () => 0,
      after: (_ms, action) => {
        this.later.push(action);
        return () => {};
      },
    },
  });
  observed: ObservedAccount = ABSENT;
  now = 10_000;

  constructor(readonly name: AccountName) {}

  /** Brings the account in line with what the feed says, and returns what is told of that. */
  converge(item: FeedItem | undefined, weight = WEIGHT): readonly string[] {
    this.told.length = 0;
    const type = this.name === DELEGATE ? 'delegate' : 'sliver';
    const entries = item === undefined ? [] : [[recordKeyOf(type, this.name), item] as const];
    const items = itemsOf(entries);
    const before = this.observed;
    const target = this.#target(items, weight);
    for (const planned of planAccount(target, before, circumstances(this.now)).steps) {
      this.observed = applyStep(this.observed, planned.step);
      this.history.stepDone(this.name, { ...planned, before, revision: REVISION });
    }
    return this.lines();
  }

  lines(): readonly string[] {
    return this.told.map(({ what, why, by }) => `${what}: ${why} [${by.kind}]`);
  }

  #target(items: ReadonlyMap<RecordKey, FeedItem>, weight: typeof WEIGHT): Target {
    const verdict = judgeAccount(this.name, this.observed, items, BOOT);
    if (verdict.verdict === 'goes') return { ...verdict, wanted: 'nothing' };
    if (verdict.verdict === 'withheld') return { wanted: 'unchanged' };
    return { wanted: verdict.desired, ids: idsOf(slot(0), POLICY), shared: { cpuWeight: weight } };
  }
}

const local = (changes: object) => ({ local: { ...NO_LOCAL_FACTS, ...changes } });

let sirius: ToldAccount;
beforeEach(() => {
  sirius = new ToldAccount(SIRIUS);
  sirius.converge(aSliver());
});

describe('steps in the history', () => {
  test('the history describes a new sliver as one that is made and started, on its record’s word', () => {
    expect(sirius.lines()).toEqual([
      'account-made: record of plc: a sliver, user id 30000 [plc]',
      'sliver-started: record of plc [plc]',
    ]);
  });

  test('the history has each step under the revision that it was decided by', () => {
    expect(sirius.told.map((event) => event.revision)).toEqual([REVISION, REVISION]);
  });

  test('the history describes a delegate as one that is made, and removed', () => {
    const snoop = new ToldAccount(DELEGATE);
    expect(snoop.converge(aDelegate(DELEGATE))).toEqual([
      'account-made: record of config: a delegate, user id 30000 [config]',
    ]);
    expect(snoop.converge(theRemoval('document'))).toEqual([
      'account-removed: its record was left out of the document [config]',
    ]);
  });

  test('the history knows of each limit by which decision it was last set', async () => {
    const made = await sirius.history.decisionsOn(SIRIUS);
    expect(made.get('nm_disk_quota')).toMatchObject({ revision: REVISION, by: { kind: 'plc' } });
    expect(made.get('nm_mem_max')).toMatchObject({ revision: REVISION, why: 'record of plc' });
    const effective = { nm_mem_max: 16384 };
    sirius.converge(aSliver(SIRIUS, { effective }), cpuWeight(512));
    const changed = await sirius.history.decisionsOn(SIRIUS);
    expect([...changed.keys()].sort()).toEqual([
      'nm_cpu_guaranteed_share',
      'nm_cpu_share',
      'nm_mem_max',
    ]);
    expect(changed.get('nm_mem_max')?.why).toBe('memory limit none → 16384 KiB: record of plc');
    expect(changed.get('nm_cpu_share')?.by).toEqual({ kind: 'supervisor' });
  });

  test('the history describes nothing when nothing is to be done', () => {
    expect(sirius.converge(aSliver())).toEqual([]);
  });

  test('the history describes changes with the old value and the new one', () => {
    const effective = { nm_disk_quota: 6000, nm_mem_max: 16384 };
    const record = { ssh_keys: 'ssh-ed25519 BBBB two@host\n', initscript: '#!/bin/sh\ndate\n' };
    expect(sirius.converge(aSliver(SIRIUS, { effective, record }), cpuWeight(512))).toEqual([
      'account-changed: ssh keys replaced: record of plc [plc]',
      'account-changed: disk quota 5000000 → 6000 KiB: record of plc [plc]',
      'account-changed: start script replaced: record of plc [plc]',
      'account-changed: memory limit none → 16384 KiB: record of plc [plc]',
      'cpu-weight-changed: cpu weight 256 → 512, by the shares and guarantees of all [supervisor]',
    ]);
  });

  test('the history describes Stop, Start and a running sliver’s Start on the caller’s word', () => {
    expect(sirius.converge(aSliver(SIRIUS, local({ stopped: true })))).toEqual([
      'sliver-stopped: Stop was called [api-caller]',
    ]);
    expect(sirius.converge(aSliver(SIRIUS, local({ starts: 1 })))).toEqual([
      'sliver-started: Start was called [api-caller]',
    ]);
    expect(sirius.converge(aSliver(SIRIUS, local({ starts: 2 })))).toEqual([
      'scripts-run: Start was called [api-caller]',
    ]);
  });

  test('the history describes nm_enabled on the record’s word', () => {
    expect(sirius.converge(aSliver(SIRIUS, { effective: { nm_enabled: 0 } }))).toEqual([
      'account-changed: logins are refused: nm_enabled is 0 [plc]',
      'sliver-stopped: nm_enabled is 0 [plc]',
    ]);
    expect(sirius.converge(aSliver())).toEqual([
      'sliver-started: record of plc [plc]',
      'account-changed: logins are let in: record of plc [plc]',
    ]);
  });

  test('the history describes CreateSliver and DeleteSliver on the caller’s word', () => {
    const site = new ToldAccount(accountName('site_a'));
    const ticket = (created: boolean) =>
      aSliver(site.name, { ...local({ created }), record: { plc_instantiated: false } });
    expect(site.converge(ticket(true))[0]).toMatch(
      /^account-made: CreateSliver was called.*caller/,
    );
    expect(site.converge(ticket(false))).toEqual([
      'sliver-stopped: DeleteSliver was called [api-caller]',
      'files-kept: DeleteSliver was called [api-caller]',
      'account-removed: DeleteSliver was called [api-caller]',
    ]);
  });

  test('the history describes a removal, because its record is gone', () => {
    const why = 'its record was left out of the document [plc]';
    expect(sirius.converge(theRemoval('document'))).toEqual([
      `sliver-stopped: ${why}`,
      `files-kept: ${why}`,
      `account-removed: ${why}`,
    ]);
  });

  test('the history describes files that are kept, given back, and purged', () => {
    sirius.converge(theRemoval('document'));
    expect(sirius.converge(aSliver())).toEqual([
      'account-made: record of plc: a sliver, user id 30000 [plc]',
      'files-restored: kept since 1970-01-01T02:46:40Z: record of plc [plc]',
      'sliver-started: record of plc [plc]',
    ]);
    sirius.converge(theRemoval('document'));
    sirius.now += 101;
    expect(sirius.converge(theRemoval('document'))).toEqual([
      'files-purged: kept since 1970-01-01T02:46:40Z, and their time is over [clock]',
    ]);
  });

  test('the history describes a sliver that has expired, its files given back, and the end of its account', () => {
    const why = 'its record has expired [clock]';
    const expiry = [
      `account-changed: logins are refused: ${why}`,
      `sliver-stopped: ${why}`,
      `files-kept: ${why}`,
    ];
    expect(sirius.converge(theRemoval('expired'))).toEqual(expiry);
    expect(sirius.converge(aSliver())).toEqual([
      'files-restored: kept since 1970-01-01T02:46:40Z: record of plc [plc]',
      'sliver-started: record of plc [plc]',
    ]);
    expect(sirius.converge(theRemoval('expired'))).toEqual(expiry);
    sirius.now += 101;
    expect(sirius.converge(undefined)).toEqual([`account-removed: ${why}`]);
    expect(sirius.converge(undefined)).toEqual([
      'files-purged: kept since 1970-01-01T02:46:40Z, and their time is over [clock]',
    ]);
  });

  test('the history describes files that were not limited as their quota has it, as our own doing', () => {
    sirius.observed = { ...sirius.observed, inodesDiffer: true } as ObservedAccount;
    expect(sirius.converge(aSliver())).toEqual([
      'account-changed: limit of files set to 312500, as its disk quota has it [supervisor]',
    ]);
  });

  test('the history describes a sliver that did not run, and of a user that had gone, as our own doing', () => {
    sirius.observed = { ...sirius.observed, state: 'stopped', user: 'none' } as ObservedAccount;
    expect(sirius.converge(aSliver())).toEqual([
      'account-changed: its user had gone and is made again [supervisor]',
      'sliver-started: it should run and did not [supervisor]',
    ]);
  });
});

describe('failures in the history', () => {
  const failure = {
    code: 'account',
    subject: SIRIUS,
    action: 'start-unit',
    reason: 'no such image',
  } as const;

  test('a failure is noted once for each reason, however often it is tried, and when it is over', () => {
    const { failures } = sirius.history;
    sirius.told.length = 0;
    for (let tries = 1; tries <= 3; tries += 1) expect(failures.report(failure)).toBe(tries);
    failures.report({ ...failure, reason: 'the disk is full' });
    expect(failures.clear(SIRIUS)).toBe(true);
    expect(failures.clear(SIRIUS)).toBe(false);
    expect(sirius.lines()).toEqual([
      'failed: start-unit: no such image [supervisor]',
      'failed: start-unit: the disk is full [supervisor]',
      'works-again: what failed is done [supervisor]',
    ]);
    expect(sirius.board.list()).toEqual([]);
  });

  test('a failure is noted a few times at most when its reason is another each time', () => {
    sirius.told.length = 0;
    for (let pid = 0; pid < 100; pid += 1) {
      sirius.history.failures.report({ ...failure, reason: `process ${pid} is in the way` });
    }
    expect(sirius.told).toHaveLength(10);
  });

  test('a failure is noted for the node when it concerns no single account', () => {
    sirius.told.length = 0;
    sirius.history.failures.report({
      ...failure,
      code: 'cpu-guarantees',
      subject: 'CPU guarantees',
    });
    expect(sirius.told).toMatchObject([
      { account: 'node', why: 'CPU guarantees: start-unit: no such image' },
    ]);
  });
});

describe('notices of the kernel in the history', () => {
  test('a notice of the kernel is noted at once, and what follows within the minute together at its end', () => {
    sirius.told.length = 0;
    for (const times of [1, 500, 600]) {
      sirius.history.happened(SIRIUS, { notice: 'tasks-limit', times });
    }
    sirius.history.happened(SIRIUS, { notice: 'own-oom', times: 1 });
    expect(sirius.lines()).toEqual([
      'tasks-limit: a fork was refused: nm_tasks_max was reached [kernel]',
      'oom-kill: a process was killed: nm_mem_max was reached [kernel]',
    ]);
    for (const action of sirius.later.splice(0)) action();
    expect(sirius.lines().slice(2)).toEqual([
      'tasks-limit: a fork was refused: nm_tasks_max was reached, 1100 times [kernel]',
    ]);
  });

  test('the history describes a kill that was not the sliver’s own limit’s doing without blaming nm_mem_max', () => {
    sirius.told.length = 0;
    sirius.history.happened(SIRIUS, { notice: 'foreign-oom', times: 1 });
    sirius.history.happened(SIRIUS, { notice: 'own-oom', times: 1 });
    expect(sirius.lines()).toEqual([
      expect.stringMatching(/^oom-kill: .* nm_mem_max was not reached: .* \[kernel\]$/),
      'oom-kill: a process was killed: nm_mem_max was reached [kernel]',
    ]);
  });

  test('the history describes a sliver that has ended by itself', () => {
    sirius.told.length = 0;
    sirius.history.happened(SIRIUS, { notice: 'ended' });
    expect(sirius.lines()).toEqual([
      'sliver-died: all its processes have ended, and nobody asked for it [kernel]',
    ]);
  });
});
