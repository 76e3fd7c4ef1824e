/**
 * `npm run fuzz`: fuzzes the XML-RPC reader and the whole way from a body to its answer.
 *
 *   --seed N     decides every input (default: one of its own, which it prints)
 *   --inputs M   how many, in two processes (default: a million)
 *   --index I    makes and judges input I of the seed alone: one that was written and not mutated
 *   --replay F   judges the bytes of a file, from every caller and in every state of the node
 *
 * Ends with 1 when there is a finding.
 */
import { randomInt } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { Examiner, examineText } from './examine.ts';
import { InputSource } from './input-source.ts';
import { decode, type Verdict } from './judge-decoding.ts';
import { type FuzzReport, fuzzInProcesses } from './run-workers.ts';
import { everyScene } from './scene.ts';
import { SecondOpinion } from './second-opinion.ts';
import { WatchedInput } from './watched-input.ts';

const PROCESSES = 2;
const DEFAULT_INPUTS = 1_000_000;
const MAX_INPUTS = 1_000_000_000;
const MAX_SEED = 2 ** 31 - 1;

const say = (line: string): void => {
  process.stdout.write(`${line}\n`);
};

function numberOf(text: string | undefined, name: string, most: number): number | undefined {
  if (text === undefined) return undefined;
  const number = /^[0-9]{1,10}$/.test(text) ? Number(text) : Number.NaN;
  if (number <= most) return number;
  throw new Error(`--${name} wants a whole number up to ${most}, got ${JSON.stringify(text)}`);
}

function sayVerdict(what: string | undefined): void {
  say(what === undefined ? 'fuzz: nothing wrong with it' : `fuzz: ${what}`);
  process.exitCode = what === undefined ? 0 : 1;
}

/** What Python makes of a body, and of the answer to it if there is one. */
async function compare(body: Uint8Array, answer: string): Promise<Verdict> {
  if (!SecondOpinion.isThere()) return undefined;
  const opinion = new SecondOpinion();
  try {
    const wrong = await opinion.onCall(body, decode(body));
    return wrong ?? (answer === '' ? undefined : await opinion.onAnswer(answer));
  } finally {
    opinion.close();
  }
}

async function judgeOne(seed: number, index: number): Promise<void> {
  const input = new InputSource(seed, []).make(index);
  say(Buffer.from(input.body).toString('utf8'));
  const { verdict, answer } = await watched(input.body, () => new Examiner().examine(input));
  sayVerdict(verdict ?? examineText(seed, index) ?? (await compare(input.body, answer)));
}

async function judgeFile(file: string): Promise<void> {
  const body = readFileSync(file);
  const examiner = new Examiner();
  const [scene] = everyScene();
  const wrong = await watched(body, () => examiner.examineEverywhere(body));
  if (wrong !== undefined || scene === undefined) return sayVerdict(wrong);
  const { answer } = await examiner.examine({ body, scene, meant: undefined });
  sayVerdict(await compare(body, answer));
}

function sayReport({ shares, seconds, inputs: taken }: FuzzReport): void {
  for (const [index, share] of shares.entries()) {
    const { inputs, accepted, kept, coverage, compared, slowestMs, heapBytes, digest } = share;
    const megabytes = heapBytes.map((bytes) => (bytes / 2 ** 20).toFixed(1)).join(', ');
    const compare =
      compared === undefined ? 'no python3 to compare with' : `${compared} compared with Python`;
    say(
      `process ${index + 1}: ${inputs} inputs, ${accepted} accepted, ${compare}, ` +
        `coverage ${(100 * coverage).toFixed(1)}%, ${kept} kept, slowest ${slowestMs.toFixed(0)} ms, ` +
        `heap ${megabytes} MiB, digest ${digest}`,
    );
  }
  say(`${Math.round(taken / seconds)} inputs/s in ${seconds.toFixed(1)} s`);
}

async function fuzz(seed: number, inputs: number): Promise<void> {
  say(`fuzz: seed ${seed}; the same again: npm run fuzz -- --seed ${seed} --inputs ${inputs}`);
  const report = await fuzzInProcesses({ seed, inputs, processes: PROCESSES, say });
  sayReport(report);
  for (const { what, repeat } of report.findings) {
    say(`FINDING: ${what}\n  repeat it: npm run fuzz -- ${repeat}`);
  }
  say(`fuzz: ${report.inputs} inputs, ${report.findings.length} findings`);
  if (report.findings.length > 0) process.exitCode = 1;
}

/** watched ends the process when judging a body does not end, as in a run. */
async function watched<T>(body: Uint8Array, judge: () => Promise<T>): Promise<T> {
  const watch = new WatchedInput(0, resolve('dist/fuzz/findings'));
  watch.begin(0, body);
  try {
    return await judge();
  } finally {
    await watch.close();
  }
}

async function main(): Promise<void> {
  const { values } = parseArgs({
    options: {
      seed: { type: 'string' },
      inputs: { type: 'string' },
      index: { type: 'string' },
      replay: { type: 'string' },
    },
  });
  const seed = numberOf(values.seed, 'seed', MAX_SEED) ?? randomInt(MAX_SEED);
  const inputs = numberOf(values.inputs, 'inputs', MAX_INPUTS) ?? DEFAULT_INPUTS;
  const index = numberOf(values.index, 'index', MAX_INPUTS);
  if (values.replay !== undefined) return judgeFile(values.replay);
  return index === undefined ? fuzz(seed, inputs) : judgeOne(seed, index);
}

main().catch((error: unknown) => {
  process.stderr.write(`fuzz: ${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 1;
});
