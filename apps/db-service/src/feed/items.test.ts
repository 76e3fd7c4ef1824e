import {
  DEFAULT_RSPEC,
  epochSeconds,
  LEASES_KEY,
  type Loan,
  NO_LOCAL_FACTS,
  type RecordKey,
} from '@nodemgr/records';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { applyRows, EMPTY_STATE, type NodeState, type Row } from '../store/node-state.ts';
import {
  aCap,
  aDelegate,
  aSliver,
  keyOf,
  localFacts,
  NOON,
  stateWith,
  TERMS,
  theLeases,
} from '../test-support/builders.test-support.ts';
import {
  allEntries,
  allocate,
  changedEntries,
  type Derived,
  derive,
  itemFor,
  movedByLoans,
} from './items.ts';

const derived = (state: NodeState): Derived => derive(state, TERMS);

/** Carries `rows` out as the state keeper does: what it holds then, and what it publishes. */
function commit(before: Derived, rows: readonly Row[]) {
  const after = derive(applyRows(before.state, rows), TERMS, before, rows);
  return { after, entries: changedEntries(before, after, rows) };
}

const lend = (name: string, ...loans: Loan[]): Row => ({
  table: 'locals',
  key: keyOf(name),
  value: localFacts({ loans }),
});

describe('on a reservable node', () => {
  const A = keyOf('a_a');
  const B = keyOf('b_b');
  const slivers = [aSliver({ name: 'a_a' }), aSliver({ name: 'b_b', rspec: { system: 1 } })];
  const state = (policy: 'lease_or_idle' | 'lease_or_shared', leased_until = 0): NodeState =>
    stateWith(
      [...slivers, theLeases(policy, ['a_a', NOON, NOON + 60])],
      [{ table: 'locals', key: A, value: localFacts({ leased_until }) }],
    );

  test('nobody but slices of the system runs between leases, where the policy is idle', () => {
    const node = derived(state('lease_or_idle'));
    expect([itemFor(A, node), itemFor(B, node)]).toMatchObject([
      { lease: { standing: 'rests' } },
      { lease: { standing: 'runs' } },
    ]);
  });

  test('the shares of a holder are raised, and those of nobody else, where the policy is shared', () => {
    const node = derived(state('lease_or_shared', NOON + 60));
    expect([itemFor(A, node), itemFor(B, node)]).toMatchObject([
      {
        lease: { standing: 'holds', until: NOON + 60, raised: 10 },
        rspec: { nm_cpu_share: 32 },
        effective: { nm_cpu_share: 320, nm_net_share: 10, nm_io_weight: 1000, nm_mem_max: 0 },
      },
      { lease: { standing: 'runs' }, effective: { nm_cpu_share: 32 } },
    ]);
  });

  test('the others rest beside a holder for whom they are stopped, and are told beside whom', () => {
    const terms = { ...TERMS, leases: { besideHolder: 'stop', raise: 10 } } as const;
    const leases = [...slivers, aSliver({ name: 'c_c' }), theLeases('lease_or_shared')];
    const row = { table: 'locals', key: A, value: localFacts({ leased_until: NOON }) } as const;
    const node = derive(stateWith(leases, [row]), terms);
    expect(itemFor(keyOf('c_c'), node)).toMatchObject({
      lease: { standing: 'rests', holder: 'a_a' },
    });
    expect(itemFor(A, node)).not.toHaveProperty('lease.raised');
  });

  test('a lease that begins is published with all whose standing it changes, and no others', () => {
    const before = derived(state('lease_or_idle'));
    const row = {
      table: 'locals',
      key: A,
      value: localFacts({ leased_until: NOON + 60 }),
    } as const;
    const { entries } = commit(before, [row]);
    expect(entries.map(({ key }) => key)).toEqual([A]);
    const none: Row = { table: 'records', key: LEASES_KEY, value: undefined };
    expect(
      commit(before, [none])
        .entries.map(({ key }) => key)
        .sort(),
    ).toEqual([LEASES_KEY, A, B]);
  });

  test('the leases themselves are an item, and without them no sliver has anything of leases', () => {
    const item = itemFor(LEASES_KEY, derived(state('lease_or_idle')));
    expect(item).toMatchObject({ kind: 'leases', record: { leases: [{ slice: 'a_a' }] } });
    expect(itemFor(A, derived(stateWith(slivers)))).not.toHaveProperty('lease');
  });
});

