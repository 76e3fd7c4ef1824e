import { expect, test } from 'vitest';
import { RefusalLog } from './refusal-log.ts';

test('a caller has one line a second, which counts; another caller has its own', () => {
  const lines: object[] = [];
  const note = (fields: object, text: string) => lines.push({ ...fields, text });
  let now = 5;
  const refusals = new RefusalLog({ log: { info: note, error: note }, now: () => now });
  for (let times = 0; times < 5; times += 1) refusals.refused('sliver a_one', 'too many');
  refusals.refused('nobody', 'too many');
  now += 1000;
  refusals.refused('sliver a_one', 'too many');
  const text = 'refused: too many';
  expect(lines).toEqual([
    { caller: 'sliver a_one', connections: 1, text },
    { caller: 'nobody', connections: 1, text },
    { caller: 'sliver a_one', connections: 5, text },
  ]);
});
