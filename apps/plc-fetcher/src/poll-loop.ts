/**
 * Asks PLC what it wants of this node at the times that plan-poll.ts gives, and keeps the last good document.
 *
 *   nothing known ──document──▶ good, fresh ◀──document or 'unchanged'──┐
 *        └──kept on disk──▶ good, not fresh ────────────────────────────┘
 *
 * Failures and documents that cannot be read change neither. What is good is handed on; delivering it
 * is not this loop's business.
 */
import type { PollEnd } from '@nodemgr/contracts';
import {
  AN_HOUR_MS,
  type FailureBoard,
  type Logger,
  RationedLines,
  type Waits,
} from '@nodemgr/daemon';
import { isoTime, PLC_DOCUMENTS } from '@nodemgr/records';
import { Alarm } from './alarm.ts';
import { CAUSES, type SignName } from './causes.ts';
import { type GoodDocument, type Judgement, judgeAnswer } from './judge-answer.ts';
import type { Floor } from './judge-order.ts';
import type { KeptDocument } from './kept-document.ts';
import { type LastFetch, type PollPolicy, planPoll } from './plan-poll.ts';
import type { DesiredStateSource, SignedDocument } from './source/desired-state-source.ts';

export interface PollClock {
  /** Milliseconds since 1970. */
  wallMs(): number;
  /** Milliseconds of a clock that never jumps. */
  monotonicMs(): number;
}

export interface PollOptions {
  readonly nodeId: number;
  readonly policy: PollPolicy;
  /** How old a signed document may be before that is trouble, seconds; undefined: as old as it likes. */
  readonly maxAgeSeconds?: number | undefined;
  readonly source: DesiredStateSource;
  readonly kept: Pick<KeptDocument, 'restore' | 'floor' | 'keep' | 'keepNote' | 'again'>;
  readonly waits: Pick<Waits<string, SignName>, 'begins' | 'failed' | 'works'>;
  readonly clock: PollClock;
  /** 0 to 1. */
  readonly random: () => number;
  readonly failures: FailureBoard;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** Called with every document that counts now, and again whenever PLC confirms it. */
  readonly onGood: (good: GoodDocument) => void;
}

/** The conversation with PLC as an operator sees it. Times are milliseconds since 1970. */
export interface PollStatus {
  readonly good: GoodDocument | undefined;
  readonly lastAttempt: number | undefined;
  readonly lastSuccess: number | undefined;
  readonly nextAttempt: number;
  readonly lastPoll: PollEnd | undefined;
  /** A signed document that came and is older than the one that this node has. */
  readonly heldBack: SignedDocument | undefined;
}

/** Subject on the failure board; the name of its document (PLC_DOCUMENTS) is another. */
export const PLC = 'PLC';
/** Another one: how old a signed document is. */
export const AGE = 'age of slices.xml';

/** Reasons that the log is not told again of within the hour, until PLC answers well. */
const MOST_REASONS = 20;

type FailedJudgement = Extract<Judgement, { reason: string }>;

export class PollLoop {
  readonly #options: PollOptions;
  readonly #alarm: Alarm;
  readonly #startedAt: number;
  readonly #asked: ((end: PollEnd) => void)[] = [];
  readonly #told: RationedLines;
  #isMended = false;
  #good: GoodDocument | undefined;
  #last: LastFetch | undefined;
  #lastAttempt: number | undefined;
  #lastSuccess: number | undefined;
  #lastPoll: PollEnd | undefined;
  #floor: Floor | undefined;
  #heldBack: SignedDocument | undefined;
  /** The document that an operator lets through when it comes. */
  #allowed: string | undefined;

  constructor(options: PollOptions) {
    this.#options = options;
    this.#alarm = new Alarm(options.signal);
    this.#startedAt = options.clock.monotonicMs();
    const now = () => options.clock.monotonicMs();
    this.#told = new RationedLines({ mostNames: MOST_REASONS, everyMs: AN_HOUR_MS, now });
  }

