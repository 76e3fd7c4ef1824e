/** The clocks of the machine itself. */
import { native } from '@nodemgr/native';
import type { FailureBoard } from './failure-board.ts';
import type { ClockSource } from './trusted-clock.ts';

/** machineClock reads them. A machine that forbids the question counts as one that is not synchronised. */
export function machineClock(failures: Pick<FailureBoard, 'report'>): ClockSource {
  return {
    wallMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    synchronised() {
      try {
        return native().clockSynchronised();
      } catch (error) {
        const { message: reason } = error as Error;
        failures.report({
          code: 'clock',
          subject: 'clock',
          action: 'ask whether it is synchronised',
          reason,
        });
        return false;
      }
    },
  };
}
