/** A wait that others can cut short. */

/** No single wait is longer, so that one can be as long as it likes (timers end at 24 days). */
const MAX_WAIT_MS = 3_600_000;

/** Alarm lets one loop wait and others wake it. A ring that nobody waits for ends the next wait at once. */
export class Alarm {
  #rung = false;
  #wake: (() => void) | undefined;

  constructor(signal: AbortSignal) {
    signal.addEventListener('abort', () => this.ring(), { once: true });
    if (signal.aborted) this.ring();
  }

  ring(): void {
    this.#rung = true;
    this.#wake?.();
  }

  /** wait ends after `ms` milliseconds, after an hour, or when the alarm rings, whichever is first. */
  async wait(ms: number): Promise<void> {
    if (!this.#rung) await this.#sleep(Math.min(ms, MAX_WAIT_MS));
    this.#rung = false;
  }

  #sleep(ms: number): Promise<void> {
    return new Promise((resolve) => {
      const wake = () => {
        clearTimeout(timer);
        this.#wake = undefined;
        resolve();
      };
      const timer = setTimeout(wake, ms);
      this.#wake = wake;
    });
  }
}
