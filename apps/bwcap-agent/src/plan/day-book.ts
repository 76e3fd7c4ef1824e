/**
 * Keeps the account of the day: what each sliver has sent, and whose rate is cut. Pure but for what it keeps: the
 * time and the counters come in, and what is to be done about it is returned.
 */
import type { EventContent } from '@nodemgr/contracts';
import type { AccountName, BitsPerSecond, Rspec } from '@nodemgr/records';
import type { Day, DayRule } from '../desired/node-day.ts';
import type { DayLimit } from '../limits/day-bytes.ts';
import type { Bytes } from '../limits/htb-class.ts';
import { BRANCHES, type Branch, type ByBranch, byBranch } from '../limits/htb-tree.ts';
import type { DayRates } from '../limits/limit.ts';
import { LIMITS } from '../limits/limits.ts';
import { ceilingOf } from '../limits/max-rate.ts';
import type { DayCounts, SliverReadings } from '../observed/day-counts.ts';
import {
  type ClockLook,
  cutText,
  type DayCut,
  decideCut,
  decideDay,
  describeCut,
  nextLookMs,
} from './plan-day.ts';

/** The rates of one sliver that are cut. */
export type SliverCuts = ByBranch<DayCut>;

type DayLimits = ByBranch<DayLimit>;
const NO_LIMITS: DayLimits = {};

/** rspecOf returns a sliver's effective RSpec; undefined: no record names it now. */
export type RspecOf = (name: AccountName) => Rspec | undefined;

/** What a look has brought. */
export interface Looked {
  /** Slivers whose rates are to be others now. */
  readonly changed: readonly AccountName[];
  readonly events: readonly EventContent[];
  /** How soon the next look must be, in milliseconds. */
  readonly nextMs: number;
}

/** What is known of one leaf today. */
export interface LeafDay {
  readonly sent: Bytes;
  readonly limit: DayLimit | undefined;
  readonly cut: DayCut | undefined;
}

export class DayBook {
  readonly #cuts: Map<AccountName, SliverCuts>;
  readonly #limits = new WeakMap<Rspec, DayLimits>();
  /** The day was told by this rule, and not by that of a configuration before. */
  #isOwnDay = false;

  constructor(
    readonly counts: DayCounts,
    private readonly rule: DayRule,
    private readonly link: BitsPerSecond,
    cuts: Iterable<readonly [AccountName, SliverCuts]> = [],
  ) {
    this.#cuts = new Map(cuts);
  }

  get cuts(): ReadonlyMap<AccountName, SliverCuts> {
    return this.#cuts;
  }

  /** ratesOf returns the rates that a sliver's leaves are cut to; undefined: none is. */
  ratesOf(name: AccountName): DayRates | undefined {
    const cuts = this.#cuts.get(name);
    return cuts && byBranch((branch) => cuts[branch]?.rate);
  }

  /** reasonOf returns why a leaf is cut; undefined: it is not. */
  reasonOf(name: AccountName, branch: Branch): string | undefined {
    const cut = this.#cuts.get(name)?.[branch];
    const { day } = this.counts;
    return cut && day && cutText(branch, cut, day);
  }

  /** leafOf returns what is known of one leaf today. */
  leafOf(name: AccountName, branch: Branch, rspec: Rspec | undefined): LeafDay {
    const cut = this.#cuts.get(name)?.[branch];
    const limit = rspec === undefined ? cut?.limit : this.#limitsIn(rspec)[branch];
    return { sent: this.counts.sent(name, branch), limit, cut };
  }

  /** concerns reports whether a sliver has a limit, or is cut: then a change of its record matters. */
  concerns(name: AccountName, rspec: Rspec | undefined): boolean {
    return this.#cuts.has(name) || (rspec !== undefined && this.#limitsIn(rspec) !== NO_LIMITS);
  }

  /** The limits in an RSpec. One is of the feed, and the same object until it changes. */
  #limitsIn(rspec: Rspec): DayLimits {
    const known = this.#limits.get(rspec);
    if (known !== undefined) return known;
    const given = byBranch((branch) => LIMITS[branch].day.wanted(rspec));
    const limits = Object.keys(given).length === 0 ? NO_LIMITS : given;
    this.#limits.set(rspec, limits);
    return limits;
  }

  /** look takes note of what the counters have, and decides what follows. */
  look(readings: SliverReadings, clock: ClockLook, rspecOf: RspecOf): Looked {
    const turn = decideDay(this.counts.day, clock, this.rule, this.#isOwnDay);
    this.#isOwnDay ||= turn.turn !== 'none';
    if (turn.turn === 'begin') this.counts.begin(turn.day, readings, clock.now);
    else this.counts.read(readings, clock.now);
    if (turn.turn === 'keep') this.counts.keepFor(turn.day);
    const { day } = this.counts;
    const isNewDay = turn.turn === 'begin';
    const decided = day === undefined ? NOTHING : this.#decide(day, clock, rspecOf, isNewDay);
    return { ...decided, nextMs: this.#nextMs(clock, rspecOf) };
  }

  /** Slivers without a limit and without a cut are passed over: most have neither, and there are looks every few seconds. */
  #decide(
    day: Day,
    clock: ClockLook,
    rspecOf: RspecOf,
    isNewDay: boolean,
  ): Pick<Looked, 'changed' | 'events'> {
    const changed = new Set<AccountName>();
    const events: EventContent[] = [];
    const decide = (name: AccountName) => {
      const rspec = rspecOf(name);
      if (!this.concerns(name, rspec)) return;
      for (const branch of BRANCHES) {
        const { sent, limit, cut: before } = this.leafOf(name, branch, rspec);
        const grounds = { ...clock, day, sent, limit, before };
        const after = decideCut(grounds);
        if (after === before) continue;
        changed.add(name);
        this.#set(name, branch, after);
        const event = describeCut(branch, grounds, after, isNewDay);
        if (event !== undefined) events.push({ account: name, ...event });
      }
    };
    const counted = this.counts.slivers;
    for (const name of [...this.#cuts.keys()]) if (!counted.has(name)) decide(name);
    for (const name of counted.keys()) decide(name);
    return { changed: [...changed], events };
  }

  #set(name: AccountName, branch: Branch, cut: DayCut | undefined): void {
    const { [branch]: _, ...others } = this.#cuts.get(name) ?? {};
    const cuts = cut === undefined ? others : { ...others, [branch]: cut };
    if (Object.keys(cuts).length === 0) this.#cuts.delete(name);
    else this.#cuts.set(name, cuts);
  }

  #nextMs({ now, clockTrusted }: ClockLook, rspecOf: RspecOf): number {
    const { day } = this.counts;
    const restMs = day === undefined || !clockTrusted ? Infinity : (day.ends - now) * 1000;
    return nextLookMs(this.#limited(rspecOf), restMs);
  }

  /** Every leaf that has a limit. */
  *#limited(rspecOf: RspecOf) {
    for (const name of this.counts.slivers.keys()) {
      const rspec = rspecOf(name);
      const limits = rspec && this.#limitsIn(rspec);
      if (rspec === undefined || limits === undefined || limits === NO_LIMITS) continue;
      for (const branch of BRANCHES) {
        const limit = limits[branch];
        if (limit === undefined) continue;
        const ceiling = ceilingOf(rspec, branch, this.link);
        yield { sent: this.counts.sent(name, branch), limit, ceiling };
      }
    }
  }
}

const NOTHING = { changed: [], events: [] } as const;
