/** Waits that end early when the daemon stops. */
import { setTimeout as delay } from 'node:timers/promises';

/** sleep waits `ms` milliseconds, or until `signal` aborts; never rejects. Reports whether it slept through. */
export async function sleep(ms: number, signal: AbortSignal): Promise<boolean> {
  try {
    await delay(Math.max(0, ms), undefined, { signal });
    return true;
  } catch {
    return false;
  }
}
