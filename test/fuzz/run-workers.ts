/** Shares the inputs of a run among processes, and gathers what they found. */
import { fork } from 'node:child_process';
import { join } from 'node:path';
import type { Share, ShareReport, WorkerMessage } from './share.ts';

export interface FuzzRun {
  readonly seed: number;
  readonly inputs: number;
  readonly processes: number;
  readonly say: (line: string) => void;
}

export interface Finding {
  readonly what: string;
  /** The arguments that show it again. */
  readonly repeat: string;
}

export interface FuzzReport {
  readonly shares: readonly ShareReport[];
  readonly findings: readonly Finding[];
  /** Inputs that were taken; of a process that crashed, none. */
  readonly inputs: number;
  readonly seconds: number;
}

type Ended = Extract<WorkerMessage, { kind: 'finding' | 'done' }>;

/**
 * With V8's compiler in a thread of its own, what coverage counts depends on when that is done, and
 * no run would be like another.
 */
const FLAGS = ['--expose-gc', '--single-threaded'];
/** Between two lines that say how far it is, in inputs. */
const SAY_EVERY = 100_000;

/** Runs one process to its end; one that ends without a word was ended by its watchdog, or crashed. */
function runShare(share: Share, progressed: (done: number) => void): Promise<Ended> {
  const worker = fork(join(__dirname, 'worker.process.cjs'), { execArgv: FLAGS });
  const crashed = 'a process ended before its inputs; what it said stands above';
  let ended: Ended = {
    kind: 'finding',
    what: crashed,
    repeat: `--seed ${share.seed} --inputs ${share.inputs}`,
    inputs: 0,
  };
  worker.on('message', (message: WorkerMessage) => {
    if (message.kind === 'progress') progressed(message.done);
    else ended = message;
  });
  worker.send(share);
  return new Promise((resolve, reject) => {
    worker.once('error', reject);
    worker.once('exit', () => resolve(ended));
  });
}

const inputsOf = (ended: Ended): number =>
  ended.kind === 'done' ? ended.report.inputs : ended.inputs;

/** fuzzInProcesses takes all inputs; every process ends, with its share or with a finding. */
export async function fuzzInProcesses({
  seed,
  inputs,
  processes,
  say,
}: FuzzRun): Promise<FuzzReport> {
  const started = performance.now();
  let done = 0;
  const progressed = (more: number) => {
    done += more;
    if (done % SAY_EVERY === 0) say(`${done} inputs`);
  };
  const shares = Array.from({ length: processes }, (_, first) =>
    runShare({ seed, inputs, first, step: processes }, progressed),
  );
  const ended = await Promise.all(shares);
  return {
    shares: ended.flatMap((one) => (one.kind === 'done' ? [one.report] : [])),
    findings: ended.flatMap((one) => (one.kind === 'finding' ? [one] : [])),
    inputs: ended.reduce((sum, one) => sum + inputsOf(one), 0),
    seconds: (performance.now() - started) / 1000,
  };
}
