import { describe, expect, test } from 'vitest';
import { busyMs } from './busy-time.ts';
import { FAMILIES } from './hostile-families.ts';
import { decode } from './judge-decoding.ts';

/** From here on (bytes) a document's pieces outgrow V8's young generation, at either size. */
const SMALL = 1 << 20;
const TIMES = 6;
/** Linear is 6 times as long, quadratic 36 times; what is between leaves room for a busy machine. */
const MAX_RATIO = 18;
/** Below this (milliseconds, at the larger size) there is no growth to speak of, only noise. */
const NOISE_MS = 60;
const ATTEMPTS = 2;
/** Only the processor's time counts; of the clock's there may be much more. */
const PATIENCE_MS = 120_000;

/** The shortest of several times to read `body`, in milliseconds: the others were disturbed. */
function readingMs(body: Uint8Array): number {
  const times = Array.from({ length: ATTEMPTS }, () => {
    const started = busyMs();
    decode(body);
    return busyMs() - started;
  });
  return Math.min(...times);
}

describe('the time to read a document grows no faster than its length', () => {
  test.each(Object.entries(FAMILIES))(
    'of the family "%s"',
    (_, family) => {
      const small = readingMs(family(SMALL));
      const large = readingMs(family(SMALL * TIMES));
      expect(large).toBeLessThan(Math.max(NOISE_MS, MAX_RATIO * small));
    },
    PATIENCE_MS,
  );
});
