/** Deliveries against a model that is a plain Map and rules written as directly as the design has them. */
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { aCap, aDelegate, aSliver, keyOf } from './builders.ts';
import {
  type FullUpdate,
  type HeldRecord,
  planExpiry,
  planFullUpdate,
  planSingleRecord,
  type RecordChanges,
} from './plan-update.ts';
import { type EpochSeconds, epochSeconds } from './quantities.ts';
import { type DeliveredRecord, isSliver, SOURCES, type Source } from './record.ts';
import { canonicalJson } from './record-content.ts';
import type { RecordKey } from './record-key.ts';

interface ModelRecord {
  readonly source: Source;
  readonly content: string;
  readonly timestamp: number;
  readonly expiry: number | undefined;
  readonly sliver: boolean;
}

/** What should be, in as few words as possible. */
interface Model {
  now: number;
  trusted: boolean;
  readonly records: Map<string, ModelRecord>;
  readonly heard: Map<Source, number>;
}

/** What is: a database without a database. */
interface Real {
  held: Map<RecordKey, HeldRecord>;
  readonly heard: Map<Source, EpochSeconds>;
}

type Step = fc.Command<Model, Real>;

const isOver = (expiry: number | undefined, model: Model) =>
  model.trusted && expiry !== undefined && expiry <= model.now;
const trustedNow = (model: Model) => (model.trusted ? epochSeconds(model.now) : undefined);
const runningOf = (real: Real): ReadonlySet<RecordKey> =>
  new Set([...real.held].filter(([, { record }]) => isSliver(record)).map(([key]) => key));

function apply(real: Real, source: Source, { puts, removals }: RecordChanges): void {
  for (const { record_key } of removals) real.held.delete(record_key);
  for (const record of puts) real.held.set(record.record_key, { record, source });
}

function modelOf(record: DeliveredRecord, source: Source): ModelRecord {
  const { timestamp, expiry } = record;
  const content = canonicalJson({ ...record, timestamp: 0 });
  return { source, content, timestamp, expiry, sliver: isSliver(record) };
}

/** Whether an update of `source` takes over a record that another source has. */
const hasToGiveWay = (mine: Pick<ModelRecord, 'source' | 'sliver'>, source: Source): boolean =>
  (mine.source === 'ticket' && source === 'plc') ||
  (mine.source === 'plc' && source === 'config' && !mine.sliver);

/** Whether the model takes `record` in. Reports what becomes of the one that it has. */
function take(model: Model, record: DeliveredRecord, source: Source): 'taken' | 'kept' | 'over' {
  const mine = model.records.get(record.record_key);
  if (isOver(record.expiry, model)) return 'over';
  const givesWay = mine !== undefined && hasToGiveWay(mine, source);
  if (mine !== undefined && mine.source !== source && !givesWay) return 'kept';
  if (mine !== undefined && !givesWay && record.timestamp < mine.timestamp) return 'kept';
  const next = modelOf(record, source);
  // Only a change of content is written: the timestamp held is that of the last change.
  if (mine?.content !== next.content || givesWay) model.records.set(record.record_key, next);
  return 'taken';
}

function compare(model: Model, real: Real): void {
  const seen = [...real.held].map(([key, { record, source }]) => [key, modelOf(record, source)]);
  expect(Object.fromEntries(seen)).toEqual(Object.fromEntries(model.records));
}

class FullUpdateStep implements Step {
  constructor(
    readonly update: FullUpdate,
    readonly allowed: boolean,
  ) {}

  check = () => true;

  run(model: Model, real: Real): void {
    const { source, timestamp } = this.update;
    const before = new Map(real.held);
    const decision = planFullUpdate(this.update, this.#circumstances(model, real));
    const foreign = (held: Real['held']) =>
      [...held].filter(([, each]) => {
        const mine = { source: each.source, sliver: isSliver(each.record) };
        return each.source !== source && !hasToGiveWay(mine, source);
      });
    expect(decision.outcome).toBe(this.#expected(model));
    if (decision.outcome === 'accepted') {
      apply(real, source, decision);
      real.heard.set(source, timestamp);
      expect(foreign(real.held)).toEqual(foreign(before));
      this.#again(model, real);
    }
    compare(model, real);
  }

  #circumstances(model: Model, real: Real) {
    return {
      held: real.held,
      heldTimestamp: real.heard.get(this.update.source),
      slivers: { running: runningOf(real), existing: runningOf(real) },
      now: trustedNow(model),
      guard: this.allowed ? ('allowed' as const) : { max_removed_share: 0.5, min_slivers: 4 },
    };
  }

  /** The same update once more plans nothing. */
  #again(model: Model, real: Real): void {
    expect(planFullUpdate(this.update, this.#circumstances(model, real))).toMatchObject({
      outcome: 'accepted',
      puts: [],
      removals: [],
    });
  }

