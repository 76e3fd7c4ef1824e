import fc from 'fast-check';
import { expect, test } from 'vitest';
import {
  effectiveRspecs,
  type JudgedLoan,
  type Lender,
  type LoanOutcome,
  loansThatNeverCount,
  withLoansOf,
} from './loans.ts';
import type { Loan } from './record.ts';
import { LOANABLE, RESOURCE_NAMES, type Rspec } from './rspec.ts';

type Node = ReadonlyMap<string, Lender>;

const NAMES = ['a_a', 'b_b', 'c_c', 'd_d', 'e_e'];
const HUGE = Number.MAX_SAFE_INTEGER;
const amount = fc.oneof(
  { weight: 6, arbitrary: fc.integer({ min: -5, max: 60 }) },
  { weight: 1, arbitrary: fc.maxSafeInteger() },
  { weight: 1, arbitrary: fc.constantFrom(0, 1, -1, HUGE, -HUGE, 2 ** 31, 2 ** 32) },
);
/** Whatever a tenant may send: the schema bounds no more than the types. */
const loan: fc.Arbitrary<Loan> = fc.tuple(
  fc.constantFrom(...NAMES, 'not_here', '', '__proto__', 'constructor'),
  fc.oneof(
    { weight: 5, arbitrary: fc.constantFrom(...LOANABLE) },
    { weight: 1, arbitrary: fc.constantFrom(...RESOURCE_NAMES, 'other', '__proto__', 'toString') },
  ),
  amount,
);
const rspecOf = (value: fc.Arbitrary<number>): fc.Arbitrary<Rspec> =>
  fc.dictionary(fc.constantFrom<string>(...LOANABLE), value);
const nodeOf = (value: fc.Arbitrary<number>): fc.Arbitrary<Node> =>
  fc
    .uniqueArray(fc.constantFrom(...NAMES), { minLength: 1 })
    .chain((names) =>
      fc
        .tuple(...names.map(() => fc.record({ rspec: rspecOf(value), loans: fc.array(loan) })))
        .map((slivers) => new Map(slivers.map((sliver, at) => [String(names[at]), sliver]))),
    );
const node = nodeOf(amount);
const soundNode = nodeOf(fc.oneof(fc.nat({ max: 100 }), fc.constant(HUGE)));

function own(node: Node, name: string, resource: string): bigint {
  const rspec = node.get(name)?.rspec ?? {};
  return BigInt(Object.hasOwn(rspec, resource) ? (rspec[resource] ?? 0) : 0);
}
const after = (node: Node, outcome: LoanOutcome, name: string, resource: string): bigint =>
  BigInt(outcome.effective.get(name)?.[resource] ?? own(node, name, resource));
const counted = (judged: readonly JudgedLoan[] = []) =>
  judged.filter(({ verdict }) => verdict === 'counts').map((each) => each.loan);

test('conservation: of every loanable resource, what all slivers have together never changes', () => {
  fc.assert(
    fc.property(node, (node) => {
      const outcome = effectiveRspecs(node);
      for (const resource of LOANABLE) {
        const sum = (of: (name: string) => bigint) =>
          [...node.keys()].map(of).reduce((a, b) => a + b, 0n);
        expect(sum((name) => after(node, outcome, name, resource))).toBe(
          sum((name) => own(node, name, resource)),
        );
      }
    }),
  );
});

test('a resource that cannot be lent never changes', () => {
  fc.assert(
    fc.property(node, (node) => {
      const outcome = effectiveRspecs(node);
      for (const [name, rspec] of outcome.effective) {
        for (const resource of RESOURCE_NAMES.filter((each) => !LOANABLE.includes(each))) {
          expect(rspec[resource]).toBe(node.get(name)?.rspec[resource]);
        }
      }
    }),
  );
});

test('order: every lender’s loans are taken greedily, the first first, from its own RSpec alone', () => {
  fc.assert(
    fc.property(nodeOf(fc.nat({ max: 60 })), (node) => {
      const { judged } = effectiveRspecs(node);
      for (const [name, { rspec, loans }] of node) {
        const purse = new Map<string, number>(Object.entries(rspec));
        const greedy = loans.filter(([recipient, resource, amount]) => {
          const allowed = (LOANABLE as readonly string[]).includes(resource);
          const left = purse.get(resource) ?? 0;
          const valid = node.has(recipient) && recipient !== name && allowed;
          if (!valid || !(amount > 0) || !(amount <= left)) return false;
          purse.set(resource, left - amount);
          return true;
        });
        expect(counted(judged.get(name))).toEqual(greedy);
      }
    }),
  );
});

test('validity: every verdict is what the rules say of that loan, given those before it', () => {
  fc.assert(
    fc.property(node, (node) => {
      const { judged } = effectiveRspecs(node);
      for (const [name, each] of judged) {
        for (const [at, { loan, verdict }] of each.entries()) {
          const [recipient, resource, amount] = loan;
          const lent = counted(each.slice(0, at))
            .filter(([, what]) => what === resource)
            .reduce((sum, [, , much]) => sum + BigInt(much), 0n);
          const breaks = [
            !node.has(recipient),
            recipient === name,
            !(LOANABLE as readonly string[]).includes(resource),
            amount <= 0,
            BigInt(amount) > own(node, name, resource) - lent,
          ];
          const outOfRange = verdict === 'recipient would hold more than can be counted';
          expect(verdict === 'counts' || outOfRange).toBe(!breaks.includes(true));
        }
      }
    }),
  );
});

