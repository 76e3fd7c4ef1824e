/** Sees to it that a request is answered in bounded time. What is late is not stopped, only not waited for. */
import { Fault } from '@nodemgr/faults';
import { encodeFault } from '@nodemgr/xml-rpc';

export interface TimeToAnswer {
  /** Milliseconds, counted from `atOnce` on. */
  readonly ms: number;
  /** Resolves after so short a time that for an answer before it no timer is worth its while. */
  readonly atOnce: Promise<void>;
  /** Told of an answer that fails later than that. */
  readonly lateFailure: (error: unknown) => void;
}

/** answerInTime returns the answer, or, if it is late, fault 111. */
export async function answerInTime(
  answer: Promise<string>,
  { ms, atOnce, lateFailure }: TimeToAnswer,
): Promise<string> {
  const early = await Promise.race([answer, atOnce]);
  if (early !== undefined) return early;
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<undefined>((resolve) => {
    timer = setTimeout(resolve, ms, undefined);
  });
  try {
    const text = await Promise.race([answer, late]);
    if (text !== undefined) return text;
    answer.catch(lateFailure);
    const why = `not answered in ${ms / 1000} s; what was asked for may still be done`;
    return encodeFault(new Fault('unavailable', why).code, why);
  } finally {
    clearTimeout(timer);
  }
}
