/** Bounds a conversation with an authority in time. */
import type { FailedFetch } from './fetch-answer.ts';

/** The longest wait of a timer of Node.js, in milliseconds. */
const MAX_TIMER_MS = 2 ** 31 - 1;

type Ask<Known, Answer> = (known: Known, signal: AbortSignal) => Promise<Answer | FailedFetch>;

const isFailed = (answer: { readonly kind: string }): answer is FailedFetch =>
  answer.kind === 'failed';

/** withDeadline returns `ask`, which then has failed when it takes longer than `seconds`. */
export function withDeadline<Known, Answer extends { readonly kind: string }>(
  ask: Ask<Known, Answer>,
  seconds: number,
): Ask<Known, Answer> {
  return async (known, signal) => {
    const controller = new AbortController();
    const abort = () => controller.abort();
    const timer = setTimeout(abort, Math.min(seconds * 1000, MAX_TIMER_MS));
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    try {
      const answer = await ask(known, controller.signal);
      if (!isFailed(answer) || !controller.signal.aborted) return answer;
      const reason = signal.aborted ? 'told to stop' : `no complete answer in ${seconds} seconds`;
      return { kind: 'failed', cause: answer.cause, reason };
    } finally {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    }
  };
}