test('what a sliver has afterwards is what it owned, less what it lent, and what was lent to it', () => {
  fc.assert(
    fc.property(node, (node) => {
      const outcome = effectiveRspecs(node);
      const moves = [...outcome.judged].flatMap(([lender, judged]) =>
        counted(judged).map(([recipient, resource, amount]) => ({
          lender,
          recipient,
          resource,
          amount: BigInt(amount),
        })),
      );
      for (const name of node.keys()) {
        for (const resource of LOANABLE) {
          const total = moves
            .filter((move) => move.resource === resource)
            .reduce(
              (sum, { lender, recipient, amount }) =>
                sum + (recipient === name ? amount : 0n) - (lender === name ? amount : 0n),
              own(node, name, resource),
            );
          expect(after(node, outcome, name, resource)).toBe(total);
        }
      }
    }),
  );
});

test('what is borrowed cannot be lent on: no sliver lends more than it owns', () => {
  fc.assert(
    fc.property(node, (node) => {
      for (const [name, judged] of effectiveRspecs(node).judged) {
        for (const resource of LOANABLE) {
          const lent = counted(judged)
            .filter(([, what]) => what === resource)
            .reduce((sum, [, , amount]) => sum + BigInt(amount), 0n);
          if (lent > 0n) expect(lent <= own(node, name, resource)).toBe(true);
        }
      }
    }),
  );
});

test('nothing falls below zero, or beyond what can be counted, that was not there before', () => {
  fc.assert(
    fc.property(soundNode, (node) => {
      for (const rspec of effectiveRspecs(node).effective.values()) {
        for (const value of Object.values(rspec)) {
          expect(value).toBeGreaterThanOrEqual(0);
          expect(Number.isSafeInteger(value)).toBe(true);
        }
      }
    }),
  );
});

test('the order in which the slivers are given changes nothing', () => {
  fc.assert(
    fc.property(node, fc.infiniteStream(fc.nat()), (node, ranks) => {
      const shuffled = [...node]
        .map((entry) => ({ entry, rank: ranks.next().value ?? 0 }))
        .sort((a, b) => a.rank - b.rank)
        .map(({ entry }) => entry);
      const [given, other] = [effectiveRspecs(node), effectiveRspecs(new Map(shuffled))];
      expect(other.effective).toEqual(given.effective);
      expect(other.judged).toEqual(given.judged);
    }),
  );
});

test('neither the slivers nor their loans are changed by judging them', () => {
  fc.assert(
    fc.property(node, (node) => {
      const before = structuredClone(node);
      effectiveRspecs(node);
      expect(node).toEqual(before);
    }),
  );
});

test('a single loan is refused exactly when no node at all could make it count', () => {
  fc.assert(
    fc.property(loan, fc.constantFrom(...NAMES), (loan, lender) => {
      const [recipient, resource] = loan;
      const rspec = Object.fromEntries([...LOANABLE, resource].map((name) => [name, HUGE]));
      const best: Node = new Map([
        [recipient, { rspec: {}, loans: [] }],
        [lender, { rspec, loans: [loan] }],
      ]);
      const counts = counted(effectiveRspecs(best).judged.get(lender)).length === 1;
      expect(loansThatNeverCount(lender, [loan]) === undefined).toBe(counts);
    }),
  );
});

const replacedLoans = fc.array(fc.tuple(fc.constantFrom(...NAMES), fc.array(loan)), {
  maxLength: 4,
});

test('loans that are replaced, lender by lender, come out as all of them do at once', () => {
  const nodes = fc.oneof(node, soundNode, nodeOf(fc.nat({ max: 100 })));
  fc.assert(
    fc.property(nodes, fc.array(replacedLoans, { maxLength: 4 }), (node, changes) => {
      const slivers = new Map(node);
      let outcome = effectiveRspecs(slivers);
      for (const change of changes) {
        const replaced = new Map(change.filter(([name]) => slivers.has(name)));
        for (const [name, loans] of replaced) {
          slivers.set(name, { rspec: slivers.get(name)?.rspec ?? {}, loans });
        }
        const owned = new Map([...slivers].map(([name, { rspec }]) => [name, rspec]));
        const before = JSON.stringify([...outcome.effective, ...outcome.judged]);
        const after = withLoansOf(replaced, outcome, owned);
        expect(JSON.stringify([...outcome.effective, ...outcome.judged])).toBe(before);
        outcome = after;
        const whole = effectiveRspecs(slivers);
        expect(outcome).toEqual(whole);
        expect([...outcome.judged.keys()]).toEqual([...whole.judged.keys()]);
      }
    }),
  );
});
