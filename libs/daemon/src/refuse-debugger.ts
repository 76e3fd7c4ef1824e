/**
 * Keeps Node.js's debugger shut. On SIGUSR1 Node.js opens it on 127.0.0.1:9229 without a password: to
 * every tenant of a node, who share its network. A process that is started with --inspect keeps its debugger.
 */
import { close, url } from 'node:inspector';

/** As it is seen from the outside: SIGUSR1 makes other daemons log anew, and does nothing to ours. */
export const SIGUSR1_IGNORED =
  'SIGUSR1 is ignored: by itself Node.js would open its debugger to every user of this machine';

/** A thread of Node.js opens it: one that was asked for before our first line may open it after that (ms). */
const LOOKS_MS = [0, 100, 1000, 5000];

function shut(): void {
  if (url() !== undefined) close();
}

function isAskedFor(): boolean {
  const options = [...process.execArgv, process.env['NODE_OPTIONS'] ?? ''];
  return options.some((option) => option.includes('--inspect'));
}

/**
 * refuseDebugger has SIGUSR1 do nothing, and shuts a debugger that one has opened before. To be called
 * first of all by everything that may run for long; `told` is called for each SIGUSR1.
 */
export function refuseDebugger(told: () => void = () => undefined): void {
  process.on('SIGUSR1', told);
  if (isAskedFor()) return;
  for (const ms of LOOKS_MS) setTimeout(shut, ms).unref();
}
