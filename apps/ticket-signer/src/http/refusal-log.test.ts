import { expect, test } from 'vitest';
import { RefusalLog } from './refusal-log.ts';

function refusalLog() {
  const lines: unknown[] = [];
  const clock = { ms: 0 };
  const log = { info: (line: unknown) => void lines.push(line) };
  return { lines, clock, refusals: new RefusalLog({ log, monotonic: () => clock.ms }) };
}

test('a caller that is refused in a loop is one line a second, which says how often', () => {
  const { lines, clock, refusals } = refusalLog();
  const refuse = (caller: string) =>
    refusals.refused(caller, { who: caller, why: 'no', status: 403 });
  for (; clock.ms < 1000; clock.ms += 1) refuse('a');
  refuse('b');
  refuse('a');
  const line = { status: 403, reason: 'no' };
  expect(lines).toEqual([
    { ...line, caller: 'a', requests: 1 },
    { ...line, caller: 'b', requests: 1 },
    { ...line, caller: 'a', requests: 1000 },
  ]);
});

test('nothing that a caller sends can steer whoever reads the line', () => {
  const { lines, refusals } = refusalLog();
  refusals.refused('a', { who: 'a', why: 'x\u001b[2J\u202e\u2028y' });
  expect(lines).toEqual([expect.objectContaining({ reason: 'x?[2J??y' })]);
});
