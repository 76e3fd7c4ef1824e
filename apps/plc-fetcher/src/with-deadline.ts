/** Bounds a fetch in time. */
import type { Fetch } from './fetch-answer.ts';

/** The longest wait of a timer of Node.js, in milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** withDeadline returns `fetch`, which then has failed when it takes longer than `seconds`. */
export function withDeadline(fetch: Fetch, seconds: number): Fetch {
  return async (validators, signal) => {
    const controller = new AbortController();
    const abort = () => controller.abort();
    const timer = setTimeout(abort, Math.min(seconds * 1000, MAX_TIMER_MS));
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    try {
      const answer = await fetch(validators, controller.signal);
      if (answer.kind !== 'failed' || !controller.signal.aborted) return answer;
      const reason = signal.aborted ? 'told to stop' : `no complete answer in ${seconds} seconds`;
      return { kind: 'failed', reason };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    }
  };
}
