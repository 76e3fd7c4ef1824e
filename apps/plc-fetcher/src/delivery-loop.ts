/**
 * Makes db-service hold what we have, by asking it what it holds: at the start, whenever we have
 * something new, and every few seconds, so that a db-service that lost its database has it back soon.
 * The decision to deliver is made in plan-delivery.ts. A refused update is not sent again.
 */
import { randomUUID } from 'node:crypto';
import type { DeliveryResult, FullUpdateParams, HeldSource } from '@nodemgr/contracts';
import { backoffMs, type FailureBoard, type Logger } from '@nodemgr/daemon';
import type { DeliveredRecord, EpochSeconds, Source } from '@nodemgr/records';
import { Alarm } from './alarm.ts';
import { type Offer, planDelivery } from './plan-delivery.ts';
import { reasonOf } from './source/fetch-answer.ts';

/** db-service as this loop sees it; both reject when it does not answer. */
export interface DeliveryPort {
  held(source: Source): Promise<HeldSource>;
  deliver(update: FullUpdateParams): Promise<DeliveryResult>;
}

/** The whole update of one source. */
export interface SourceOffer extends Offer {
  /** Its name on the failure board. */
  readonly subject: string;
  /** The records, as of a time. */
  records(timestamp: EpochSeconds): readonly DeliveredRecord[];
  readonly unreadable: FullUpdateParams['unreadable'];
  readonly remarks: FullUpdateParams['remarks'];
  /** Called when db-service has accepted them. */
  accepted?(timestamp: EpochSeconds): Promise<void>;
}

export interface DeliveryOptions {
  readonly port: DeliveryPort;
  readonly failures: FailureBoard;
  readonly log: Logger;
  readonly signal: AbortSignal;
  /** 0 to 1. */
  readonly random: () => number;
  /** How often db-service is asked what it holds, milliseconds. */
  readonly checkMs: number;
}

/** How long db-service is left alone after it did not answer: one that is back has what it missed in 2 seconds. */
const BACKOFF = { base_ms: 250, max_ms: 2000 };
/** Subject on the failure board. */
export const DB_SERVICE = 'db-service';

/** How much of everything there is, for the log. */
const countsOf = (said: Pick<FullUpdateParams, 'records' | 'unreadable' | 'remarks'>) => ({
  records: said.records.length,
  unreadable: said.unreadable.length,
  remarks: said.remarks.length,
});

export class DeliveryLoop {
  readonly #options: DeliveryOptions;
  readonly #alarm: Alarm;
  readonly #offers = new Map<Source, SourceOffer>();
  /** Sources whose update the guard holds back, as db-service last answered. */
  readonly #refused = new Set<Source>();
  readonly #asked: (() => void)[] = [];
  #attempts = 0;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#alarm = new Alarm(options.signal);
  }

  /** offer replaces what we have of a source, and has it compared at once. */
  offer(source: Source, offer: SourceOffer): void {
    this.#offers.set(source, offer);
    this.#alarm.ring();
  }

  /** retry compares at once; resolves when that has been done. */
  retry(): Promise<void> {
    return new Promise((resolve) => {
      this.#asked.push(resolve);
      this.#alarm.ring();
    });
  }

  /** run compares and delivers until the signal aborts; never rejects. */
  async run(): Promise<void> {
    const { signal } = this.#options;
    while (!signal.aborted) {
      const asked = this.#asked.splice(0);
      const wait = await this.#round();
      for (const resolve of asked) resolve();
      if (!signal.aborted) await this.#alarm.wait(wait);
    }
    for (const resolve of this.#asked.splice(0)) resolve();
  }

  /** Goes through all sources; one that fails holds up no other. Returns how long to wait, milliseconds. */
  async #round(): Promise<number> {
    const errors: unknown[] = [];
    for (const [source, offer] of this.#offers) {
      try {
        await this.#reconcile(source, offer);
      } catch (error) {
        errors.push(error);
      }
      if (this.#options.signal.aborted) return 0;
    }
    return errors.length === 0 ? this.#reached() : this.#unreached(errors[0]);
  }

  #reached(): number {
    const { failures, log, checkMs } = this.#options;
    if (failures.clear(DB_SERVICE))
      log.info({ attempts: this.#attempts }, 'db-service answers again');
    this.#attempts = 0;
    return checkMs;
  }

  #unreached(error: unknown): number {
    const { failures, log, random } = this.#options;
    this.#attempts += 1;
    const wait = backoffMs(this.#attempts, BACKOFF, random());
    const reason = reasonOf(error);
    failures.report({
      code: 'delivery',
      subject: DB_SERVICE,
      action: 'deliver',
      reason,
      retryAt: Date.now() + wait,
    });
    // One line is enough to read; the failure board goes on counting.
    const level = this.#attempts === 1 ? 'warn' : 'debug';
    log[level]({ reason, retry_in_ms: wait }, 'db-service cannot be given updates; tried again');
    return wait;
  }

  async #reconcile(source: Source, offer: SourceOffer): Promise<void> {
    const plan = planDelivery(offer, await this.#options.port.held(source));
    if (plan.deliver) await this.#deliver(source, offer, plan.timestamp);
    else if (plan.why === 'held back by the guard') {
      this.#noteRefusal(source, offer, 'the update is held back by the guard (nmctl guard allow)');
    } else this.#noteAcceptance(source, offer);
  }

  async #deliver(source: Source, offer: SourceOffer, timestamp: EpochSeconds): Promise<void> {
    const { port, log } = this.#options;
    const { digest, fresh, unreadable, remarks } = offer;
    const records = offer.records(timestamp);
    const said = { digest, records, unreadable, remarks };
    const result = await port.deliver({
      request_id: randomUUID(),
      source,
      timestamp,
      fresh,
      ...said,
    });
    // Counted: db-service keeps each, and the journal takes no line of ten thousand.
    const ended =
      result.outcome === 'accepted' ? { ...result, ignored: result.ignored.length } : result;
    log.info({ source, timestamp, fresh, ...countsOf(said), ...ended }, 'delivered');
    if (result.outcome === 'refused') this.#noteRefusal(source, offer, result.reason);
    if (result.outcome !== 'accepted') return;
    this.#noteAcceptance(source, offer);
    await offer.accepted?.(timestamp);
  }

  /** Shown until it is over, whatever else is reported or cleared about the same document. */
  #noteRefusal(source: Source, { subject }: SourceOffer, reason: string): void {
    const { failures } = this.#options;
    this.#refused.add(source);
    if (failures.list().some((failure) => failure.subject === subject)) return;
    failures.report({ code: 'update-held', source, subject, action: 'deliver', reason });
  }

  #noteAcceptance(source: Source, { subject }: SourceOffer): void {
    if (this.#refused.delete(source)) this.#options.failures.clear(subject);
  }
}
