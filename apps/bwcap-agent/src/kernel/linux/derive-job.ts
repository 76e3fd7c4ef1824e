/** What systemd says that it is about to do. Pure. */

/** isBeingStopped reports whether `unit` is to stop, and not to start again, going by `systemctl list-jobs`. */
export function isBeingStopped(jobs: string, unit: string): boolean {
  return jobs
    .split('\n')
    .map((line) => line.trim().split(/\s+/))
    .some(([, name, type]) => name === unit && type === 'stop');
}
