import { type AccountName, accountName } from '@nodemgr/records';
import { describe, expect, test } from 'vitest';
import type { CpuClaim } from '../limits/plan-cpu-weights.ts';
import { SharedLimits } from '../limits/shared-limits.ts';
import { ownLimits } from '../limits/table.ts';
import { NODE } from '../test-support/builders.test-support.ts';
import { limitsWanted } from './wanted-readings.ts';

const A = accountName('site_a');
const B = accountName('site_b');

function textFor(name: AccountName, claims: Readonly<Record<string, CpuClaim>>): string {
  const shared = new SharedLimits(NODE);
  shared.update(
    Object.entries(claims).map(([each, { share, guarantee }]) => [
      accountName(each),
      { nm_cpu_share: share, nm_cpu_guaranteed_share: guarantee },
    ]),
  );
  const text = shared.howOf('cpuWeight', name);
  if (text === undefined) throw new Error(`${name} has no weight`);
  return text;
}

describe('CPU weights', () => {
  test('a CPU weight is explained by its share', () => {
    const claims = { [A]: { share: 32, guarantee: 0 }, [B]: { share: 96, guarantee: 0 } };
    expect(textFor(A, claims)).toBe(
      'share 32 × 8 = 256: 25% of the 1024 that all running slivers weigh',
    );
  });

  test('a CPU weight is explained by its guarantee, with what its share alone would give', () => {
    const claims = { [A]: { share: 8, guarantee: 250 }, [B]: { share: 96, guarantee: 0 } };
    expect(textFor(A, claims)).toBe(
      'guaranteed 25%: 256 is 25% of the 1024 that all running slivers weigh; its share of 8 alone would give 64',
    );
  });

  test('a CPU weight is explained by its share where that is more than its guarantee asks for', () => {
    const claims = { [A]: { share: 32, guarantee: 100 }, [B]: { share: 96, guarantee: 0 } };
    expect(textFor(A, claims)).toMatch(/^share 32 × 8 = 256: .* keeps its guarantee of 10%$/);
  });

  test('a CPU weight is explained with the reason where guarantees are cut', () => {
    const claims = { [A]: { share: 8, guarantee: 900 }, [B]: { share: 8, guarantee: 900 } };
    expect(textFor(A, claims)).toContain('; guarantees add up to 1800 thousandths of the CPU');
  });

  test('a CPU weight is explained as scaled where another’s share is too heavy', () => {
    const claims = { [A]: { share: 32, guarantee: 0 }, [B]: { share: 100_000, guarantee: 0 } };
    expect(textFor(A, claims)).toMatch(/^share 32, scaled so that the heaviest weight fits: 0%/);
  });
});

const NOTHING = new SharedLimits(NODE);

describe('limits', () => {
  const howFor = (nm_mem_max: number, nm_tasks_max: number) =>
    limitsWanted(A, ownLimits({ nm_mem_max, nm_tasks_max }), { nm_mem_max, nm_tasks_max }, NOTHING)
      .filter(({ resource }) => resource === 'nm_mem_max' || resource === 'nm_tasks_max')
      .map(({ amount, how }) => [amount, how]);

  test('without a word where it is what was asked for, in whole pages', () => {
    expect(howFor(65_537, 100)).toEqual([
      [65_540, undefined],
      [100, undefined],
    ]);
    expect(howFor(0, 4096)).toEqual([
      [null, undefined],
      [4096, undefined],
    ]);
  });

  test('a limit is explained with what was asked for where no sliver could start under it', () => {
    expect(howFor(1, 1)).toEqual([
      [8192, 'raised from 1, under which no sliver could start'],
      [16, 'raised from 1, under which no sliver could start'],
    ]);
  });

  test('a limit is explained with what was asked for where no machine has so much', () => {
    expect(howFor(Number.MAX_SAFE_INTEGER, 1e12)).toEqual([
      [null, '9007199254740991 is more than a machine can have'],
      [4_194_304, '1000000000000 is more than a machine can have'],
    ]);
  });
});
