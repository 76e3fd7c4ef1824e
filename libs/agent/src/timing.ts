/** Time and chance as a port, so that tests decide when it is later. */

export interface Timing {
  /** Milliseconds since 1970. */
  now(): number;
  /** 0 to 1. */
  random(): number;
  /** Calls `action` once, after `ms` milliseconds; the result cancels it. */
  after(ms: number, action: () => void): () => void;
}

/** What setTimeout takes; a longer wait ends here, and whoever asked looks at the clock again. */
const LONGEST_MS = 2 ** 31 - 1;

/** The machine's own clock. */
export const REAL_TIMING: Timing = {
  now: Date.now,
  random: Math.random,
  after: (ms, action) => {
    const timer = setTimeout(action, Math.min(Math.max(0, ms), LONGEST_MS));
    return () => clearTimeout(timer);
  },
};
