import { expect, test } from 'vitest';
import { programsIn } from './count-programs.ts';

test('programs are counted by name, the most frequent first', () => {
  const line = (file: string) =>
    `  useradd-71 [001] ..... 9.1: sched_process_exec: filename=${file} pid=71 old_pid=71\n`;
  const trace = [line('/usr/sbin/useradd'), line('/usr/bin/getent'), line('/usr/sbin/useradd')];
  expect(programsIn(trace.join(''))).toEqual({ count: 3, text: '2 useradd, 1 getent' });
  expect(programsIn('')).toEqual({ count: 0, text: 'no program' });
});
