import fc from 'fast-check';
import { expect, test } from 'vitest';
import { acceptedGzip } from './accepted-encoding.ts';

test.each([
  ['gzip', 'gzip'],
  ['gzip, deflate, br', 'gzip'],
  ['deflate;q=1, GZip ; q=0.5', 'gzip'],
  ['x-gzip', 'x-gzip'],
  ['x-gzip, gzip', 'gzip'],
  ['*', 'gzip'],
  ['br, *;q=0.1', 'gzip'],
  ['identity;q=0.5, gzip;q=1.0', 'gzip'],
  ['identity;q=0, *', 'gzip'],
  ['gzip;q=0.001', 'gzip'],
])('%s takes gzip', (header, name) => {
  expect(acceptedGzip(header)).toBe(name);
});

test.each([
  undefined,
  '',
  'identity',
  'deflate, br',
  'gzip;q=0',
  'gzip;q=0.000, deflate',
  'x-gzip;q=0',
  '*;q=0',
  '*, gzip;q=0',
  'gzip;q=0.5, identity',
  'gzip;q=2',
  'gzip;q=0.0001',
  'gzip;level=1',
  'gzipped',
  'notgzip',
])('%s does not', (header) => {
  expect(acceptedGzip(header)).toBeUndefined();
});

test('no header makes it fail, and none of 16 KiB takes long', () => {
  fc.assert(fc.property(fc.string(), (header) => void acceptedGzip(header)));
  for (const piece of ['gzip;q=', ' \t', ';', ',', 'gzip ; ']) {
    const header = piece.repeat((16 << 10) / piece.length);
    const times = Array.from({ length: 5 }, () => {
      const started = performance.now();
      acceptedGzip(header);
      return performance.now() - started;
    });
    // The best of five: what else the machine does is no matter.
    expect(Math.min(...times)).toBeLessThan(100);
  }
});
