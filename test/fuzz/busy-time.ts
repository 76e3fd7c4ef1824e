/** How long this process has been busy: a measure that other programs on the machine do not disturb. */

/** busyMs returns the milliseconds of processor time that this process has had, in all its threads. */
export function busyMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1000;
}
