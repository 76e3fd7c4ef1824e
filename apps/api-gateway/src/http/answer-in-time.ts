/** Sees to it that a request is answered in bounded time. What is late is not stopped, only not waited for. */
import { Fault } from '@nodemgr/faults';
import { encodeFault } from '@nodemgr/xml-rpc';

/**
 * answerInTime returns the answer, or after `ms` milliseconds fault 111. An answer that fails later
 * than that is told to `lateFailure`.
 */
export async function answerInTime(
  answer: Promise<string>,
  ms: number,
  lateFailure: (error: unknown) => void,
): Promise<string> {
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
