/** Ends what is over, on a timer: a slice ends on time with PLC unreachable. It decides nothing. */
import type { FailureBoard, Logger } from '@nodemgr/daemon';

/** How often the clock is looked at and expiry swept (milliseconds): a jump must not go unnoticed. */
const SWEEP_MS = 1000;

export const EXPIRY = 'expiry';

/** sweeper returns `sweep` as something that never throws: a failure is reported. */
export function sweeper(sweep: () => void, failures: FailureBoard, log: Logger): () => void {
  return () => {
    try {
      sweep();
      failures.clear(EXPIRY);
    } catch (error) {
      const { message: reason } = error as Error;
      const retryAt = Date.now() + SWEEP_MS;
      const attempts = failures.report({
        code: 'expiry',
        subject: EXPIRY,
        action: 'sweep',
        reason,
        retryAt,
      });
      // Tried every second, said once: a full disk must not be filled with this.
      if (attempts === 1) log.error({ err: error }, 'expiry cannot be swept; tried every second');
    }
  };
}

/**
 * startSweeping calls `look` every second until the function that it returns is called, and besides when `dueMs`, the
 * milliseconds until something is due, are over before that.
 */
export function startSweeping(look: () => void, dueMs: () => number | undefined): () => void {
  let extra: NodeJS.Timeout | undefined;
  const timer = setInterval(() => {
    look();
    const due = dueMs();
    clearTimeout(extra);
    if (due !== undefined && due < SWEEP_MS) extra = setTimeout(look, Math.max(0, due));
  }, SWEEP_MS);
  return () => {
    clearInterval(timer);
    clearTimeout(extra);
  };
}
