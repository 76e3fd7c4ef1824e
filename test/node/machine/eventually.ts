/** Waits for a state, never for a time. */
import { setTimeout as delay } from 'node:timers/promises';

export interface Patience {
  /** How long the state may take to come about (milliseconds). */
  readonly timeoutMs?: number;
  readonly intervalMs?: number;
}

/** Generous: the machine is emulated, on cores that others use too. */
export const PATIENCE_MS = 90_000;
const INTERVAL_MS = 500;

/** eventually calls `look` until it does not throw; then it rejects with what `look` said last. */
export async function eventually<T>(
  look: () => T | Promise<T>,
  patience: Patience = {},
): Promise<T> {
  const { timeoutMs = PATIENCE_MS, intervalMs = INTERVAL_MS } = patience;
  const until = performance.now() + timeoutMs;
  while (true) {
    try {
      return await look();
    } catch (error) {
      if (performance.now() >= until) throw error;
    }
    await delay(intervalMs);
  }
}
