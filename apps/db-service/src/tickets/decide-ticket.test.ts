import { epochSeconds } from '@nodemgr/records';
import { describe, expect, test } from 'vitest';
import { decideFullUpdate, protectedSlivers } from '../deliver/decide-update.ts';
import { decideExpiry } from '../expiry/decide-expiry.ts';
import { applyRows, EMPTY_STATE, type NodeState, type Row } from '../store/node-state.ts';
import {
  anUpdate,
  aSliver,
  keyOf,
  localFacts,
  NOON,
  POLICY,
  stateWith,
} from '../test-support/builders.test-support.ts';
import { decideTicket, type GrantedRecord } from './decide-ticket.ts';
import { settledRows } from './settled-words.ts';

const KEY = keyOf('princeton_sirius');
const at = (now: number, clockTrusted = true) => ({ now: epochSeconds(now), clockTrusted });
const NOW = at(NOON);

type Terms = Parameters<typeof aSliver>[0];

function aGrant(terms: Terms = {}, digest = 'one'): GrantedRecord {
  const record = aSliver({ plc_instantiated: false, expiry: NOON + 100, ...terms });
  return { record, digest };
}

function granted(state: NodeState, ...grants: readonly GrantedRecord[]): NodeState {
  return grants.reduce(
    (held, grant) => applyRows(held, decideTicket(grant, held, NOW).rows),
    state,
  );
}

const updated = (state: NodeState, timestamp: number, records: readonly unknown[]): NodeState => {
  const update = anUpdate({ timestamp, records });
  const { rows } = decideFullUpdate(update, state, { ...at(timestamp), ...POLICY });
  return applyRows(state, rows);
};

/** What is over by `now` goes; PLC has vouched no later than its document says. */
const swept = (state: NodeState, now: number, keep = 10): NodeState =>
  applyRows(state, decideExpiry(state, epochSeconds(now), keep, new Map()));

describe('tickets', () => {
  test('a ticket creates a record of its own source, which PLC has not instantiated', () => {
    const { result } = decideTicket(aGrant(), EMPTY_STATE, NOW);
    const state = granted(EMPTY_STATE, aGrant());
    expect(result).toBe('created');
    expect(state.records.get(KEY)).toEqual({ record: aGrant().record, source: 'ticket' });
  });

  test('that comes again changes nothing', () => {
    const state = granted(EMPTY_STATE, aGrant());
    expect(decideTicket(aGrant(), state, NOW)).toEqual({ rows: [], result: 'unchanged' });
  });

  test('that renews one extends its time, and touches nothing that the node itself keeps', () => {
    const created: Row = { table: 'locals', key: KEY, value: localFacts({ created: true }) };
    const state = applyRows(granted(EMPTY_STATE, aGrant()), [created]);
    const renewed = aGrant({ timestamp: NOON + 1, expiry: NOON + 900 }, 'two');
    expect(decideTicket(renewed, state, NOW).result).toBe('renewed');
    const renewedState = granted(state, renewed);
    expect(renewedState.records.get(KEY)?.record.expiry).toBe(NOON + 900);
    expect(renewedState.locals).toBe(state.locals);
  });

  test('that comes after the end of one is as the first: it takes another CreateSliver', () => {
    const facts = { created: true, starts: 3 };
    const created: Row = { table: 'locals', key: KEY, value: localFacts(facts) };
    const state = applyRows(granted(EMPTY_STATE, aGrant({ expiry: NOON + 1 })), [created]);
    const gone = swept(state, NOON + 2, 100);
    const again = granted(gone, aGrant({ timestamp: NOON + 2 }, 'two'));
    expect(again.records.has(KEY)).toBe(true);
    expect(again.locals.get(KEY)).toEqual(localFacts({ starts: 3 }));
  });

  test('a ticket for a slice that PLC names itself changes nothing, now or later', () => {
    const state = stateWith([aSliver()]);
    expect(decideTicket(aGrant(), state, NOW)).toEqual({ rows: [], result: 'left to PLC' });
  });

  test.each([
    ['slices that tickets may stand in for', 1000, 'ticket', /^tickets stand in for 1000 slices/],
    ['records that a node holds', 10_000, 'plc', /^this node holds 10000 records/],
  ] as const)('beyond the %s is not taken', (_what, most, source, why) => {
    const all = Array.from({ length: most }, (_, n) => aSliver({ name: `a_${n}` }));
    expect(() => decideTicket(aGrant(), stateWith(all, [], source), NOW)).toThrow(
      expect.objectContaining({
        kind: 'unavailable',
        message: expect.stringMatching(new RegExp(`${why.source}.*, and no more fit$`)),
      }),
    );
    const fewer = stateWith(all.slice(1), [], source);
    expect(decideTicket(aGrant(), fewer, NOW).result).toBe('created');
  });

  test('a ticket renews a slice though tickets stand in for as many as they may', () => {
    const all = Array.from({ length: 1000 }, (_, n) => aSliver({ name: `a_${n}` }));
    const renewed = aGrant({ name: 'a_7', timestamp: NOON + 1 });
    expect(decideTicket(renewed, stateWith(all, [], 'ticket'), NOW).result).toBe('renewed');
  });

  test('that says the same in other bytes writes nothing, however often the two come in turn', () => {
    const state = granted(EMPTY_STATE, aGrant());
    const respelled = aGrant({}, 'respelled');
    expect(decideTicket(respelled, state, NOW)).toEqual({ rows: [], result: 'unchanged' });
    expect(granted(state, respelled, aGrant(), respelled)).toEqual(state);
  });
});

