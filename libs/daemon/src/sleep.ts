/** Waits that end early when the daemon stops. */
import { setTimeout as delay } from 'node:timers/promises';

/** The longest wait that a timer takes: one of more milliseconds would fire at once. */
const LONGEST_MS = 2 ** 31 - 1;

/** sleep waits `ms` milliseconds, or until `signal` aborts; never rejects. Reports whether it slept through. */
export async function sleep(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    for (let left = Math.max(0, ms); ; left -= LONGEST_MS) {
      await delay(Math.min(left, LONGEST_MS), undefined, { signal });
      if (left <= LONGEST_MS) return true;
    }
  } catch {
    // Aborted: that is the answer, not an error.
    return false;
  }
}