describe('what is published of', () => {
  const item = (key: RecordKey, state: NodeState) => itemFor(key, derived(state));

  test('a sliver is its record, its local facts, and its RSpec before and after loans', () => {
    const sliver = aSliver({ rspec: { nm_cpu_share: 64, other: 7 } });
    const state = stateWith(
      [sliver, aSliver({ name: 'b_b' })],
      [lend('princeton_sirius', ['b_b', 'nm_cpu_share', 4])],
    );
    const rspec = { ...DEFAULT_RSPEC, nm_cpu_share: 64, other: 7 };
    expect(item(sliver.record_key, state)).toEqual({
      kind: 'account',
      source: 'plc',
      record: sliver,
      local: localFacts({ loans: [['b_b', 'nm_cpu_share', 4]] }),
      rspec,
      effective: { ...rspec, nm_cpu_share: 60 },
    });
    expect(item(keyOf('b_b'), state)).toMatchObject({
      local: NO_LOCAL_FACTS,
      rspec: { nm_cpu_share: 32 },
      effective: { nm_cpu_share: 36 },
    });
  });

  test('a delegate has no RSpec', () => {
    const state = stateWith([aDelegate()]);
    expect(item(aDelegate().record_key, state)).toMatchObject({ rspec: {}, effective: {} });
  });

  test('the cap is its record', () => {
    const state = stateWith([aCap()], [], 'config');
    expect(item(aCap().record_key, state)).toEqual({
      kind: 'bwcap',
      source: 'config',
      record: aCap(),
    });
  });

  test('an account that is gone is why and when, and nothing of how sure that is', () => {
    const value = {
      reason: 'document',
      removed_at: epochSeconds(NOON),
      untimed: true,
    } as const;
    const state = stateWith([], [{ table: 'removed', key: keyOf('a_a'), value }]);
    expect(item(keyOf('a_a'), state)).toEqual({
      kind: 'removal',
      reason: 'document',
      removed_at: NOON,
    });
  });

  test('the sources is when each was last heard, the newest first of all', () => {
    const heard = (key: 'plc' | 'config', timestamp: number): Row => ({
      table: 'sources',
      key,
      value: { timestamp: epochSeconds(timestamp), digest: 'd', boot_id: `boot of ${key}` },
    });
    const state = stateWith([], [heard('plc', 5), heard('config', 9)]);
    expect(item('timestamp' as RecordKey, state)).toEqual({
      kind: 'timestamp',
      timestamp: 9,
      sources: {
        plc: { timestamp: 5, boot_id: 'boot of plc' },
        config: { timestamp: 9, boot_id: 'boot of config' },
      },
    });
  });

  test('a key that nobody knows is nothing', () => {
    expect(item(keyOf('x_x'), EMPTY_STATE)).toBeNull();
  });
});

describe('changes', () => {
  const node = derived(stateWith(['a_a', 'b_b', 'c_c', 'd_d'].map((name) => aSliver({ name }))));
  const keys = (rows: readonly Row[], before = node) =>
    commit(before, rows)
      .entries.map(({ key }) => key)
      .sort();

  test('a change is published of the sliver that changed and of no other', () => {
    const changed = aSliver({ name: 'a_a', ssh_keys: 'new' });
    const row: Row = {
      table: 'records',
      key: changed.record_key,
      value: { record: changed, source: 'plc' },
    };
    expect(keys([row])).toEqual([keyOf('a_a')]);
  });

  test('a change is published of lender and borrowers when loans change', () => {
    const loans: Loan[] = [
      ['b_b', 'nm_cpu_share', 1],
      ['c_c', 'nm_net_share', 1],
    ];
    expect(keys([lend('a_a', ...loans)])).toEqual([keyOf('a_a'), keyOf('b_b'), keyOf('c_c')]);
    const lent = commit(node, [lend('a_a', ...loans)]).after;
    expect(keys([lend('a_a', ['b_b', 'nm_cpu_share', 1])], lent)).toEqual([
      keyOf('a_a'),
      keyOf('c_c'),
    ]);
  });

  test('a change is published of a lender whose borrower goes', () => {
    const lent = commit(node, [lend('a_a', ['b_b', 'nm_cpu_share', 1])]).after;
    const gone: Row = { table: 'records', key: keyOf('b_b'), value: undefined };
    expect(keys([gone], lent)).toEqual([keyOf('a_a'), keyOf('b_b')]);
  });

  test('never when nothing differs', () => {
    const [again] = [...node.state.records.values()];
    const row: Row = { table: 'records', key: keyOf('a_a'), value: again };
    expect(keys([row, lend('a_a')])).toEqual([]);
  });

  test('never of what the guard holds back', () => {
    expect(keys([{ table: 'holds', key: 'plc', value: undefined }])).toEqual([]);
  });
});

