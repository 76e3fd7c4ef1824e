import { describe, expect, test } from 'vitest';
import { FailureBoard } from './failure-board.ts';

const aFailure = (subject: string, reason = 'no such image') => ({
  code: 'account' as const,
  subject,
  action: 'start',
  reason,
});

function boardAt(...times: number[]): FailureBoard {
  return new FailureBoard(() => times.shift() ?? Number.NaN);
}

describe('the failure board', () => {
  test('has nothing to show at first', () => {
    expect(new FailureBoard().list()).toEqual([]);
  });

  test('counts failures in a row and keeps the moment of the first and the reason of the last', () => {
    const board = boardAt(100, 200);
    expect(board.report(aFailure('a_a', 'first'))).toBe(1);
    expect(board.report({ ...aFailure('a_a', 'second'), retryAt: 300 })).toBe(2);
    expect(board.list()).toEqual([
      {
        outcome: 'failing',
        code: 'account',
        subject: 'a_a',
        action: 'start',
        reason: 'second',
        attempts: 2,
        since: 100,
        retry_at: 300,
      },
    ]);
  });

  test('names no retry when there will be none', () => {
    const board = boardAt(100);
    board.report({ ...aFailure('a_a'), retryAt: 300 });
    board.report(aFailure('a_a'));
    expect(board.list()[0]).not.toHaveProperty('retry_at');
  });

  test('forgets what works again, and counts anew after it', () => {
    const board = boardAt(100, 200);
    board.report(aFailure('a_a'));
    expect(board.clear('a_a')).toBe(true);
    expect(board.clear('a_a')).toBe(false);
    expect(board.list()).toEqual([]);
    expect(board.report(aFailure('a_a'))).toBe(1);
    expect(board.list()[0]?.since).toBe(200);
  });

  test('keeps subjects apart and shows what failed last at the end', () => {
    const board = boardAt(1, 2, 3);
    for (const subject of ['a_a', 'b_b', 'a_a']) board.report(aFailure(subject));
    expect(board.list().map(({ subject, attempts }) => [subject, attempts])).toEqual([
      ['b_b', 1],
      ['a_a', 2],
    ]);
  });

  test('shows the newest of very many, and still counts the others', () => {
    const board = new FailureBoard();
    for (let at = 0; at < 5000; at++) board.report(aFailure(`s_${at}`));
    expect(board.list()).toHaveLength(500);
    expect(board.list().at(-1)?.subject).toBe('s_4999');
    expect(board.report(aFailure('s_0'))).toBe(2);
  });

  test('stays bounded whatever fails', () => {
    const board = new FailureBoard();
    for (let at = 0; at < 50_000; at++) board.report(aFailure(`s_${at}`));
    expect(board.clear('s_0')).toBe(false);
    expect(board.clear('s_49999')).toBe(true);
  });
});
