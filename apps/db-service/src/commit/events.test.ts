import { accountName, epochSeconds, type Loan } from '@nodemgr/records';
import { describe, expect, test } from 'vitest';
import { decideFullUpdate } from '../deliver/decide-update.ts';
import { decideExpiry } from '../expiry/decide-expiry.ts';
import { derive } from '../feed/items.ts';
import { applyRows, type NodeState, type Row } from '../store/node-state.ts';
import {
  aCap,
  aDelegate,
  anUpdate,
  aSliver,
  BY_ROOT,
  GUARD,
  keyOf,
  localFacts,
  NOON,
  POLICY,
  stateWith,
  TERMS,
} from '../test-support/builders.test-support.ts';
import { decideTicket } from '../tickets/decide-ticket.ts';
import { decideWrite, type WriteCall, type WriteRequest } from '../writes/decide-write.ts';
import type { Cause } from './cause.ts';
import { deriveEvents } from './events.ts';

const NO_DEFAULTS = { ...TERMS, defaults: {} };
const T = '2023-11-14T22:13:20Z';
const CIRCUMSTANCES = { now: epochSeconds(NOON), clockTrusted: true, ...POLICY };

const CALL: WriteCall = { caller: 'root', at: epochSeconds(NOON) };

/** The history of a commit: 'account what: why [by]'. */
function told(before: NodeState, rows: readonly Row[], cause: Cause): readonly string[] {
  const was = derive(before, NO_DEFAULTS);
  const state = applyRows(before, rows);
  const is = derive(state, NO_DEFAULTS, was, rows);
  return deriveEvents(was, is, rows, cause).map(
    ({ account, what, why, by }) =>
      `${account} ${what}: ${why} [${[by.kind, by.name].filter(Boolean).join(' ')}]`,
  );
}

function toldOfUpdate(before: NodeState, records: readonly unknown[], allowed = false) {
  const update = anUpdate({ records });
  const guard = allowed ? 'allowed' : GUARD;
  const { rows } = decideFullUpdate(update, before, { ...CIRCUMSTANCES, guard });
  const { source, timestamp } = update;
  return told(before, rows, { kind: 'update', source, timestamp, allowed });
}

function toldOfWrite(before: NodeState, name: string, write: WriteRequest) {
  return told(before, decideWrite(write, accountName(name), before, CALL), BY_ROOT);
}

const lends = (...loans: Loan[]): WriteRequest => ({ act: 'set_loans', loans });
const share = (name: string, amount: number) => aSliver({ name, rspec: { nm_cpu_share: amount } });

describe('documents', () => {
  test('a document is noted with each record that it is the first to name, and until when', () => {
    const expiry = NOON + 86_400;
    expect(
      toldOfUpdate(stateWith([]), [aSliver({ name: 'a_a', expiry }), aDelegate(), aCap()]),
    ).toMatchInlineSnapshot(`
        [
          "a_a record-created: named in the document of ${T}, until 2023-11-15T22:13:20Z [plc]",
          "del_snoop record-created: named in the document of ${T} [plc]",
          "node record-created: named in the document of ${T} [plc]",
        ]
      `);
  });

  test('a document is noted field by field with what it changes, old and new', () => {
    const before = stateWith([
      aSliver({ name: 'a_a', rspec: { nm_cpu_share: 32, nm_disk_quota: 1000 }, ssh_keys: 'one' }),
      aCap(1_000_000),
    ]);
    const after = [
      aSliver({ name: 'a_a', rspec: { nm_cpu_share: 64 }, ssh_keys: 'two\n', expiry: NOON + 1 }),
      aCap(2_000_000),
    ];
    expect(toldOfUpdate(before, after)).toEqual([
      `a_a record-changed: ssh keys replaced, nm_cpu_share 32 → 64, nm_disk_quota 1000 → default KiB, expiry never → 2023-11-14T22:13:21Z: the document of ${T} says so [plc]`,
      `node record-changed: cap 1000000 → 2000000 bits/s: the document of ${T} says so [plc]`,
    ]);
  });

  test('a document is noted with the records that it leaves out', () => {
    const before = stateWith([aSliver({ name: 'a_a' }), aSliver({ name: 'b_b' })]);
    expect(toldOfUpdate(before, [aSliver({ name: 'a_a' })])).toEqual([
      `b_b record-removed: left out of the document of ${T} [plc]`,
    ]);
  });

  test('that changes nothing tells nothing', () => {
    const records = [aSliver({ name: 'a_a' }), aCap()];
    const [tells] = toldOfUpdate(stateWith(records), records);
    expect(tells).toBeUndefined();
  });

  test('that the guard refuses is told of the node, and again only for another reason', () => {
    const before = stateWith(['a_a', 'b_b', 'c_c', 'd_d'].map((name) => aSliver({ name })));
    const update = anUpdate({ records: [] });
    const { rows } = decideFullUpdate(update, before, CIRCUMSTANCES);
    const cause = { kind: 'update', source: 'plc', timestamp: update.timestamp, allowed: false };
    expect(told(before, rows, cause as Cause)).toEqual([
      expect.stringMatching(
        /^node update-held: the document of \S+ from plc: the update would remove 4 of 4 .* \[guard\]$/,
      ),
    ]);
    expect(told(applyRows(before, rows), rows, cause as Cause)).toEqual([]);
  });

  test('that an operator lets through is told as the operator’s word', () => {
    const before = stateWith(['a_a', 'b_b', 'c_c', 'd_d'].map((name) => aSliver({ name })));
    expect(toldOfUpdate(before, [aSliver({ name: 'a_a' })], true)).toEqual([
      `node update-allowed: the document of ${T} from plc: 0 records written, 3 removed [operator]`,
      ...['b_b', 'c_c', 'd_d'].map(
        (name) =>
          `${name} record-removed: left out of the document of ${T}, which an operator let through [plc]`,
      ),
    ]);
  });
});

