/** Programs that end, go on, say too much or leave something behind. */
import { describe, expect, test } from 'vitest';
import { type RunSpec, runWithInput } from './run-with-input.ts';

const { PATH } = process.env;

function runs(script: string, changes: Partial<RunSpec> = {}) {
  return runWithInput({
    argv: ['sh', '-c', script],
    env: { PATH },
    input: '',
    deadlineMs: 20_000,
    maxOutputBytes: 1 << 20,
    ...changes,
  });
}

test('a program gets all of its input, and all that it says comes back', async () => {
  const input = 'x'.repeat(500_000);
  const { output, ...rest } = await runs('cat; echo said >&2; exit 7', { input });
  expect(output.length).toBe(input.length);
  expect(rest).toEqual({ complaint: 'said\n', status: 7, cut: undefined });
});

test('one that ends without reading is judged by how it ended', async () => {
  const ended = await runs('exec 0<&-; exit 3', { input: 'x'.repeat(500_000) });
  expect(ended.status).toBe(3);
});

test('of what it complains the end is kept', async () => {
  const { complaint } = await runs('yes no | head -c 99999 >&2; echo last >&2');
  expect(complaint).toMatch(/no\nlast\n$/);
  expect(complaint).toHaveLength(4096);
});

describe('a program that does not end', () => {
  test('is told to when its time is over', async () => {
    const ended = await runs('echo asked >&2; exec sleep 60', { deadlineMs: 100 });
    expect(ended).toMatchObject({ cut: 'late', status: undefined });
  });

  test('is killed when it does not listen', async () => {
    const script = 'trap "" TERM; while :; do sleep 1; done';
    expect(await runs(script, { deadlineMs: 100 })).toMatchObject({ cut: 'late' });
  });

  test('is ended when it says too much', async () => {
    const ended = await runs('exec yes', { maxOutputBytes: 100_000 });
    expect(ended.cut).toBe('too much output');
    expect(ended.output.length).toBeLessThanOrEqual(100_000);
  });
});

test('what a program leaves behind with its pipes is not waited for', async () => {
  const before = performance.now();
  const ended = await runs('echo answer; sleep 15 & exit 0');
  expect(ended).toMatchObject({ status: 0, cut: undefined });
  expect(ended.output.toString()).toBe('answer\n');
  expect(performance.now() - before).toBeLessThan(10_000);
});

test('a program that is not there is the system’s error', async () => {
  const started = runs('', { argv: ['no-such-program'] });
  await expect(started).rejects.toMatchObject({ code: 'ENOENT' });
});