describe('of two tickets of one second the first counts', () => {
  const OTHER = aGrant({ rspec: { nm_cpu_share: 5 } }, 'other');
  const REFUSED =
    /refused: another ticket on princeton_sirius, of the same second, has been accepted/;

  test('of two tickets of one second the first counts while it holds: a holder of both cannot flip the slice', () => {
    const state = granted(EMPTY_STATE, aGrant());
    expect(() => decideTicket(OTHER, state, NOW)).toThrow(REFUSED);
    expect(decideTicket(aGrant(), state, NOW).result).toBe('unchanged');
  });

  test('of two tickets of one second the first counts once it is over', () => {
    const gone = swept(granted(EMPTY_STATE, aGrant({ expiry: NOON + 1 })), NOON + 2);
    expect(() => decideTicket(OTHER, gone, at(NOON + 2))).toThrow(REFUSED);
  });

  test('though it only said again what an earlier one had said', () => {
    const again = aGrant({ timestamp: NOON + 3 }, 'again');
    const state = granted(EMPTY_STATE, aGrant(), again);
    const other = aGrant({ timestamp: NOON + 3, rspec: { nm_cpu_share: 5 } }, 'other');
    expect(() => decideTicket(other, state, NOW)).toThrow(REFUSED);
  });

  test('also in the second of a document that left the slice out', () => {
    const left = updated(updated(EMPTY_STATE, NOON - 1, [aSliver()]), NOON, []);
    const state = granted(left, aGrant());
    expect(state.records.get(KEY)?.source).toBe('ticket');
    expect(() => decideTicket(OTHER, state, NOW)).toThrow(REFUSED);
    expect(decideTicket(aGrant(), state, NOW)).toEqual({ rows: [], result: 'unchanged' });
  });
});

describe('older tickets', () => {
  const older = aGrant({ timestamp: NOON - 1 }, 'older');
  const REFUSED =
    /^the ticket is refused: it was issued at \S+, and a later word on princeton_sirius/;

  test('an older ticket is refused while the newer one holds', () => {
    const state = granted(EMPTY_STATE, aGrant());
    expect(() => decideTicket(older, state, NOW)).toThrow(REFUSED);
  });

  test('an older ticket is refused once the newer one has expired, and its files are gone', () => {
    const brief = granted(EMPTY_STATE, aGrant({ expiry: NOON + 1 }));
    const gone = swept(swept(brief, NOON + 2), NOON + 50);
    expect([gone.records.size, gone.removed.size]).toEqual([0, 0]);
    expect(() => decideTicket(older, gone, at(NOON + 50))).toThrow(REFUSED);
  });

  test('an older ticket is refused once PLC has taken the slice over and left it out again', () => {
    const held = granted(EMPTY_STATE, aGrant());
    const taken = updated(held, NOON + 5, [aSliver()]);
    expect(taken.records.get(KEY)?.source).toBe('plc');
    const gone = updated(taken, NOON + 6, []);
    expect(gone.records.size).toBe(0);
    expect(() => decideTicket(aGrant(), gone, NOW)).toThrow(REFUSED);
    const newer = aGrant({ timestamp: NOON + 6 }, 'newer');
    expect(decideTicket(newer, gone, at(NOON + 6)).result).toBe('created');
  });
});

