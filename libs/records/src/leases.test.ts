import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  BESIDE_HOLDER,
  heldUntil,
  inOrder,
  type Lease,
  leasesBySlice,
  leasesRecordSchema,
  nextChange,
  RESERVATION_POLICIES,
  type Reservation,
  raisedShares,
  restsFrom,
  standingOf,
} from './leases.ts';
import { type AccountName, accountName, type EpochSeconds, epochSeconds } from './quantities.ts';
import { LEASES_KEY } from './record-key.ts';

const A = accountName('site_a');
const B = accountName('site_b');
const C = accountName('site_c');
const at = epochSeconds;
const lease = (slice: AccountName, from: number, until: number): Lease => ({
  slice,
  from: at(from),
  until: at(until),
});

/** Who holds the node at `now`, by leases one by one. */
const holders = (leases: readonly Lease[], now: EpochSeconds): ReadonlySet<AccountName> =>
  new Set(leases.filter(({ from, until }) => from <= now && now < until).map(({ slice }) => slice));

const IDLE: Reservation = { policy: 'lease_or_idle', besideHolder: 'raise' };
const RAISE: Reservation = { policy: 'lease_or_shared', besideHolder: 'raise' };
const STOP: Reservation = { policy: 'lease_or_shared', besideHolder: 'stop' };
const NONE: Reservation = { policy: 'none', besideHolder: 'stop' };

describe('a lease', () => {
  test('is in force from its first second on, and no more in the second of its end', () => {
    const leases = [lease(A, 10, 20)];
    const held = [9, 10, 19, 20].map((now) => heldUntil(leases, at(now)));
    expect(held).toEqual([undefined, 20, 20, undefined]);
  });

  test('is one with those of its slice that meet or overlap it, in whatever order they come', () => {
    const leases = [lease(A, 30, 40), lease(A, 20, 30), lease(A, 5, 25), lease(A, 41, 50)];
    expect(heldUntil(leases, at(7))).toBe(40);
    expect(heldUntil(leases, at(40))).toBeUndefined();
    expect(heldUntil([...leases, lease(A, 35, 41)], at(7))).toBe(50);
  });

  test('that is within another one of its slice makes that no shorter', () => {
    expect(heldUntil([lease(A, 0, 100), lease(A, 10, 20)], at(15))).toBe(100);
  });

  test('that ends before it begins is none, and neither is one without a slice’s name', () => {
    const record = { record_key: LEASES_KEY, timestamp: 0, policy: 'none' };
    const parse = (leases: readonly unknown[]) =>
      leasesRecordSchema.safeParse({ ...record, leases }).success;
    expect(parse([lease(A, 1, 2)])).toBe(true);
    expect(parse([lease(A, 2, 2)])).toBe(false);
    expect(parse([{ slice: 'x', from: 1, until: 2 }])).toBe(false);
  });
});

test('the next change is the first begin or end to come', () => {
  const leases = [lease(A, 10, 20), lease(B, 15, 40)];
  expect([0, 10, 15, 20, 40].map((now) => nextChange(leases, at(now)))).toEqual([
    ...[10, 15, 20, 40],
    undefined,
  ]);
});

describe('who runs', () => {
  const who = (reservation: Reservation, held: readonly AccountName[]) =>
    [
      { name: A, isSystem: false },
      { name: B, isSystem: false },
      { name: C, isSystem: true },
    ].map((sliver) => standingOf(reservation, sliver, new Set(held)));

  test('on a node that is not reservable, everybody does', () => {
    expect(who(NONE, [A])).toEqual(['runs', 'runs', 'runs']);
  });

  test('with lease_or_idle, holders and slices of the system do, and between leases only the latter', () => {
    expect(who(IDLE, [])).toEqual(['rests', 'rests', 'runs']);
    expect(who(IDLE, [A])).toEqual(['holds', 'rests', 'runs']);
    expect(who(IDLE, [A, B, C])).toEqual(['holds', 'holds', 'holds']);
  });

  test('with lease_or_shared everybody does, but beside a holder for whom the others are stopped', () => {
    expect(who(RAISE, [A])).toEqual(['holds', 'runs', 'runs']);
    expect(who(STOP, [])).toEqual(['runs', 'runs', 'runs']);
    expect(who(STOP, [A])).toEqual(['holds', 'rests', 'runs']);
  });
});