  /** run polls until the signal aborts; never rejects. */
  async run(): Promise<void> {
    const { signal, kept, onGood } = this.#options;
    this.#good = await kept.restore();
    this.#floor = kept.floor;
    this.#reportAge();
    if (this.#good !== undefined) onGood(this.#good);
    while (!signal.aborted) {
      const wait = this.#dueIn();
      if (wait <= 0 || this.#asked.length > 0 || this.#isMended) await this.#poll();
      else await this.#alarm.wait(wait);
    }
    this.#answerAsked({ outcome: 'stopping' });
  }

  /** fetchNow fetches without waiting for the next poll; resolves with how that ended. */
  fetchNow(): Promise<PollEnd> {
    return new Promise((resolve) => {
      this.#asked.push(resolve);
      this.#alarm.ring();
    });
  }

  /**
   * allow takes the document that is held back, if `name` is the beginning of its name, and resolves with how the fetch
   * of it ended; undefined: no such document is held back.
   */
  allow(name: string): Promise<PollEnd> | undefined {
    const held = this.#heldBack;
    if (held === undefined || !held.document.startsWith(name)) return undefined;
    const { document, serial } = held;
    this.#options.log.warn({ document, serial }, 'an operator lets an older document through');
    this.#allowed = document;
    return this.fetchNow();
  }

  /** mended fetches now because the reason of the last failure may be gone; should it not be, back-off begins anew. */
  mended(): void {
    this.#isMended = true;
    this.#alarm.ring();
  }

  get status(): PollStatus {
    return {
      good: this.#good,
      lastAttempt: this.#lastAttempt,
      lastSuccess: this.#lastSuccess,
      nextAttempt: this.#options.clock.wallMs() + this.#dueIn(),
      lastPoll: this.#lastPoll,
      heldBack: this.#heldBack,
    };
  }

  #dueIn(): number {
    const { policy, nodeId, clock } = this.#options;
    const node = { id: nodeId, startedAt: this.#startedAt };
    return planPoll(policy, node, this.#last) - clock.monotonicMs();
  }

  async #poll(): Promise<void> {
    const { source, clock, signal } = this.#options;
    await this.#options.waits.begins(PLC);
    this.#lastAttempt = clock.wallMs();
    const good = this.#good;
    const known = good && {
      ...{ identity: good.read.identity, validators: good.validators },
      signed: good.read.signed,
    };
    const answer = await source.ask(known, signal);
    if (signal.aborted) return;
    const order = { floor: this.#floor, allowed: this.#allowed };
    const judged = judgeAnswer(answer, good, clock.wallMs(), order);
    const afresh = this.#isMended;
    this.#isMended = false;
    const end = 'reason' in judged ? this.#noteFailure(judged, afresh) : await this.#take(judged);
    this.#reportAge();
    this.#answerAsked(end);
  }

  #noteFailure(judged: FailedJudgement, afresh: boolean): PollEnd {
    const { clock, random, failures, log } = this.#options;
    const { outcome, reason, cause } = judged;
    const retryAfterSeconds = judged.outcome === 'refused' ? undefined : judged.retryAfterSeconds;
    if (judged.outcome === 'refused') this.#heldBack = judged.heldBack;
    this.#options.waits.failed(PLC, CAUSES[cause]);
    const attempts = (afresh ? 0 : (this.#last?.failure?.attempts ?? 0)) + 1;
    const failure = { attempts, cause, retryAfterSeconds, random: random() };
    this.#last = { endedAt: clock.monotonicMs(), failure };
    this.#lastPoll = { outcome, reason };
    const wait = this.#dueIn();
    const retryAt = clock.wallMs() + wait;
    if (outcome === 'failed')
      failures.report({ code: 'plc', subject: PLC, action: 'fetch', reason, retryAt });
    else {
      failures.clear(PLC);
      const subject = this.#document;
      const what =
        outcome === 'refused'
          ? ({ code: 'document-refused', action: 'accept' } as const)
          : ({ code: 'document', action: 'read' } as const);
      failures.report({ ...what, subject, reason, retryAt });
    }
    // One line a reason in an hour is enough to read; the failure board goes on counting.
    const times = this.#told.count(`${outcome}: ${reason}`);
    log[times === undefined ? 'debug' : 'warn'](
      { outcome, reason, attempts, times, retry_in_ms: Math.round(wait) },
      `${this.#document} could not be had; the last good one stays`,
    );
    return this.#lastPoll;
  }

  /** Another subject on the failure board. */
  get #document(): string {
    return PLC_DOCUMENTS[this.#options.source.kind];
  }

  async #take(judged: Exclude<Judgement, FailedJudgement>): Promise<PollEnd> {
    const { clock, failures, log, onGood, kept } = this.#options;
    const { good, outcome } = judged;
    const before = this.#good?.validators;
    const failed = this.#last?.failure?.attempts;
    this.#told.forget();
    this.#good = good;
    this.#floor = good.read.signed ?? this.#floor;
    this.#heldBack = undefined;
    this.#allowed = undefined;
    this.#last = { endedAt: clock.monotonicMs() };
    this.#lastSuccess = clock.wallMs();
    const end = { outcome: outcome === 'accepted' ? 'new document' : 'unchanged' } as const;
    this.#lastPoll = end;
    this.#options.waits.works(PLC);
    failures.clear(PLC);
    failures.clear(this.#document);
    if (failed !== undefined)
      log.info({ failed_attempts: failed }, `${this.#document} can be had again`);
    if (judged.outcome === 'accepted') {
      const { remarks, totals } = good.read.state;
      // A line that the journal takes in one piece (48 KiB); db-service keeps them all.
      const first = remarks.slice(0, 50);
      const counts = { ...totals, remarks: remarks.length };
      log.info({ bytes: good.bytes, ...counts, first }, `a new ${this.#document} counts`);
      await kept.keep(good, judged.kept);
    } else {
      log.debug(`${this.#document} has not changed`);
      if (before?.etag !== good.validators.etag) await kept.keepNote(good);
      await kept.again();
    }
    onGood(good);
    return end;
  }

  /** An authority that is away, or one who holds its documents back, leaves this node with an old one. */
  #reportAge(): void {
    const { maxAgeSeconds, clock, failures } = this.#options;
    const issued = this.#good?.read.signed?.issued;
    if (maxAgeSeconds === undefined || issued === undefined) return;
    const isOld = clock.wallMs() / 1000 > issued + maxAgeSeconds;
    if (!isOld) failures.clear(AGE);
    else {
      const reason = `the document in force was made ${isoTime(issued)}, more than ${maxAgeSeconds} seconds ago; nothing is removed because of it`;
      failures.report({ code: 'document-age', subject: AGE, action: 'renew', reason });
    }
  }

  #answerAsked(end: PollEnd): void {
    for (const resolve of this.#asked.splice(0)) resolve(end);
  }
}