  /** Carries the update out on the model, if it counts. */
  #expected(model: Model): 'stale' | 'refused' | 'accepted' {
    const { source, timestamp, records } = this.update;
    if (timestamp < (model.heard.get(source) ?? 0)) return 'stale';
    const after: Model = { ...model, records: new Map(model.records) };
    const named = new Set<string>();
    for (const record of records) {
      if (named.has(record.record_key)) continue;
      const readable = this.#readable(record, model.records.get(record.record_key));
      if (readable === undefined) continue;
      if (take(after, readable, source) === 'taken') named.add(record.record_key);
    }
    for (const [key, mine] of model.records) {
      const isNamed = this.update.unusable?.has(key as RecordKey) || mine.timestamp > timestamp;
      const stays = isNamed && !isOver(mine.expiry, model);
      if (mine.source === source && !named.has(key) && !stays) after.records.delete(key);
    }
    const running = [...model.records].filter(([, { sliver }]) => sliver);
    const lost = running.filter(
      ([key, { expiry }]) => !after.records.has(key) && !isOver(expiry, model),
    );
    const tooMany = running.length >= 4 && lost.length * 2 > running.length;
    if (tooMany && !this.allowed) return 'refused';
    model.records.clear();
    for (const [key, record] of after.records) model.records.set(key, record);
    model.heard.set(source, timestamp);
    return 'accepted';
  }

  /** What of `record` can be read, and the rest as it was. */
  #readable(record: DeliveredRecord, mine: ModelRecord | undefined): DeliveredRecord | undefined {
    const fields = this.update.unreadable?.get(record.record_key);
    if (fields === undefined) return record;
    if (mine === undefined) return undefined;
    const readable: Record<string, unknown> = { ...record };
    const was = JSON.parse(mine.content) as Record<string, unknown>;
    for (const field of fields) {
      delete readable[field];
      if (field in was) readable[field] = was[field];
    }
    return readable as unknown as DeliveredRecord;
  }

  toString = () =>
    `${this.allowed ? 'allowed ' : ''}update of ${this.update.source} at ${this.update.timestamp}: ${JSON.stringify(this.update.records)}, unreadable ${JSON.stringify([...(this.update.unreadable ?? [])])}, unusable ${[...(this.update.unusable ?? [])]}`;
}

class SingleRecordStep implements Step {
  constructor(
    readonly record: DeliveredRecord,
    readonly source: Source,
  ) {}

  check = () => true;

  run(model: Model, real: Real): void {
    const { record, source } = this;
    const plan = () => {
      const held = real.held.get(record.record_key);
      return planSingleRecord(record, source, held, trustedNow(model));
    };
    apply(real, source, plan());
    expect(plan().puts).toEqual([]);
    take(model, record, source);
    compare(model, real);
  }

  toString = () => `single record of ${this.source}: ${JSON.stringify(this.record)}`;
}

class TimeStep implements Step {
  constructor(
    readonly by: number,
    readonly trusted: boolean,
  ) {}

  check = () => true;

  run(model: Model, real: Real): void {
    model.now += this.by;
    model.trusted = this.trusted;
    if (!model.trusted) return;
    const removals = planExpiry(real.held, epochSeconds(model.now));
    apply(real, 'plc', { puts: [], removals, ignored: [] });
    for (const [key, { expiry }] of model.records) {
      if (isOver(expiry, model)) model.records.delete(key);
    }
    compare(model, real);
  }

  toString = () => `${this.by} s pass, clock ${this.trusted ? '' : 'not '}trusted`;
}

const source = fc.constantFrom(...SOURCES);
const time = fc.nat({ max: 40 });
const record: fc.Arbitrary<DeliveredRecord> = fc
  .record({
    name: fc.constantFrom('a_a', 'b_b', 'c_c', 'd_d', 'e_e', 'f_f'),
    kind: fc.constantFrom('sliver', 'sliver', 'sliver', 'delegate', 'bwcap'),
    timestamp: time,
    expiry: fc.option(fc.nat({ max: 80 }), { nil: undefined }),
    ssh_keys: fc.constantFrom('', 'k'),
    id: fc.nat({ max: 2 }),
  })
  .map(({ name, kind, timestamp, expiry, ssh_keys, id }) => {
    if (kind === 'bwcap') return aCap({ timestamp, expiry });
    const account = { name, timestamp, expiry, ssh_keys };
    return kind === 'sliver' ? aSliver({ ...account, id }) : aDelegate(account);
  });
/** Some of the keys that there are. */
const keys = fc.subarray(['a_a', 'b_b', 'c_c', 'd_d', 'e_e', 'f_f'].map(keyOf));
const fields = fc.subarray(['id', 'expiry'] as const, { minLength: 1 });
const update: fc.Arbitrary<FullUpdate> = fc
  .record({
    source,
    timestamp: time,
    records: fc.array(record, { maxLength: 8 }),
    unreadable: fc.tuple(keys, fields),
    unusable: keys,
  })
  .map(({ source, timestamp, records, unreadable: [some, which], unusable }) => ({
    unreadable: new Map(some.map((key) => [key, which])),
    unusable: new Set(unusable),
    source,
    timestamp: epochSeconds(timestamp),
    // As db-service does: every record of an update bears the update's timestamp.
    records: records.map((each) => ({ ...each, timestamp: epochSeconds(timestamp) })),
  }));

test('any sequence of deliveries, tickets and time does what a plain map does', () => {
  const steps = [
    fc.tuple(update, fc.boolean()).map(([each, allowed]) => new FullUpdateStep(each, allowed)),
    fc.tuple(record, source).map(([each, from]) => new SingleRecordStep(each, from)),
    fc.tuple(fc.nat({ max: 15 }), fc.boolean()).map(([by, ok]) => new TimeStep(by, ok)),
  ];
  const start = () => ({
    model: { now: 0, trusted: false, records: new Map(), heard: new Map() },
    real: { held: new Map(), heard: new Map() },
  });
  fc.assert(
    fc.property(fc.commands(steps, { maxCommands: 40 }), (commands) => {
      fc.modelRun(start, commands);
    }),
    { numRuns: 400 },
  );
});
