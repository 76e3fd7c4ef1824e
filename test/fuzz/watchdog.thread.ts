/**
 * A thread beside the inputs: when one does not end, it saves that input and ends the process, which
 * could not do so itself. It looks at shared memory and is told nothing.
 */
import { mkdirSync, writeFileSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';
import { workerData } from 'node:worker_threads';
import { type Watched, watchedInput } from './watched-input.ts';

const LOOK_MS = 500;
/** Far longer than any input may take, so that a busy machine is not taken for a hang. */
const HANG_MS = 60_000;

// The thread is started by WatchedInput alone, with this.
const { shared, folder, seed } = workerData as Watched;
let since = { index: -1, at: performance.now() };

function hung(index: number, body: Uint8Array): void {
  const file = `${folder}/hang-${seed}-${index}.bin`;
  mkdirSync(dirname(file), { recursive: true });
  writeFileSync(file, body);
  writeSync(1, `input ${index} of seed ${seed} did not end in ${HANG_MS / 1000} s: ${file}\n`);
  process.kill(process.pid, 'SIGKILL');
}

setInterval(() => {
  const { index, body } = watchedInput(shared);
  const now = performance.now();
  if (index !== since.index) since = { index, at: now };
  else if (index >= 0 && now - since.at > HANG_MS) hung(index, body);
}, LOOK_MS);
