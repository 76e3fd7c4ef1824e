/** The sockets that systemd hands over (sd_listen_fds(3)). Pure: the environment comes in. */

/** Descriptors handed over begin after standard input, output and error. */
const FIRST_FD = 3;
const MAX_SOCKETS = 16;

/**
 * systemdSockets returns the descriptors of the sockets meant for process `pid`; none when the
 * variables are absent or another process's. Throws when they make no sense.
 */
export function systemdSockets(
  env: Readonly<Record<string, string | undefined>>,
  pid: number,
): readonly number[] {
  const { LISTEN_FDS: count, LISTEN_PID: owner } = env;
  if (count === undefined || owner !== String(pid)) return [];
  if (!/^[0-9]{1,3}$/.test(count) || Number(count) > MAX_SOCKETS) {
    throw new Error(
      `LISTEN_FDS is ${JSON.stringify(count)}; wanted is a number up to ${MAX_SOCKETS}`,
    );
  }
  return Array.from({ length: Number(count) }, (_, index) => FIRST_FD + index);
}
