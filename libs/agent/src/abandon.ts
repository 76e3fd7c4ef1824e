/** Waiting that ends when the daemon stops, whatever it waits for. */

/**
 * abandonOn returns what `work` gives, or undefined once `signal` aborts: the work itself may go on,
 * nobody waits for it any more. Leaves no listener behind.
 */
export async function abandonOn<T>(work: Promise<T>, signal: AbortSignal): Promise<T | undefined> {
  let abandon = (): void => {};
  const aborted = new Promise<undefined>((resolve) => {
    abandon = () => resolve(undefined);
    if (signal.aborted) resolve(undefined);
    else signal.addEventListener('abort', abandon, { once: true });
  });
  try {
    return await Promise.race([work, aborted]);
  } finally {
    signal.removeEventListener('abort', abandon);
  }
}
