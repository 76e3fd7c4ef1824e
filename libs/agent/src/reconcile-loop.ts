/**
 * The loop of every agent: observe, plan, execute, report, for each subject by itself. Level-triggered:
 * a wake says only that something may differ, and each pass begins with what is there now. It never
 * throws: a failure is a status, and is tried again with back-off.
 *
 *   wake ─▶ waiting ─▶ pass: observe ─▶ plan ─▶ steps … ─▶ observe … until nothing is left to do
 *              ▲            │ failed: shown, tried again later
 *              └────────────┘ woken meanwhile: the rest of the plan is dropped, a new pass follows
 */
import type { FailureCode, Unmet } from '@nodemgr/contracts';
import {
  AN_HOUR_MS,
  backoffMs,
  errorBeside,
  type FailureBoard,
  type Logger,
  RationedLines,
} from '@nodemgr/daemon';
import { type Revision, revision } from '@nodemgr/records';
import { abandonOn } from './abandon.ts';
import { ActionFailed, asActionFailed } from './action-failed.ts';
import { CoalescingQueue } from './coalescing-queue.ts';
import { REAL_TIMING, type Timing } from './timing.ts';

/** What is to be done for one subject. */
export interface Plan<Step> {
  readonly steps: readonly Step[];
  /**
   * Something wanted that these steps do not bring about, once none is left. 'failing' and 'blocked' are tried
   * again with back-off; 'withheld' and 'deferred' are shown until the subject is woken.
   */
  readonly unmet?: Unmet | undefined;
}

/** What the loop works for: one implementation in each agent. */
export interface Agent<
  Key extends string,
  Observed,
  Step,
  Decided extends Plan<Step> = Plan<Step>,
> {
  /** Every subject that has a desired or an observed state. */
  keys(): Iterable<Key>;
  /** Looks at the machine. A rejection is a failure of the subject. */
  observe(key: Key, signal: AbortSignal): Promise<Observed>;
  /** Decides, from the newest desired state; changes nothing. A throw (ActionFailed) is a failure of the subject. */
  plan(key: Key, observed: Observed): Decided;
  /** Does what a plan asks for beside its steps, before the first of them: what it claims, and what it waits for. */
  adopt?(key: Key, plan: Decided): void;
  /** Carries one step out; the steps of a subject run one after another. */
  execute(key: Key, step: Step, signal: AbortSignal): Promise<void>;
  /** The step's name, for logs and the failure board. */
  nameOf(step: Step): string;
}

export interface LoopOptions {
  /** The kind of its subjects, on the failure board. */
  readonly code: FailureCode;
  /** Subjects worked on side by side. */
  readonly workers: number;
  readonly failures: Pick<FailureBoard, 'report' | 'clear'>;
  readonly log: Pick<Logger, 'warn' | 'info' | 'debug'>;
  /** Everything is looked at again this often, woken or not. Milliseconds. */
  readonly resyncMs: number;
  readonly timing?: Timing;
}

const BACKOFF = { base_ms: 1000, max_ms: 300_000 };
/** Reasons of one subject that the log is not told again of; a subject that has had more of them has them told anew. */
const MOST_REASONS = 20;
/** A plan that is never done, however often it is carried out, is a failure. */
const MAX_ROUNDS = 5;

export class ReconcileLoop<
  Key extends string,
  Observed,
  Step,
  Decided extends Plan<Step> = Plan<Step>,