describe('what PLC has ended is not brought back by a ticket from before', () => {
  const LATER = /a later word on princeton_sirius/;
  const lasting = aGrant({ expiry: NOON + 1_000_000 });
  const ending = aSliver({ expiry: NOON + 1000 });

  test('that was in force until PLC took the slice over', () => {
    const taken = updated(granted(EMPTY_STATE, lasting), NOON + 5, [ending]);
    expect(taken.records.get(KEY)?.source).toBe('plc');
    const over = swept(taken, NOON + 1001);
    expect(over.records.size).toBe(0);
    expect(() => decideTicket(lasting, over, at(NOON + 1001))).toThrow(LATER);
  });

  test('that was never delivered before', () => {
    const over = swept(updated(EMPTY_STATE, NOON + 5, [ending]), NOON + 1001);
    expect(() => decideTicket(lasting, over, at(NOON + 1001))).toThrow(LATER);
    const newer = aGrant({ timestamp: NOON + 5, expiry: NOON + 1_000_000 }, 'newer');
    expect(decideTicket(newer, over, at(NOON + 1001)).result).toBe('created');
  });

  test('what PLC has ended is not brought back by a ticket from before when its document named the slice as over from the first', () => {
    const state = updated(EMPTY_STATE, NOON + 1002, [ending]);
    const before = aGrant({ timestamp: NOON + 1001, expiry: NOON + 1_000_000 });
    expect(() => decideTicket(before, state, at(NOON + 1002))).toThrow(LATER);
  });

  test('also from between its last document before the end and its first one after', () => {
    const over = swept(updated(EMPTY_STATE, NOON + 5, [ending]), NOON + 1001);
    const state = updated(over, NOON + 1002, [ending]);
    const between = aGrant({ timestamp: NOON + 6, expiry: NOON + 1_000_000 });
    expect(() => decideTicket(between, state, at(NOON + 1002))).toThrow(LATER);
  });

  test('what PLC has ended is not brought back by a ticket from before, and later documents that still name it as over write nothing of it', () => {
    const state = updated(EMPTY_STATE, NOON + 1002, [ending]);
    const next = anUpdate({ timestamp: NOON + 2000, records: [ending] });
    const { rows } = decideFullUpdate(next, state, { ...at(NOON + 2000), ...POLICY });
    expect(rows.map(({ table }) => table)).toEqual(['sources']);
  });
});

describe('documents on ticketed slices', () => {
  const ending = aSliver({ expiry: NOON + 10 });
  const held = granted(EMPTY_STATE, aGrant({ expiry: NOON + 1000 }));
  const update = anUpdate({ timestamp: NOON + 20, records: [ending] });
  const decide = (state: NodeState, each = update) =>
    decideFullUpdate(each, state, { ...at(NOON + 20), ...POLICY });

  test('a document that names as over what a ticket stands in for ends it, if the ticket is older, for every ticket from before', () => {
    const { rows, result } = decide(held);
    expect(result).toMatchObject({ outcome: 'accepted', removed: 1 });
    const state = applyRows(held, rows);
    expect(state.records.size).toBe(0);
    expect(state.removed.get(KEY)?.reason).toBe('document');
    const ticket = aGrant({ timestamp: NOON + 19, expiry: NOON + 1000 }, 'two');
    expect(() => decideTicket(ticket, state, at(NOON + 20))).toThrow(/a later word/);
  });

  test.each([
    ['newer', NOON + 21],
    ['of the same second', NOON + 20],
  ])('leaves it alone if the ticket is %s', (_what, timestamp) => {
    const renewed = granted(held, aGrant({ timestamp, expiry: NOON + 1000 }, 'two'));
    expect(applyRows(renewed, decide(renewed).rows).records).toEqual(renewed.records);
  });

  test('a document that names as over what a ticket stands in for says nothing when it is this node’s own configuration', () => {
    const { rows } = decide(held, { ...update, source: 'config' });
    expect(rows.map(({ table }) => table)).toEqual(['sources']);
  });

  test('a document that names as over what a ticket stands in for ends nothing while the clock is not trusted', () => {
    const doubtful = { ...at(NOON + 20, false), ...POLICY };
    const state = applyRows(held, decideFullUpdate(update, held, doubtful).rows);
    expect(state.records.get(KEY)?.source).toBe('plc');
  });
});