describe('when a sliver is to rest', () => {
  const a = { name: A, isSystem: false };
  const all = [lease(A, 10, 20), lease(A, 20, 30), lease(B, 30, 40)];
  const leases = leasesBySlice(all);

  test('a holder is to rest at the end of its last lease in a row, where nobody else may run', () => {
    expect(restsFrom(IDLE, a, leases, at(15))).toBe(30);
    expect(restsFrom(RAISE, a, leases, at(15))).toBeUndefined();
    expect(restsFrom(STOP, a, leases, at(15))).toBe(30);
    expect(restsFrom(STOP, a, leasesBySlice(all.slice(0, 2)), at(15))).toBeUndefined();
  });

  test('the others are to rest when a lease begins for which they are stopped', () => {
    expect(restsFrom(STOP, { name: C, isSystem: false }, leases, at(0))).toBe(10);
    expect(restsFrom(STOP, { name: C, isSystem: true }, leases, at(0))).toBeUndefined();
  });
});

test('raised shares are a multiple of CPU, network and disk, and nothing else', () => {
  const rspec = { nm_cpu_share: 32, nm_net_share: 1, nm_io_weight: 100, nm_mem_max: 5 };
  expect(raisedShares(rspec, 10)).toEqual({
    ...{ nm_cpu_share: 320, nm_net_share: 10, nm_io_weight: 1000 },
    nm_mem_max: 5,
  });
  const huge = raisedShares({ nm_cpu_share: Number.MAX_SAFE_INTEGER }, 1000);
  expect(huge).toEqual({ nm_cpu_share: Number.MAX_SAFE_INTEGER });
});

const anyLease = fc
  .tuple(fc.constantFrom(A, B, C), fc.nat({ max: 30 }), fc.integer({ min: 1, max: 10 }))
  .map(([slice, from, length]) => lease(slice, from, from + length));
const anyLeases = fc.array(anyLease, { maxLength: 8 });
const anyReservation = fc.record({
  policy: fc.constantFrom(...RESERVATION_POLICIES),
  besideHolder: fc.constantFrom(...BESIDE_HOLDER),
});
const anySliver = fc.record({ name: fc.constantFrom(A, B, C), isSystem: fc.boolean() });

describe('whatever the leases', () => {
  test('a slice holds the node until the first second in which none of its leases is in force', () => {
    fc.assert(
      fc.property(
        anyLeases,
        fc.constantFrom(A, B, C),
        fc.nat({ max: 45 }),
        (leases, slice, now) => {
          let end = now;
          while (holders(leases, at(end)).has(slice)) end += 1;
          const own = leasesBySlice(leases).get(slice) ?? [];
          expect(heldUntil(own, at(now))).toBe(end === now ? undefined : end);
        },
      ),
    );
  });

  test('nobody’s standing changes between two changes', () => {
    fc.assert(
      fc.property(
        anyReservation,
        anyLeases,
        anySliver,
        fc.nat({ max: 45 }),
        (r, leases, sliver, now) => {
          const next = nextChange(leases, at(now)) ?? now + 1;
          const first = standingOf(r, sliver, holders(leases, at(now)));
          for (let second = now; second < next; second += 1) {
            expect(standingOf(r, sliver, holders(leases, at(second)))).toBe(first);
          }
        },
      ),
    );
  });

  test('the time at which a sliver is to rest is the first second to come in which it does', () => {
    fc.assert(
      fc.property(
        anyReservation,
        anyLeases,
        anySliver,
        fc.nat({ max: 45 }),
        (r, leases, sliver, now) => {
          const isAtRest = (second: number) =>
            standingOf(r, sliver, holders(leases, at(second))) === 'rests';
          fc.pre(!isAtRest(now));
          const seconds = Array.from({ length: 60 }, (_, after) => now + 1 + after);
          expect(restsFrom(r, sliver, leasesBySlice(leases), at(now))).toBe(seconds.find(isAtRest));
        },
      ),
    );
  });

  test('their order does not matter', () => {
    fc.assert(
      fc.property(anyLeases, (leases) => {
        expect(inOrder([...leases].reverse())).toEqual(inOrder(leases));
      }),
    );
  });
});
