/** The texts are a real kernel's, of a group whose processes are in its child `payload`. */
import { describe, expect, test } from 'vitest';
import {
  type CounterTexts,
  countsIn,
  deriveNotices,
  firstSeen,
  type Seen,
} from './derive-notices.ts';

interface Happened {
  readonly oomKill?: number;
  readonly ownOom?: number;
  readonly refused?: number;
}

function texts({ oomKill = 0, ownOom = 0, refused = 0 }: Happened): CounterTexts {
  return {
    'memory.events': `low 0\nhigh 0\nmax 9\noom ${ownOom}\noom_kill ${oomKill}\noom_group_kill 0\n`,
    'memory.events.local': `low 0\nhigh 0\nmax 9\noom ${ownOom}\noom_kill 0\noom_group_kill 0\n`,
    pids: `max ${refused}\n`,
  };
}

/** What is told of one look after another, each at its time. */
function told(...looks: readonly (readonly [ms: number, Happened])[]): readonly string[] {
  let seen: Seen = firstSeen(countsIn(texts({})));
  return looks.flatMap(([ms, happened]) => {
    const now = deriveNotices(seen, countsIn(texts(happened)), ms);
    seen = now.seen;
    return now.notices.map((one) => ('times' in one ? `${one.notice} ${one.times}` : one.notice));
  });
}

describe('a kill', () => {
  test('is the sliver’s own limit’s doing when that was reached', () => {
    expect(told([0, { ownOom: 1, oomKill: 1 }])).toEqual(['own-oom 1']);
  });

  test('is so too when the kernel had counted the one and not yet the other', () => {
    expect(told([0, { ownOom: 1 }], [10, { ownOom: 1 }], [90, { ownOom: 1, oomKill: 1 }])).toEqual([
      'own-oom 1',
    ]);
  });

  test('is not when only another limit was reached: of all slivers, of the node, or within', () => {
    expect(told([0, { oomKill: 2 }])).toEqual(['foreign-oom 2']);
  });

  test('is not because of a limit that was reached long before', () => {
    // Of several that find no memory at once, one is killed, and each counts.
    const first = { ownOom: 3, oomKill: 1 };
    expect(told([0, first], [60_000, { ...first, oomKill: 2 }])).toEqual([
      'own-oom 1',
      'foreign-oom 1',
    ]);
  });
});

test('a limit that was reached without a kill, and what has been told, are no news', () => {
  const looks = { ownOom: 4, oomKill: 1, refused: 7 };
  expect(told([0, { ownOom: 1 }], [1, looks], [2, looks])).toEqual(['own-oom 1', 'tasks-limit 7']);
});

test('what was counted before anybody listened is not told', () => {
  const counts = countsIn(texts({ ownOom: 5, oomKill: 5, refused: 5 }));
  expect(deriveNotices(firstSeen(counts), counts, 0).notices).toEqual([]);
});
