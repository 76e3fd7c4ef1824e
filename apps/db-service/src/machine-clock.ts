/** The clocks of the machine itself. */
import type { FailureBoard } from '@nodemgr/daemon';
import { native } from '@nodemgr/native';
import type { ClockSource } from './trusted-clock.ts';

/** machineClock reads them. A machine that forbids the question counts as one that is not synchronised. */
export function machineClock(failures: FailureBoard): ClockSource {
  return {
    wallMs: () => Date.now(),
    monotonicMs: () => performance.now(),
    synchronised() {
      try {
        return native().clockSynchronised();
      } catch (error) {
        const { message: reason } = error as Error;
        failures.report({ subject: 'clock', action: 'ask whether it is synchronised', reason });
        return false;
      }
    },
  };
}
