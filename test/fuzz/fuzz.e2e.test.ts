import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { decode } from './judge-decoding.ts';
import { minimise } from './minimise.ts';
import { Random } from './random.ts';
import { writeCall } from './write-call.ts';

const RUN_MS = 300_000;
/** After the first hundred of each process, coverage leads to more and more of them. */
const INPUTS = '600';

function fuzz(...args: readonly string[]) {
  const { status, stdout, stderr } = spawnSync('node', ['tools/fuzz.mjs', ...args], {
    encoding: 'utf8',
  });
  return { status, last: stdout.trim().split('\n').at(-1), said: stdout + stderr };
}

const digests = (text: string): readonly string[] =>
  [...text.matchAll(/digest ([0-9a-f]+)/g)].map(([, digest = '']) => digest);

test(
  '5,000 inputs, decided by a seed, have no finding',
  () => {
    const { status, last, said } = fuzz('--seed', '20260131', '--inputs', '5000');
    expect([status, last, said]).toEqual([0, 'fuzz: 5000 inputs, 0 findings', said]);
  },
  RUN_MS,
);

test(
  'a seed decides every input, those that coverage leads to included',
  () => {
    const [once, again, other] = ['7', '7', '8'].map((seed) =>
      digests(fuzz('--seed', seed, '--inputs', INPUTS).said),
    );
    expect(once).toHaveLength(2);
    expect(again).toEqual(once);
    expect(other).not.toEqual(once);
  },
  RUN_MS,
);

test(
  'a file is judged from every caller, and arguments that make no sense are refused',
  () => {
    const folder = mkdtempSync(join(tmpdir(), 'fuzz-'));
    try {
      const file = join(folder, 'input.bin');
      writeFileSync(file, '<methodCall>');
      expect(fuzz('--replay', file)).toMatchObject({
        status: 0,
        last: 'fuzz: nothing wrong with it',
      });
      expect(fuzz('--inputs', 'many')).toMatchObject({ status: 1 });
    } finally {
      rmSync(folder, { recursive: true });
    }
  },
  RUN_MS,
);

test('what an index makes is the same each time, and means the call that it was made from', () => {
  const call = { method: 'Do', params: [1, 'a<b', [true, null]] };
  for (let index = 0; index < 500; index += 1) {
    const body = writeCall(new Random(1, index), call);
    expect(writeCall(new Random(1, index), call)).toEqual(body);
    expect(decode(body)).toEqual({ kind: 'call', call });
  }
});

test('a finding is made as small as it can be', async () => {
  const body = Buffer.from('a good deal of text around one X and more behind it');
  const least = await minimise(body, async (part) => Buffer.from(part).includes('X'));
  expect(Buffer.from(least).toString()).toBe('X');
});
