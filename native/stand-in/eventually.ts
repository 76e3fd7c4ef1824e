// Waits for a state of the machine, with an end. For tests only.
import { setTimeout } from 'node:timers/promises';

/** Calls `attempt` until it no longer throws; after a minute, throws what it last threw. */
export async function eventually<T>(attempt: () => T | Promise<T>): Promise<T> {
  const end = Date.now() + 60_000;
  for (;;) {
    try {
      return await attempt();
    } catch (error) {
      if (Date.now() > end) throw error;
    }
    await setTimeout(20);
  }
}
