/** Runs one program of the machine that builds, to its end. */
import { spawnSync } from 'node:child_process';

/**
 * runCommand returns what `command` said on standard output. Throws an Error with what it complained of
 * when it fails, and with the Debian package that has it when it is not there.
 */
export function runCommand(
  command: string,
  args: readonly string[],
  options: { readonly from: string; readonly cwd?: string; readonly env?: NodeJS.ProcessEnv },
): string {
  const { from, cwd = '.', env = process.env } = options;
  const { status, stdout, stderr, error } = spawnSync(command, args, {
    cwd,
    env,
    encoding: 'utf8',
    maxBuffer: 64 << 20,
  });
  if (error !== undefined) {
    const missing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    throw new Error(missing ? `${command} is needed (Debian: apt install ${from})` : error.message);
  }
  if (status === 0) return stdout;
  throw new Error(`${command} ${args.join(' ')}: ${(stderr || stdout).trim()}`);
}
