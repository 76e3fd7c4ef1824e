import fc from 'fast-check';
import { type Logger, pino } from 'pino';
import { expect, test, vi } from 'vitest';
import { LogOutput } from './log-output.ts';

function aLog(): { log: Logger; written: string[]; output: LogOutput } {
  const written: string[] = [];
  const output = new LogOutput((lines) => written.push(lines));
  return { log: pino({ base: null, timestamp: false }, output), written, output };
}

test('lines that follow closely on each other are written together, soon', async () => {
  const { log, written } = aLog();
  log.info('one');
  log.info('two');
  expect(written).toEqual([]);
  await vi.waitFor(() => expect(written).toHaveLength(1));
  expect(written[0]).toBe('{"level":30,"msg":"one"}\n{"level":30,"msg":"two"}\n');
});

test('a warning is written at once, after what came before it', () => {
  const { log, written } = aLog();
  log.info('before');
  log.warn('now');
  expect(written.join('')).toBe('{"level":30,"msg":"before"}\n{"level":40,"msg":"now"}\n');
});

test('however much is logged, little of it waits', () => {
  const { log, written } = aLog();
  for (let n = 0; n < 10_000; n += 1) log.info('x'.repeat(100));
  const lines = written.join('').split('\n').length;
  expect(lines).toBeGreaterThan(9_000);
});

test('whatever is logged at whatever level comes out once, in its order', () => {
  const entry = fc.record({ level: fc.constantFrom('info', 'warn', 'fatal'), text: fc.string() });
  fc.assert(
    fc.property(fc.array(entry), (entries) => {
      const { log, written, output } = aLog();
      for (const { level, text } of entries) log[level as 'info'](text);
      output.flush();
      const lines = written.join('').split('\n').slice(0, -1);
      expect(lines.map((line) => JSON.parse(line).msg)).toEqual(entries.map(({ text }) => text));
    }),
  );
});
