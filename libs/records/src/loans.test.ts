import { describe, expect, test } from 'vitest';
import { aLender } from './builders.ts';
import { effectiveRspecs, type Lender, loansThatNeverCount } from './loans.ts';
import { ACCOUNT_NAME_RULE } from './quantities.ts';
import { LOANABLE } from './rspec.ts';

const SHARE = 'nm_cpu_share';

/** Two slivers, the first of which lends; `b_b` has 32 shares of its own. */
function outcomeOf(lender: Lender, others: Record<string, Lender> = { b_b: aLender() }) {
  const { effective, judged } = effectiveRspecs(
    new Map([['a_a', lender], ...Object.entries(others)]),
  );
  const shares = (name: string) => effective.get(name)?.[SHARE];
  return { shares, verdicts: (judged.get('a_a') ?? []).map(({ verdict }) => verdict) };
}

describe('a loan', () => {
  test('moves an amount from the lender to the recipient', () => {
    const { shares, verdicts } = outcomeOf(aLender({ [SHARE]: 64 }, [['b_b', SHARE, 10]]));
    expect(verdicts).toEqual(['counts']);
    expect([shares('a_a'), shares('b_b')]).toEqual([54, 42]);
  });

  test('of all that the lender has leaves it nothing', () => {
    const { shares } = outcomeOf(aLender({ [SHARE]: 64 }, [['b_b', SHARE, 64]]));
    expect([shares('a_a'), shares('b_b')]).toEqual([0, 96]);
  });

  test.each([
    [['x_x', SHARE, 1], 'recipient is not a sliver on this node'],
    [['a_a', SHARE, 1], 'recipient is the lender itself'],
    [['nobody', SHARE, 1], 'recipient is no name that a slice can have'],
    [['b_b', 'nm_disk_quota', 1], 'resource cannot be lent'],
    [['x_x', 'nm_disk_quota', 1], 'resource cannot be lent'],
    [['b_b', 'no_such_resource', 1], 'resource cannot be lent'],
    [['b_b', 'constructor', 1], 'resource cannot be lent'],
    [['b_b', SHARE, 0], 'amount is not positive'],
    [['b_b', SHARE, -5], 'amount is not positive'],
    [['b_b', SHARE, 65], 'amount exceeds what is left'],
    [['b_b', SHARE, Number.MAX_SAFE_INTEGER], 'amount exceeds what is left'],
  ] as const)('%j is ignored: %s', (loan, verdict) => {
    const { shares, verdicts } = outcomeOf(aLender({ [SHARE]: 64 }, [loan]));
    expect(verdicts).toEqual([verdict]);
    expect(shares('a_a')).toBeUndefined();
  });

  test('that is ignored takes nothing away from those after it', () => {
    const { shares, verdicts } = outcomeOf(
      aLender({ [SHARE]: 64 }, [
        ['b_b', SHARE, 65],
        ['b_b', SHARE, 64],
      ]),
    );
    expect(verdicts).toEqual(['amount exceeds what is left', 'counts']);
    expect(shares('b_b')).toBe(96);
  });

  test('comes before those that follow it: the later one finds less left', () => {
    const { shares, verdicts } = outcomeOf(
      aLender({ [SHARE]: 64 }, [
        ['b_b', SHARE, 40],
        ['b_b', SHARE, 40],
        ['b_b', SHARE, 24],
      ]),
    );
    expect(verdicts).toEqual(['counts', 'amount exceeds what is left', 'counts']);
    expect([shares('a_a'), shares('b_b')]).toEqual([0, 96]);
  });

  test('of one resource leaves the others as they were', () => {
    const { verdicts } = outcomeOf(
      aLender({ [SHARE]: 10, nm_net_share: 10 }, [
        ['b_b', SHARE, 10],
        ['b_b', 'nm_net_share', 10],
      ]),
    );
    expect(verdicts).toEqual(['counts', 'counts']);
  });

  test('is of what the lender owns: what it has borrowed it cannot lend on', () => {
    const { shares, verdicts } = outcomeOf(aLender({ [SHARE]: 5 }, [['c_c', SHARE, 6]]), {
      b_b: aLender({ [SHARE]: 100 }, [['a_a', SHARE, 100]]),
      c_c: aLender({ [SHARE]: 1 }),
    });
    expect(verdicts).toEqual(['amount exceeds what is left']);
    expect([shares('a_a'), shares('b_b'), shares('c_c')]).toEqual([105, 0, undefined]);
  });

  test('of a default counts like one of what the record names', () => {
    const { verdicts } = outcomeOf(aLender({}, [['b_b', 'nm_net_max_rate', 1_000_000_000]]));
    expect(verdicts).toEqual(['counts']);
  });

  test('that its recipient could not count exactly is ignored', () => {
    const { verdicts } = outcomeOf(aLender({ [SHARE]: 64 }, [['b_b', SHARE, 1]]), {
      b_b: aLender({ [SHARE]: Number.MAX_SAFE_INTEGER }),
    });
    expect(verdicts).toEqual(['recipient would hold more than can be counted']);
  });

  test('counts once it becomes valid', () => {
    const lender = aLender({ [SHARE]: 64 }, [['c_c', SHARE, 10]]);
    expect(outcomeOf(lender).verdicts).toEqual(['recipient is not a sliver on this node']);
    expect(outcomeOf(lender, { c_c: aLender() }).verdicts).toEqual(['counts']);
  });
});

