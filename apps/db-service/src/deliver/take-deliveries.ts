/** Carries deliveries, expiry and the operator's word to the guard out: decide, commit, log. */
import {
  type DeliverContract,
  type DeliveryResult,
  EVENTS_KEPT_MS,
  type HeldSource,
  type ParamsOf,
} from '@nodemgr/contracts';
import type { FailureBoard, Logger, TrustedClock } from '@nodemgr/daemon';
import type { EpochSeconds, GuardLimits, Rspec, Source } from '@nodemgr/records';
import type { StateKeeper } from '../commit/state-keeper.ts';
import { decideExpiry } from '../expiry/decide-expiry.ts';
import { decideLeases, nextLeaseChange } from '../leases/decide-leases.ts';
import type { Hold } from '../store/node-state.ts';
import { settledRows } from '../tickets/settled-words.ts';
import { type Circumstances, decideFullUpdate, type IncomingUpdate } from './decide-update.ts';

export interface DeliveryOptions {
  readonly keeper: StateKeeper;
  readonly clock: TrustedClock;
  readonly guard: GuardLimits;
  /** RSpec of a sliver whose record is silent. */
  readonly defaults: Rspec;
  readonly bootId: string;
  readonly keepSeconds: number;
  readonly failures: FailureBoard;
  readonly log: Logger;
}

type Accepted = Extract<DeliveryResult, { outcome: 'accepted' }>;

/** Ignored records, or settled words, named in the log; the status names all records ignored. */
const MAX_LOGGED = 10;

export class Deliveries {
  /** The newest timestamp of each source. An unchanged update is not stored, yet it vouches. */
  readonly #vouched = new Map<Source, EpochSeconds>();
  /** What of each source's last update was ignored, as the log was told. */
  readonly #ignored = new Map<Source, string>();

  constructor(private readonly options: DeliveryOptions) {
    for (const [source, { timestamp }] of options.keeper.state.sources) {
      this.#vouched.set(source, timestamp);
    }
    for (const hold of options.keeper.state.holds.values()) this.#showHold(hold.source);
  }

  vouchedAt(source: Source): EpochSeconds | undefined {
    return this.#vouched.get(source);
  }

  held(source: Source): HeldSource {
    const { keeper, bootId } = this.options;
    const held = keeper.state.sources.get(source);
    const hold = keeper.state.holds.get(source);
    const timestamp = this.#vouched.get(source);
    return {
      ...(timestamp === undefined ? {} : { timestamp }),
      ...(held?.digest === undefined ? {} : { digest: held.digest }),
      since_boot: held?.boot_id === bootId,
      ...(hold === undefined ? {} : { refused_digest: hold.digest }),
    };
  }

  full(params: ParamsOf<DeliverContract, 'full_update'>): DeliveryResult {
    const { request_id: _, fresh, ...update } = params;
    const boot_id = fresh ? this.options.bootId : undefined;
    return this.#update({ ...update, boot_id }, this.options.guard);
  }

  /** sweep ends what is over and forgets old history, if the clock can be believed. */
  sweep(): void {
    const { keeper, clock, keepSeconds, log } = this.options;
    const { now, clockTrusted } = clock.look();
    this.#lookAtLeases();
    if (!clockTrusted) return;
    const rows = decideExpiry(keeper.state, now, keepSeconds, this.#vouched);
    keeper.commit(rows, { kind: 'expiry' });
    for (const row of rows) {
      if (row.table === 'records') log.info({ record_key: row.key }, 'expired');
    }
    this.#settleWords(now);
    keeper.forgetEvents(now * 1000 - EVENTS_KEPT_MS);
  }

  /** nextLeaseChange returns when a lease begins or ends next (seconds since 1970); undefined: never. */
  nextLeaseChange(): EpochSeconds | undefined {
    const { keeper, clock } = this.options;
    return nextLeaseChange(keeper.state, clock.now);
  }

  #lookAtLeases(document?: Pick<IncomingUpdate, 'source' | 'timestamp'>): void {
    const { keeper, clock, log } = this.options;
    const rows = decideLeases(keeper.state, clock.look());
    keeper.commit(rows, { kind: 'lease', ...(document === undefined ? {} : { document }) });
    for (const { key } of rows)
      log.info({ record_key: key }, 'its lease has begun, changed or ended');
  }

