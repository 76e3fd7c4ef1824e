/** Waits until a process gets the order to stop: a signal, or the end of its standard input. */

/** untilToldToStop resolves with the reason: a signal, or, if asked for, the end of standard input. */
export function untilToldToStop(stopOnStdinEof: boolean): Promise<string> {
  return new Promise((tell) => {
    for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => tell(signal));
    if (!stopOnStdinEof) return;
    process.stdin.on('end', () => tell('end of standard input'));
    process.stdin.on('error', () => tell('standard input broke'));
    process.stdin.resume();
  });
}