test('slivers that neither lend nor borrow keep their own RSpec and are not named', () => {
  const { effective } = effectiveRspecs(
    new Map([
      ['a_a', aLender({}, [['b_b', SHARE, 1]])],
      ['b_b', aLender()],
      ['c_c', aLender()],
    ]),
  );
  expect([...effective.keys()].sort()).toEqual(['a_a', 'b_b']);
});

describe('a list of loans that a sliver wants to set', () => {
  const refusal = (...loans: Parameters<typeof loansThatNeverCount>[1]) =>
    loansThatNeverCount('a_a', loans);

  test('is refused with the first triple that can never count: its position, content and reason', () => {
    expect(refusal(['b_b', SHARE, 1], ['a_a', SHARE, 1], ['b_b', SHARE, -1])).toBe(
      'entry 2 of the loans, ["a_a","nm_cpu_share",1], can never count: recipient is the lender itself; no loan was changed',
    );
    expect(refusal(['b_b', SHARE, 0])).toBe(
      'entry 1 of the loans, ["b_b","nm_cpu_share",0], can never count: amount is not positive; no loan was changed',
    );
  });

  test('is told which resources can be lent when one of it cannot', () => {
    const text = refusal(['x_x', 'nm_disk_quota', 1]);
    expect(text).toContain('["x_x","nm_disk_quota",1], can never count: resource cannot be lent (');
    for (const resource of LOANABLE) expect(text).toContain(resource);
  });

  test.each(['', ' b_b', 'b', 'B_b', '.b_b', `b_${'b'.repeat(31)}`, 'b_ü', 'delegate_b_b/..'])(
    'is refused where the recipient, %j, is no name that a slice can have, and is told what a name is like',
    (recipient) => {
      const text = refusal(['b_b', SHARE, 1], [recipient, SHARE, 1]);
      expect(text).toMatch(
        /^entry 2 of the loans, .*: recipient is no name that a slice can have \(/,
      );
      expect(text).toContain(ACCOUNT_NAME_RULE);
    },
  );

  test('may hold what cannot count yet: an unknown recipient, more than there is', () => {
    expect(refusal(['x_x', SHARE, 1], ['b_b', SHARE, Number.MAX_SAFE_INTEGER])).toBe(undefined);
    expect(refusal()).toBe(undefined);
  });
});
