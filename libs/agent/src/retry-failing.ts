/** Answers an operator who has mended something: tries what fails now, waits for it, says how it stands. */
import type { Tried } from '@nodemgr/contracts';
import type { FailureBoard } from '@nodemgr/daemon';
import type { ReconcileLoop } from './reconcile-loop.ts';

type Loop<Key extends string> = Pick<
  ReconcileLoop<Key, unknown, unknown>,
  'keys' | 'failing' | 'retry' | 'settled' | 'isBusy'
>;

/**
 * retryFailing tries `name`, if the loop knows it, or all that fails when undefined; it waits for
 * `longestMs` milliseconds at most.
 */
export async function retryFailing<Key extends string>(
  loop: Loop<Key>,
  failures: Pick<FailureBoard, 'find'>,
  name: string | undefined,
  longestMs: number,
): Promise<Tried[]> {
  const keys = name === undefined ? loop.failing() : [...loop.keys()].filter((key) => key === name);
  loop.retry(keys);
  await loop.settled(keys, longestMs);
  return keys.map((subject) => {
    if (loop.isBusy(subject)) return { subject, outcome: 'tried still' };
    const failure = failures.find(subject);
    if (failure === undefined) return { subject, outcome: 'works' };
    return { subject, outcome: 'fails', reason: `${failure.action}: ${failure.reason}` };
  });
}
