/** Sees to it that a request is answered in bounded time. What is late is not stopped, only not waited for. */
import { Fault } from '@nodemgr/faults';
import { encodeFault } from '@nodemgr/xml-rpc';

export interface TimeToAnswer {
  /** Milliseconds, counted from `atOnce` on. */
  readonly ms: number;
  /** Resolves after so short a time that for an answer before it no timer is worth its while. */
  readonly atOnce: Promise<void>;
  /** Aborts when nothing can be waited for any more; its reason is told. */
  readonly cut: AbortSignal;
  /** Told of an answer that fails later than that. */
  readonly lateFailure: (error: unknown) => void;
}

interface Late {
  readonly why: string;
}

/** The signal outlives all requests: `end` leaves nothing of this one behind. */
function untilLate(ms: number, cut: AbortSignal): { late: Promise<Late>; end: () => void } {
  let end = (): void => undefined;
  const late = new Promise<Late>((resolve) => {
    const onCut = () => resolve({ why: String(cut.reason) });
    const timer = setTimeout(resolve, ms, { why: `not answered in ${ms / 1000} s` });
    cut.addEventListener('abort', onCut);
    if (cut.aborted) onCut();
    end = () => {
      clearTimeout(timer);
      cut.removeEventListener('abort', onCut);
    };
  });
  return { late, end };
}

/** answerInTime returns the answer, or, if it is late or cut, fault 111. */
export async function answerInTime(
  answer: Promise<string>,
  { ms, atOnce, cut, lateFailure }: TimeToAnswer,
): Promise<string> {
  const early = await Promise.race([answer, atOnce]);
  if (early !== undefined) return early;
  const { late, end } = untilLate(ms, cut);
  try {
    const outcome = await Promise.race([answer, late]);
    if (typeof outcome === 'string') return outcome;
    answer.catch(lateFailure);
    const why = `${outcome.why}; what was asked for may still be done`;
    return encodeFault(new Fault('unavailable', why).code, why);
  } finally {
    end();
  }
}