  #settleWords(now: EpochSeconds): void {
    const { keeper, log } = this.options;
    const rows = settledRows(keeper.state, now);
    if (rows.length === 0) return;
    keeper.commit(rows, { kind: 'expiry' });
    const on = rows.map(({ key }) => key).slice(0, MAX_LOGGED);
    log.warn(
      { on, count: rows.length },
      'last words that were lost, or of the future, count as said now',
    );
  }

  /** allow lets every update through that the guard holds back. */
  allow(): { source: string; written: number; removed: number }[] {
    const { keeper, log } = this.options;
    return [...keeper.state.holds.values()].map((hold) => {
      log.warn(
        { source: hold.source, timestamp: hold.timestamp },
        'an operator lets a refused update through',
      );
      const result = this.#update(hold, 'allowed');
      if (result.outcome === 'stale') this.#dropHold(hold);
      const { written, removed } =
        result.outcome === 'accepted' ? result : { written: 0, removed: 0 };
      return { source: hold.source, written, removed };
    });
  }

  #update(incoming: IncomingUpdate, guard: Circumstances['guard']): DeliveryResult {
    this.sweep();
    const { keeper, clock, log, defaults } = this.options;
    const { source, timestamp } = incoming;
    const { rows, result } = decideFullUpdate(incoming, keeper.state, {
      ...clock.look(),
      guard,
      defaults,
      vouchedAt: this.#vouched.get(source),
    });
    keeper.commit(rows, { kind: 'update', source, timestamp, allowed: guard === 'allowed' });
    this.#lookAtLeases({ source, timestamp });
    if (result.outcome === 'accepted') this.#accepted(incoming, result);
    else if (result.outcome === 'refused') this.#refused(incoming, result.reason, rows.length > 0);
    else log.warn({ source, timestamp, ...result }, 'an update older than the one held is ignored');
    return result;
  }

  #accepted({ source, timestamp }: IncomingUpdate, result: Accepted): void {
    const { failures, log } = this.options;
    const { written, removed, ignored } = result;
    this.#vouched.set(source, timestamp);
    failures.clear(`guard: ${source}`);
    const counts = { written, removed, ignored: ignored.length };
    log.info({ source, timestamp, ...counts }, 'an update was accepted');
    const first = ignored.slice(0, MAX_LOGGED);
    const text = JSON.stringify(first);
    const isNews = text !== this.#ignored.get(source);
    this.#ignored.set(source, text);
    if (ignored.length === 0 || !isNews) return;
    log.warn({ source, ignored: first }, 'records of the update were ignored; the rest counts');
  }

  /** The fetcher asks again with every poll; the log says it once. */
  #refused({ source, timestamp }: IncomingUpdate, reason: string, news: boolean): void {
    this.#showHold(source);
    if (!news) return;
    const message = 'the guard refuses an update; the last good state stays';
    this.options.log.warn({ source, timestamp, reason }, message);
  }

  #showHold(source: Source): void {
    const { keeper, failures } = this.options;
    const reason = keeper.state.holds.get(source)?.refusal.reason;
    if (reason !== undefined)
      failures.report({
        code: 'update-held',
        source,
        subject: `guard: ${source}`,
        action: 'update',
        reason,
      });
  }

  #dropHold({ source, timestamp }: Hold): void {
    const cause = { kind: 'update', source, timestamp, allowed: true } as const;
    this.options.keeper.commit([{ table: 'holds', key: source, value: undefined }], cause);
    this.options.failures.clear(`guard: ${source}`);
  }
}
