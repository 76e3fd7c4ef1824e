import { accountName, epochSeconds, type Loan, MAX_LOANS_OF_NODE } from '@nodemgr/records';
import { describe, expect, test } from 'vitest';
import { applyRows, type NodeState } from '../store/node-state.ts';
import {
  aDelegate,
  aSliver,
  keyOf,
  localFacts,
  stateWith,
} from '../test-support/builders.test-support.ts';
import { decideWrite, type WriteCall, type WriteRequest } from './decide-write.ts';

const SIRIUS = accountName('princeton_sirius');
const CALL: WriteCall = { caller: 'sliver b_b', at: epochSeconds(1_700_000_000) };
/** What is remembered of a Stop that was called so. */
const STOPPED = { stopped: true, stopped_by: CALL.caller, stopped_at: CALL.at } as const;
const LOANS: readonly Loan[] = [['b_b', 'nm_cpu_share', 10]];

/** The local facts of the one sliver after `writes`, and how many of them changed a row. */
function write(state: NodeState, ...writes: readonly WriteRequest[]) {
  let changed = 0;
  const end = writes.reduce((before, each) => {
    const rows = decideWrite(each, SIRIUS, before, CALL);
    changed += rows.length;
    return applyRows(before, rows);
  }, state);
  return { local: end.locals.get(keyOf(SIRIUS)), changed };
}

const node = stateWith([aSliver()]);
const foreign = stateWith([aSliver({ plc_instantiated: false })]);

describe('writes', () => {
  test('a write of loans replaces the list', () => {
    const other: Loan = ['c_c', 'nm_net_share', 1];
    const { local } = write(
      node,
      { act: 'set_loans', loans: LOANS },
      { act: 'set_loans', loans: [other] },
    );
    expect(local).toEqual(localFacts({ loans: [other] }));
  });

  test('that changes nothing writes no row', () => {
    const { changed } = write(
      node,
      { act: 'set_loans', loans: [] },
      { act: 'delete_sliver' },
      { act: 'stop' },
      { act: 'stop' },
    );
    expect(changed).toBe(1);
  });

  test('a write of Stop is remembered until Start, which counts', () => {
    expect(write(node, { act: 'stop' }).local).toEqual(localFacts(STOPPED));
    expect(write(node, { act: 'stop' }, { act: 'start' }).local).toEqual(
      localFacts({ stopped: false, starts: 1 }),
    );
    expect(write(node, { act: 'start' }, { act: 'start' }).local?.starts).toBe(2);
  });

  test('a write of Stop is remembered with the first caller and its time, and forgotten with the stop', () => {
    const once = applyRows(node, decideWrite({ act: 'stop' }, SIRIUS, node, CALL));
    const later = { caller: 'root', at: epochSeconds(1_700_000_060) };
    expect(decideWrite({ act: 'stop' }, SIRIUS, once, later)).toEqual([]);
    for (const act of ['start', 'recreate'] as const) {
      const facts = write(once, { act }).local;
      expect(facts).not.toHaveProperty('stopped_by');
      expect(facts).not.toHaveProperty('stopped_at');
    }
  });

  test('a write of CreateSliver and DeleteSliver is about slivers that PLC has not instantiated', () => {
    expect(write(foreign, { act: 'create_sliver' }).local?.created).toBe(true);
    expect(write(foreign, { act: 'create_sliver' }, { act: 'delete_sliver' }).local).toEqual(
      localFacts({ created: false }),
    );
    expect(write(node, { act: 'create_sliver' }, { act: 'delete_sliver' }).changed).toBe(0);
  });

  test('a write of ReCreate is a start that notes from which on the sliver is to be a new one', () => {
    expect(write(node, { act: 'start' }, { act: 'stop' }, { act: 'recreate' }).local).toEqual(
      localFacts({ starts: 2, recreated: 2 }),
    );
    expect(write(node, { act: 'recreate' }, { act: 'start' }).local).toEqual(
      localFacts({ starts: 2, recreated: 1 }),
    );
    expect(write(foreign, { act: 'recreate' }).local).toEqual(
      localFacts({ created: true, starts: 1, recreated: 1 }),
    );
  });

  test('a write of one fact leaves the others as they were', () => {
    const { local } = write(
      foreign,
      { act: 'set_loans', loans: LOANS },
      { act: 'create_sliver' },
      { act: 'start' },
      { act: 'stop' },
    );
    expect(local).toEqual({
      loans: LOANS,
      created: true,
      starts: 1,
      ...STOPPED,
      recreated: 0,
      leased_until: 0,
    });
  });

  test.each([
    ['no record', stateWith([])],
    ['a delegate', stateWith([aDelegate('princeton_sirius')])],
  ])('to what is %s is refused by its name', (_what, state) => {
    expect(() => decideWrite({ act: 'stop' }, SIRIUS, state, CALL)).toThrow(
      expect.objectContaining({
        kind: 'bad-argument',
        message: "no such sliver: 'princeton_sirius'",
      }),
    );
  });

  test.each<[Loan, string]>([
    [['princeton_sirius', 'nm_cpu_share', 1], 'recipient is the lender itself'],
    [['sirius', 'nm_cpu_share', 1], 'recipient is no name that a slice can have'],
    [['b_b', 'nm_disk_quota', 1], 'resource cannot be lent'],
    [['b_b', 'nm_cpu_share', 0], 'amount is not positive'],
  ])('of loans of which one, %j, can never count is refused as a whole: %s', (loan, why) => {
    const write: WriteRequest = { act: 'set_loans', loans: [...LOANS, loan] };
    expect(() => decideWrite(write, SIRIUS, node, CALL)).toThrow(
      expect.objectContaining({
        kind: 'bad-argument',
        message: expect.stringContaining(`entry 2 of the loans, ${JSON.stringify(loan)}`),
      }),
    );
    expect(() => decideWrite(write, SIRIUS, node, CALL)).toThrow(why);
  });

  test('a write of loans leaves those that never count, of an old database, until the list is replaced', () => {
    const old: Loan[] = [['b_b', 'nm_disk_quota', 1]];
    const state = stateWith(
      [aSliver()],
      [{ table: 'locals', key: keyOf(SIRIUS), value: localFacts({ loans: old }) }],
    );
    expect(write(state, { act: 'stop' }).local?.loans).toEqual(old);
    const again = () => decideWrite({ act: 'set_loans', loans: old }, SIRIUS, state, CALL);
    expect(again).toThrow('never');
    expect(write(state, { act: 'set_loans', loans: LOANS }).local?.loans).toEqual(LOANS);
  });

  test('a write of more loans than a node can hold is refused; fewer may always be set', () => {
    const full = Array.from({ length: MAX_LOANS_OF_NODE }, (): Loan => ['b_b', 'nm_cpu_share', 1]);
    const state = stateWith(
      [aSliver(), aSliver({ name: 'b_b' })],
      [
        { table: 'locals', key: keyOf('b_b'), value: localFacts({ loans: full }) },
        { table: 'locals', key: keyOf(SIRIUS), value: localFacts({ loans: LOANS }) },
      ],
    );
    const more: WriteRequest = { act: 'set_loans', loans: [...LOANS, ...LOANS] };
    expect(() => decideWrite(more, SIRIUS, state, CALL)).toThrow(/no room for these loans/);
    expect(decideWrite({ act: 'set_loans', loans: [] }, SIRIUS, state, CALL)).toHaveLength(1);
  });
});
