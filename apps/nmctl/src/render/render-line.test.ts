import fc from 'fast-check';
import { expect, test } from 'vitest';
import { harmless, harmlessJson, line, paragraph, span, textOf } from './render-line.ts';

const UNSAFE = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u;
const PLAIN = { colours: false };

test('an escape sequence is shown, not sent', () => {
  expect(textOf([line('\x1b]0;owned\x07')], PLAIN)).toBe('\\x1b]0;owned\\x07\n');
});

test('C1 controls, carriage returns and bidirectional overrides are shown too', () => {
  expect(harmless('\u009b2J a\rb \u202egnp')).toBe('\\x9b2J a\\x0db \\u{202e}gnp');
});

test('whatever the text, no control or format character but a tab is left', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(harmless(text).replaceAll('\t', '')).not.toMatch(UNSAFE);
    }),
  );
});

test('what is harmless already stays as it is', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      expect(harmless(harmless(text))).toBe(harmless(text));
    }),
  );
});

test('harmless JSON means the same and holds nothing that a terminal obeys', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), (text) => {
      const json = harmlessJson(JSON.stringify({ text }, null, 2));
      expect(JSON.parse(json)).toEqual({ text });
      expect(json.replaceAll('\n', '')).not.toMatch(UNSAFE);
    }),
  );
});

test('colours are written only where they are wanted, around harmless text', () => {
  const lines = [line(span('a\x1bb', 'bad'), ' c')];
  expect(textOf(lines, { colours: true })).toBe('\x1b[31ma\\x1bb\x1b[0m c\n');
  expect(textOf(lines, PLAIN)).toBe('a\\x1bb c\n');
});

test('a text of several lines keeps them', () => {
  expect(textOf(paragraph('one\r\n\ntwo', '  '), PLAIN)).toBe('  one\n\n  two\n');
});