test('a ticket tells of its record, and PLC that it takes it over', () => {
  const record = aSliver({ name: 'a_a', plc_instantiated: false });
  const { rows } = decideTicket({ record, digest: 'd' }, stateWith([]), CIRCUMSTANCES);
  expect(told(stateWith([]), rows, { kind: 'ticket', signer: 'f00d', caller: 'nobody' })).toEqual([
    'a_a record-created: named in a ticket, signed by f00d, delivered by nobody [ticket]',
  ]);
  const held = stateWith([record], [], 'ticket');
  expect(toldOfUpdate(held, [aSliver({ name: 'a_a' })])).toEqual([
    `a_a record-changed: source ticket → plc, plc_instantiated false → true: the document of ${T} says so [plc]`,
  ]);
});

test('a ticket’s slice that PLC’s document names as over is told as PLC’s word', () => {
  const held = stateWith([aSliver({ name: 'a_a', timestamp: NOON - 1 })], [], 'ticket');
  expect(toldOfUpdate(held, [aSliver({ name: 'a_a', expiry: NOON })])).toEqual([
    `a_a record-removed: over, by the document of ${T} [plc]`,
  ]);
});

test('what is over is told as the clock’s word', () => {
  const before = stateWith([aSliver({ name: 'a_a', expiry: NOON })]);
  const rows = decideExpiry(before, epochSeconds(NOON), 10, new Map());
  expect(told(before, rows, { kind: 'expiry' })).toEqual([
    `a_a record-removed: expired on ${T} [clock]`,
  ]);
  expect(toldOfUpdate(before, [])).toEqual([`a_a record-removed: expired on ${T} [clock]`]);
});

describe('calls', () => {
  const before = stateWith([aSliver({ name: 'a_a', plc_instantiated: false })]);

  test.each([
    ['stop', 'stopped: Stop was called'],
    ['start', 'started: Start was called'],
    ['create_sliver', 'sliver-created: CreateSliver was called'],
  ] as const)('of %s is told with its caller', (act, text) => {
    expect(toldOfWrite(before, 'a_a', { act })).toEqual([`a_a ${text} [api-caller root]`]);
  });

  test('a call of DeleteSliver is noted, too', () => {
    const created = localFacts({ created: true });
    const made = stateWith(
      [aSliver({ name: 'a_a', plc_instantiated: false })],
      [{ table: 'locals', key: keyOf('a_a'), value: created }],
    );
    expect(toldOfWrite(made, 'a_a', { act: 'delete_sliver' })).toEqual([
      'a_a sliver-deleted: DeleteSliver was called [api-caller root]',
    ]);
  });
});

describe('loans', () => {
  const before = stateWith([share('a_a', 40), share('b_b', 10), share('c_c', 5)]);
  const withLoan = applyRows(
    before,
    decideWrite(lends(['b_b', 'nm_cpu_share', 8]), accountName('a_a'), before, CALL),
  );

  test('loans are noted for the lender, and what they make of either side', () => {
    expect(toldOfWrite(before, 'a_a', lends(['b_b', 'nm_cpu_share', 8]))).toEqual([
      'a_a loans-set: lends 8 nm_cpu_share to b_b [api-caller root]',
      'a_a effective-changed: nm_cpu_share 40 → 32 (8 is lent to b_b) [api-caller root]',
      'b_b effective-changed: nm_cpu_share 10 → 18 (a_a lends 8) [api-caller root]',
    ]);
  });

  test('that do not count change nothing of anyone', () => {
    expect(toldOfWrite(before, 'a_a', lends(['b_b', 'nm_cpu_share', 41]))).toEqual([
      'a_a loans-set: lends 41 nm_cpu_share to b_b [api-caller root]',
    ]);
  });

  test('taken back are told of both', () => {
    expect(toldOfWrite(withLoan, 'a_a', lends(['c_c', 'nm_cpu_share', 1]))).toEqual([
      'a_a loans-set: lends 1 nm_cpu_share to c_c [api-caller root]',
      'a_a effective-changed: nm_cpu_share 32 → 39 (8 is lent to b_b no more, 1 is lent to c_c) [api-caller root]',
      'b_b effective-changed: nm_cpu_share 18 → 10 (a_a lends 8 no more) [api-caller root]',
      'c_c effective-changed: nm_cpu_share 5 → 6 (a_a lends 1) [api-caller root]',
    ]);
  });

  test('that end because a document makes the lender poorer are told as the document’s word', () => {
    const poorer = [share('a_a', 4), share('b_b', 10), share('c_c', 5)];
    expect(toldOfUpdate(withLoan, poorer)).toEqual([
      `a_a record-changed: nm_cpu_share 40 → 4: the document of ${T} says so [plc]`,
      'a_a effective-changed: nm_cpu_share 32 → 4 (8 is lent to b_b no more) [plc]',
      'b_b effective-changed: nm_cpu_share 18 → 10 (a_a lends 8 no more) [plc]',
    ]);
  });

  test('loans to a sliver that goes end for the lender', () => {
    expect(toldOfUpdate(withLoan, [share('a_a', 40), share('c_c', 5)])).toEqual([
      `b_b record-removed: left out of the document of ${T} [plc]`,
      'a_a effective-changed: nm_cpu_share 32 → 40 (8 is lent to b_b no more) [plc]',
    ]);
  });

  test('hundreds of loans are noted in part', () => {
    const many = Array.from({ length: 500 }, (): Loan => ['b_b', 'nm_cpu_share', 1]);
    const [first] = toldOfWrite(before, 'a_a', lends(...many));
    expect(first).toContain('and 494 more');
  });
});
