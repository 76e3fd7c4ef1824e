import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { AnswerCompression } from './answer-compression.ts';

const KIB = 1 << 10;
const text = (length: number, seed = '') => `${seed}${'<int>1</int>'.repeat(length / 12 + 1)}`;

test.each([KIB, 20 * KIB, 300 * KIB])('%i bytes come out shorter, and the same', async (length) => {
  const plain = text(length, 'ü');
  const made = await new AnswerCompression().compressed(plain, 'root');
  expect(made?.length).toBeLessThan(length / 4);
  expect(gunzipSync(made ?? '').toString()).toBe(plain);
});

test('a short answer stays as it is', async () => {
  expect(await new AnswerCompression().compressed('x'.repeat(KIB - 1), 'root')).toBeUndefined();
});

test('an answer that comes again is not compressed again, until many others came', async () => {
  const compression = new AnswerCompression();
  const first = await compression.compressed(text(KIB), 'a');
  expect(await compression.compressed(text(KIB), 'b')).toBe(first);
  for (let other = 0; other < 200; other += 1)
    await compression.compressed(text(KIB, `${other}`), 'a');
  expect(await compression.compressed(text(KIB), 'a')).not.toBe(first);
});

test('long ones: one for a caller and two in all at once; the others stay as they are', async () => {
  const compression = new AnswerCompression();
  const ask = (caller: string) => compression.compressed(text(300 * KIB), caller);
  const made = await Promise.all([ask('a'), ask('a'), ask('b'), ask('c')]);
  expect(made.map((answer) => answer !== undefined)).toEqual([true, false, true, false]);
  expect(await ask('c')).toBeDefined();
});