describe('time', () => {
  test('a ticket that is over is refused', () => {
    const over = aGrant({ expiry: NOON });
    expect(() => decideTicket(over, EMPTY_STATE, NOW)).toThrow(/has already expired$/);
  });

  test('a clock that is not trusted neither accepts what seems over nor calls it expired', () => {
    const over = aGrant({ expiry: NOON });
    expect(() => decideTicket(over, EMPTY_STATE, at(NOON, false))).toThrow(/cannot be trusted now/);
    expect(decideTicket(aGrant(), EMPTY_STATE, at(NOON, false)).result).toBe('created');
  });

  test('a clock that is behind does not bring back what was over when PLC last spoke', () => {
    const state = updated(EMPTY_STATE, NOON + 200, []);
    expect(() => decideTicket(aGrant(), state, at(0, false))).toThrow(/cannot be trusted now/);
  });
});

describe('last words', () => {
  const wordOf = (issued: number, untimed?: true): Row => {
    return { table: 'last_words', key: KEY, value: { issued: epochSeconds(issued), untimed } };
  };
  const settled = (state: NodeState) => applyRows(state, settledRows(state, epochSeconds(NOON)));

  test('that is lost lets no ticket count until its time is settled, and then none from before', () => {
    const state = applyRows(EMPTY_STATE, [wordOf(NOON - 1e8, true)]);
    const later = aGrant({ timestamp: NOON + 1 });
    expect(() => decideTicket(later, state, at(NOON, false))).toThrow(
      expect.objectContaining({ kind: 'unavailable', message: expect.stringMatching(/has lost/) }),
    );
    expect(decideTicket(later, settled(state), NOW).result).toBe('created');
    const before = aGrant({ timestamp: NOON - 1 });
    expect(() => decideTicket(before, settled(state), NOW)).toThrow(/a later word/);
  });

  test('a last word of a clock that was ahead counts as said now: later tickets count, and renew', () => {
    const ahead = granted(EMPTY_STATE, aGrant({ timestamp: NOON + 1e8 }));
    const later = aGrant({ timestamp: NOON + 1, expiry: NOON + 900 }, 'two');
    expect(() => decideTicket(later, ahead, NOW)).toThrow(/a later word/);
    expect(decideTicket(later, settled(ahead), NOW).result).toBe('renewed');
  });

  test('a last word of a clock that was ahead does not keep PLC from ending the slice', () => {
    const terms = { timestamp: NOON + 1e8, expiry: NOON + 2e8 };
    const state = settled(granted(EMPTY_STATE, aGrant(terms)));
    const over = aSliver({ expiry: NOON + 10 });
    expect(updated(state, NOON + 20, [over]).records.size).toBe(0);
  });
});

describe('PLC', () => {
  test('PLC takes a ticketed slice over when its document names it', () => {
    const state = updated(granted(EMPTY_STATE, aGrant()), NOON + 5, [aSliver()]);
    expect(state.records.get(KEY)).toMatchObject({
      source: 'plc',
      record: { plc_instantiated: true },
    });
  });

  test('PLC says nothing of a ticketed slice that its document does not name', () => {
    const state = granted(EMPTY_STATE, aGrant());
    expect(updated(state, NOON + 5, []).records).toBe(state.records);
  });

  test('PLC is guarded without a look at ticketed slivers: they cannot make room for a bad document', () => {
    const created: Row = { table: 'locals', key: KEY, value: localFacts({ created: true }) };
    const state = applyRows(granted(stateWith([aSliver({ name: 'a_a' })]), aGrant()), [created]);
    expect([...protectedSlivers(state, POLICY.defaults).existing]).toEqual([keyOf('a_a')]);
  });
});