const NAMES = ['a_a', 'b_b', 'c_c', 'd_d'];
const name = fc.constantFrom(...NAMES);
const loan: fc.Arbitrary<Loan> = fc.tuple(
  fc.constantFrom(...NAMES, 'x_x'),
  fc.constantFrom('nm_cpu_share', 'nm_net_share', 'nm_disk_quota'),
  fc.integer({ min: -1, max: 20 }),
);
const row: fc.Arbitrary<Row> = fc.oneof(
  fc.tuple(name, fc.nat({ max: 20 })).map(([name, share]): Row => {
    const record = aSliver({ name, rspec: { nm_cpu_share: share } });
    return { table: 'records', key: record.record_key, value: { record, source: 'plc' } };
  }),
  name.map((name): Row => ({ table: 'records', key: keyOf(name), value: undefined })),
  fc.tuple(name, fc.array(loan, { maxLength: 4 }), fc.boolean()).map(
    ([name, loans, stopped]): Row => ({
      table: 'locals',
      key: keyOf(name),
      value: localFacts({ loans, stopped }),
    }),
  ),
  name.map((name): Row => ({ table: 'locals', key: keyOf(name), value: undefined })),
  fc.constantFrom(aDelegate(), aCap()).map(
    (record): Row => ({
      table: 'records',
      key: record.record_key,
      value: { record, source: 'config' },
    }),
  ),
);
const commits = fc.array(fc.array(row, { maxLength: 5 }), { maxLength: 15 });

test('RSpecs derived change by change are those derived from scratch', () => {
  fc.assert(
    fc.property(commits, (commits) => {
      let at = derived(EMPTY_STATE);
      for (const rows of commits) {
        at = commit(at, rows).after;
        const { owned, effective, judged } = allocate(at.state, DEFAULT_RSPEC);
        expect(at.allocations.owned).toEqual(owned);
        expect(at.allocations.effective).toEqual(effective);
        expect(at.allocations.judged).toEqual(judged);
      }
    }),
  );
});

test('the slivers that a change of loans moves are all those whose RSpec after loans differs', () => {
  fc.assert(
    fc.property(commits, (commits) => {
      let was = derived(EMPTY_STATE);
      for (const rows of commits) {
        const { after: is } = commit(was, rows);
        const [before, after] = [was.allocations.effective, is.allocations.effective];
        const differ = [...new Set([...before.keys(), ...after.keys()])].filter(
          (each) => JSON.stringify(before.get(each)) !== JSON.stringify(after.get(each)),
        );
        expect([...movedByLoans(was.allocations, is.allocations)].sort()).toEqual(differ.sort());
        was = is;
      }
    }),
  );
});

test('the changes published, one after the other, make the whole that a snapshot has', () => {
  fc.assert(
    fc.property(commits, (commits) => {
      let at = derived(EMPTY_STATE);
      const replica = new Map<string, unknown>();
      for (const rows of commits) {
        const { after, entries } = commit(at, rows);
        for (const { key, item } of entries) {
          if (item === null) replica.delete(key);
          else replica.set(key, item);
        }
        at = after;
        const whole = allEntries(at).filter(({ item }) => item !== null);
        expect(Object.fromEntries(replica)).toEqual(
          Object.fromEntries(whole.map(({ key, item }) => [key, item])),
        );
      }
    }),
  );
});