> {
  readonly #agent: Agent<Key, Observed, Step, Decided>;
  readonly #options: LoopOptions;
  readonly #timing: Timing;
  readonly #queue = new CoalescingQueue<Key>();
  readonly #stop = new AbortController();
  readonly #attempts = new Map<Key, number>();
  readonly #retries = new Map<Key, () => void>();
  /** What the log has been told of each subject that fails, by the action and the reason. */
  readonly #told = new Map<Key, RationedLines>();
  #cancelResync = (): void => {};
  #workers: readonly Promise<void>[] = [];

  constructor(agent: Agent<Key, Observed, Step, Decided>, options: LoopOptions) {
    this.#agent = agent;
    this.#options = options;
    this.#timing = options.timing ?? REAL_TIMING;
  }

  /** start begins the work; what was woken before is done now. */
  start(): void {
    this.#workers = Array.from({ length: this.#options.workers }, () => this.#work());
    this.#armResync();
  }

  /**
   * wake says that these subjects (or all) may differ from what they should be; `mark`, where given, is the
   * revision that says so, and counts for `settledUpTo`.
   */
  wake(keys: Iterable<Key> | 'all', mark?: Revision): void {
    if (this.#stop.signal.aborted) return;
    for (const key of keys === 'all' ? this.#agent.keys() : keys) this.#queue.add(key, mark);
  }

  /** retry wakes subjects of which something may have been mended: should they fail again, back-off begins anew. */
  retry(keys: Iterable<Key>): void {
    const all = [...keys];
    for (const key of all) this.#attempts.delete(key);
    this.wake(all);
  }

  /** Every subject that the agent has. */
  keys(): Iterable<Key> {
    return this.#agent.keys();
  }

  /** failing returns the subjects whose last attempt failed, in the order in which they began to. */
  failing(): readonly Key[] {
    return [...this.#retries.keys()];
  }

  /** isBusy reports whether `key` is waiting for its turn, or being worked on. */
  isBusy(key: Key): boolean {
    return this.#queue.isBusy(key);
  }

  /** settled resolves once nothing is left to be done for `keys` now, or after `longestMs` milliseconds. Reports which. */
  async settled(keys: readonly Key[], longestMs: number): Promise<boolean> {
    const enough = new AbortController();
    const cancel = this.#timing.after(longestMs, () => enough.abort());
    const isOver = () => enough.signal.aborted || this.#stop.signal.aborted;
    while (keys.some((key) => this.#queue.isBusy(key)) && !isOver()) {
      await abandonOn(this.#queue.changed(), enough.signal);
    }
    cancel();
    return !isOver();
  }

  /** Subjects waiting or being worked on; those that wait for a retry do not count. */
  get busy(): number {
    return this.#queue.busy;
  }

  /**
   * settledUpTo returns the revision up to which every woken subject is in line or fails for reasons of its
   * own, given the newest one that there is; undefined: not even that of the first.
   */
  settledUpTo(newest: Revision): Revision | undefined {
    const oldest = this.#queue.oldestMark();
    if (oldest === undefined) return newest;
    return oldest === 0 ? undefined : revision(Math.min(newest, oldest - 1));
  }

  /** stop ends everything at once; a step that does not heed its signal is no longer waited for. */
  async stop(): Promise<void> {
    this.#stop.abort();
    this.#cancelResync();
    for (const cancel of this.#retries.values()) cancel();
    this.#retries.clear();
    this.#queue.rouseAll();
    await Promise.all(this.#workers);
  }

  #armResync(): void {
    const wait = this.#options.resyncMs * (0.75 + this.#timing.random() / 2);
    this.#cancelResync = this.#timing.after(wait, () => {
      this.wake('all');
      this.#armResync();
    });
  }

  async #work(): Promise<void> {
    while (!this.#stop.signal.aborted) {
      const key = this.#queue.take();
      if (key === undefined) await this.#queue.changed();
      else await this.#pass(key);
    }
  }

  async #pass(key: Key): Promise<void> {
    this.#retries.get(key)?.();
    this.#retries.delete(key);
    let finished = true;
    try {
      const plan = await this.#converge(key);
      if (plan === undefined) finished = false;
      else this.#ended(key, plan);
    } catch (error) {
      const { action, message: reason, cause } = asActionFailed('work', error);
      this.#failed(key, { outcome: 'failing', action, reason }, cause);
    }
    this.#queue.done(key, finished);
  }

  /** Returns the plan that had nothing left to do; undefined when a newer wake or the end cut it short. */
  async #converge(key: Key): Promise<Plan<Step> | undefined> {
    for (let round = 0; round < MAX_ROUNDS; round += 1) {
      const observed = await this.#attempt('observe', (signal) =>
        this.#agent.observe(key, signal).then((value) => ({ value })),
      );
      if (observed === undefined) return undefined;
      const plan = this.#plan(key, observed.value);
      if (plan.steps.length === 0) return plan;
      if (!(await this.#execute(key, plan.steps))) return undefined;
    }
    throw new ActionFailed('converge', `not in line after its plan was done ${MAX_ROUNDS} times`);
  }

  #plan(key: Key, observed: Observed): Plan<Step> {
    try {
      const plan = this.#agent.plan(key, observed);
      this.#agent.adopt?.(key, plan);
      return plan;
    } catch (error) {
      throw asActionFailed('plan', error);
    }
  }

  /** Reports whether all steps were carried out. Each plan begins afresh, so the rest can be dropped. */
  async #execute(key: Key, steps: readonly Step[]): Promise<boolean> {
    for (const step of steps) {
      if (this.#stop.signal.aborted || this.#queue.isWaiting(key)) return false;
      await this.#attempt(this.#agent.nameOf(step), (signal) =>
        this.#agent.execute(key, step, signal),
      );
    }
    return true;
  }

  async #attempt<T>(
    action: string,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T | undefined> {
    const { signal } = this.#stop;
    try {
      return await abandonOn(work(signal), signal);
    } catch (error) {
      throw asActionFailed(action, error);
    }
  }

  #ended(key: Key, { unmet }: Plan<Step>): void {
    if (unmet?.outcome === 'failing' || unmet?.outcome === 'blocked') {
      this.#failed(key, unmet, undefined);
      return;
    }
    const attempts = this.#attempts.get(key);
    this.#attempts.delete(key);
    this.#told.delete(key);
    const { failures, log, code } = this.#options;
    if (unmet !== undefined) failures.report({ code, subject: key, ...unmet });
    else if (failures.clear(key))
      log.info({ subject: key, failed_attempts: attempts }, 'works again');
  }

  #failed(key: Key, unmet: Unmet, cause: unknown): void {
    if (this.#stop.signal.aborted) return;
    const { action, reason } = unmet;
    const attempts = (this.#attempts.get(key) ?? 0) + 1;
    this.#attempts.set(key, attempts);
    const wait = backoffMs(attempts, BACKOFF, this.#timing.random());
    const retryAt = this.#timing.now() + wait;
    this.#options.failures.report({ code: this.#options.code, subject: key, ...unmet, retryAt });
    // One line a reason in an hour is enough to read; the failure board goes on counting.
    const times = this.#toldOf(key).count(`${action}: ${reason}`);
    this.#options.log[times === undefined ? 'debug' : 'warn'](
      {
        subject: key,
        action,
        reason,
        attempts,
        times,
        retry_in_ms: wait,
        ...errorBeside(reason, cause),
      },
      'failed, will be tried again',
    );
    this.#retries.set(
      key,
      this.#timing.after(wait, () => this.wake([key])),
    );
  }

  #toldOf(key: Key): RationedLines {
    let told = this.#told.get(key);
    if (told === undefined) {
      const now = () => this.#timing.now();
      told = new RationedLines({ mostNames: MOST_REASONS, everyMs: AN_HOUR_MS, now });
      this.#told.set(key, told);
    }
    return told;
  }
}
