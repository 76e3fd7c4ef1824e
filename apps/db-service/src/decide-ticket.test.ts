import { epochSeconds } from '@nodemgr/records';
import { describe, expect, test } from 'vitest';
import { anUpdate, aSliver, GUARD, keyOf, localFacts, NOON, stateWith } from './builders.ts';
import { decideExpiry } from './decide-expiry.ts';
import { decideTicket, type GrantedRecord } from './decide-ticket.ts';
import { decideFullUpdate, protectedSlivers } from './decide-update.ts';
import { applyRows, EMPTY_STATE, type NodeState, type Row } from './node-state.ts';

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
  const { rows } = decideFullUpdate(update, state, { ...at(timestamp), guard: GUARD });
  return applyRows(state, rows);
};

const swept = (state: NodeState, now: number, keep = 10): NodeState =>
  applyRows(state, decideExpiry(state, epochSeconds(now), keep));

describe('a ticket', () => {
  test('creates a record of its own source, which PLC has not instantiated', () => {
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

  test('for a slice that PLC names itself changes nothing, now or later', () => {
    const state = stateWith([aSliver()]);
    expect(decideTicket(aGrant(), state, NOW)).toEqual({ rows: [], result: 'left to PLC' });
  });

  test('beyond the records that a node holds is not taken, but one of those is renewed', () => {
    const many = Array.from({ length: 10_000 }, (_, n) => aSliver({ name: `a_${n}` }));
    const full = stateWith(many, [], 'ticket');
    expect(() => decideTicket(aGrant(), full, NOW)).toThrow(/10000 records, and no more fit$/);
    const renewed = aGrant({ name: 'a_7', timestamp: NOON + 1 });
    expect(decideTicket(renewed, full, NOW).result).toBe('renewed');
  });
});

describe('an older ticket is refused', () => {
  const older = aGrant({ timestamp: NOON - 1 }, 'older');
  const REFUSED =
    /^the ticket is refused: it was issued at \S+, and a later word on princeton_sirius/;

  test('while the newer one holds', () => {
    const state = granted(EMPTY_STATE, aGrant());
    expect(() => decideTicket(older, state, NOW)).toThrow(REFUSED);
  });

  test('once the newer one has expired, and its files are gone', () => {
    const brief = granted(EMPTY_STATE, aGrant({ expiry: NOON + 1 }));
    const gone = swept(swept(brief, NOON + 2), NOON + 50);
    expect([gone.records.size, gone.removed.size]).toEqual([0, 0]);
    expect(() => decideTicket(older, gone, at(NOON + 50))).toThrow(REFUSED);
  });

  test('once PLC has taken the slice over and left it out again', () => {
    const held = granted(EMPTY_STATE, aGrant());
    const taken = updated(held, NOON + 5, [aSliver()]);
    expect(taken.records.get(KEY)?.source).toBe('plc');
    const gone = updated(taken, NOON + 6, []);
    expect(gone.records.size).toBe(0);
    expect(() => decideTicket(aGrant(), gone, NOW)).toThrow(REFUSED);
    const newer = aGrant({ timestamp: NOON + 6 }, 'newer');
    expect(decideTicket(newer, gone, at(NOON + 6)).result).toBe('created');
  });

  test('but two of the same second stand side by side: neither is older', () => {
    const state = granted(EMPTY_STATE, aGrant());
    const same = aGrant({ rspec: { nm_cpu_share: 5 } }, 'same second');
    expect(decideTicket(same, state, NOW).result).toBe('renewed');
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

describe('PLC', () => {
  test('takes a ticketed slice over when its document names it', () => {
    const state = updated(granted(EMPTY_STATE, aGrant()), NOON + 5, [aSliver()]);
    expect(state.records.get(KEY)).toMatchObject({
      source: 'plc',
      record: { plc_instantiated: true },
    });
  });

  test('says nothing of a ticketed slice that its document does not name', () => {
    const state = granted(EMPTY_STATE, aGrant());
    expect(updated(state, NOON + 5, []).records).toBe(state.records);
  });

  test('is guarded without a look at ticketed slivers: they cannot make room for a bad document', () => {
    const created: Row = { table: 'locals', key: KEY, value: localFacts({ created: true }) };
    const state = applyRows(granted(stateWith([aSliver({ name: 'a_a' })]), aGrant()), [created]);
    expect([...protectedSlivers(state).existing]).toEqual([keyOf('a_a')]);
  });
});
