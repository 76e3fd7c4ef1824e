/**
 * One process's share of a run: takes its inputs one after the other, learns which reach new code,
 * and stops at the first finding. It makes no inputs and judges none itself.
 */
import { createHash } from 'node:crypto';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { BranchCoverage } from './branch-coverage.ts';
import { busyMs } from './busy-time.ts';
import { readCorpus } from './corpus.ts';
import { CoverageGuide } from './coverage-guide.ts';
import { Examiner, examineText } from './examine.ts';
import { HeapGrowth } from './heap-growth.ts';
import { type FuzzInput, InputSource } from './input-source.ts';
import { decode, type Verdict } from './judge-decoding.ts';
import { minimise } from './minimise.ts';
import { SecondOpinion } from './second-opinion.ts';
import type { Share, ShareReport, WorkerMessage } from './share.ts';
import { WatchedInput } from './watched-input.ts';

const FINDINGS = 'dist/fuzz/findings';
/**
 * Inputs between two looks at the coverage, which cost some milliseconds each: few while there is
 * something new in most, and twice as many each time that there is nothing.
 */
const BATCH = { least: 32, most: 1024 };
const PROGRESS = 10_000;
/** Every so many inputs go to the second reader, and every so many texts to the writer. */
const COMPARE_ONE_IN = 50;
const TEXT_ONE_IN = 8;
/** One input may keep this process busy so long (milliseconds); a collection may fall into one attempt. */
const MAX_MS = 1000;
const ATTEMPTS = 3;

export class ShareRunner {
  readonly #share: Share;
  readonly #progressed: (message: WorkerMessage) => void;
  readonly #source: InputSource;
  readonly #examiner = new Examiner();
  readonly #coverage = new BranchCoverage(__filename);
  readonly #guide = new CoverageGuide<FuzzInput>(this.#coverage, (input) =>
    this.#examiner.examine(input),
  );
  readonly #watched: WatchedInput;
  readonly #opinion = SecondOpinion.isThere() ? new SecondOpinion() : undefined;
  readonly #heap: HeapGrowth;
  readonly #digest = createHash('sha256');
  #batch: FuzzInput[] = [];
  #batchSize = BATCH.least;
  #inputs = 0;
  #accepted = 0;
  #slowestMs = 0;

  /** `progressed` is told now and then how many more inputs have been taken. */
  constructor(share: Share, progressed: (message: WorkerMessage) => void) {
    this.#share = share;
    this.#progressed = progressed;
    this.#source = new InputSource(
      share.seed,
      readCorpus().map(({ body }) => body),
    );
    this.#watched = new WatchedInput(share.seed, resolve(FINDINGS));
    this.#heap = new HeapGrowth(Math.ceil((share.inputs - share.first) / share.step));
  }

  /** run takes the share; the message says how it ended. */
  async run(): Promise<WorkerMessage> {
    const { first, step, inputs } = this.#share;
    for (let index = first; index < inputs; index += step) {
      const input = this.#source.make(index);
      const verdict = await this.#take(index, input);
      if (verdict !== undefined) return this.#finding(verdict, index, input);
      await this.#learn(input);
    }
    const { verdict } = this.#heap;
    if (verdict === undefined) return { kind: 'done', report: this.#report() };
    const { seed } = this.#share;
    const repeat = `--seed ${seed} --inputs ${inputs}`;
    return { kind: 'finding', what: verdict, repeat, inputs: this.#inputs };
  }

  async close(): Promise<void> {
    this.#opinion?.close();
    this.#coverage.close();
    await this.#watched.close();
  }

  async #take(index: number, input: FuzzInput): Promise<Verdict> {
    this.#digest.update(input.body);
    this.#watched.begin(index, input.body);
    const verdict = (await this.#examine(input)) ?? (await this.#compare(input));
    this.#watched.rest();
    this.#inputs += 1;
    this.#heap.look(this.#inputs);
    if (this.#inputs % PROGRESS === 0) this.#progressed({ kind: 'progress', done: PROGRESS });
    const ofText = index % TEXT_ONE_IN === 0 ? examineText(this.#share.seed, index) : undefined;
    return verdict ?? ofText;
  }

  /** The verdict on an input, or on the time that it took. */
  async #examine(input: FuzzInput): Promise<Verdict> {
    let tookMs = 0;
    for (let attempt = 1; attempt <= ATTEMPTS; attempt += 1) {
      const started = busyMs();
      const { verdict, accepted } = await this.#examiner.examine(input);
      tookMs = busyMs() - started;
      if (attempt === 1 && accepted) this.#accepted += 1;
      if (verdict !== undefined || tookMs <= MAX_MS) {
        this.#slowestMs = Math.max(this.#slowestMs, tookMs);
        return verdict;
      }
    }
    return `one input takes ${Math.round(tookMs)} ms`;
  }

  async #compare(input: FuzzInput): Promise<Verdict> {
    // Of the worker's own count, so that every worker compares.
    if (this.#opinion === undefined || this.#inputs % COMPARE_ONE_IN !== 0) return undefined;
    const wrong = await this.#opinion.onCall(input.body, decode(input.body));
    if (wrong !== undefined) return wrong;
    const { answer } = await this.#examiner.examine(input);
    return answer === '' ? undefined : this.#opinion.onAnswer(answer);
  }

  async #learn(input: FuzzInput): Promise<void> {
    this.#batch.push(input);
    if (this.#batch.length < this.#batchSize) return;
    const fresh = await this.#guide.freshIn(this.#batch);
    for (const { body } of fresh) this.#source.keep(body);
    this.#batchSize = fresh.length > 0 ? BATCH.least : Math.min(2 * this.#batchSize, BATCH.most);
    this.#batch = [];
  }

  #report(): ShareReport {
    return {
      inputs: this.#inputs,
      accepted: this.#accepted,
      kept: this.#source.kept,
      coverage: this.#coverage.share,
      compared: this.#opinion?.compared,
      slowestMs: this.#slowestMs,
      heapBytes: this.#heap.bytes,
      digest: this.#digest.digest('hex').slice(0, 16),
    };
  }

  /** An input that was written and not changed is made again by its index; others are saved, made small. */
  async #finding(what: string, index: number, input: FuzzInput): Promise<WorkerMessage> {
    const { seed } = this.#share;
    const same = async (body: Uint8Array) =>
      (await this.#examiner.examine({ ...input, body, meant: undefined })).verdict === what;
    const least = await minimise(input.body, same);
    const file = join(FINDINGS, `finding-${seed}-${index}.bin`);
    mkdirSync(FINDINGS, { recursive: true });
    writeFileSync(file, least);
    const byIndex = `--seed ${seed} --index ${index}`;
    const repeat = input.meant === undefined ? `--replay ${file}` : byIndex;
    const shown = `${what} (input ${index}, saved in ${file})`;
    return { kind: 'finding', what: shown, repeat, inputs: this.#inputs };
  }
}
