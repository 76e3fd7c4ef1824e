/**
 * The whole of db-service but its sockets, on a real SQLite file: random deliveries, writes, time and
 * restarts, and what must hold whatever happens. (What a delivery does to the records themselves is
 * proven in libs/records.)
 */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { DeliveryResult, FeedItem, WriteContract } from '@nodemgr/contracts';
import { asFault } from '@nodemgr/faults';
import {
  accountName,
  accountOfKey,
  epochSeconds,
  type Loan,
  type LocalFacts,
  loansThatNeverCount,
  NO_LOCAL_FACTS,
  type RecordKey,
  SOURCES,
  type Source,
  type UnreadableField,
} from '@nodemgr/records';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { NodeState } from './store/node-state.ts';
import {
  acceptTicket,
  aDelegate,
  anUpdate,
  aSliver,
  DAY,
  FakeClock,
  keyOf,
  openService,
  type Service,
  SILENT,
  temporaryFolder,
} from './test-support/builders.test-support.ts';
import type { WriteRequest } from './writes/decide-write.ts';
import { commitWrites } from './writes/take-writes.ts';

/** What the steps need to know of the past. */
interface Model {
  /** What each sliver's local facts must be, by what was written and nothing else. */
  readonly locals: Map<string, LocalFacts>;
  readonly answered: Map<string, number>;
  lastAccepted: ReturnType<typeof anUpdate> | undefined;
  /** When each slice's last word that counts against tickets was said, at the earliest. */
  readonly said: Map<RecordKey, number>;
}

/** say notes a word, unless a later one is known. */
function say({ said }: Model, key: RecordKey, time: number): void {
  said.set(key, Math.max(time, said.get(key) ?? 0));
}

class Node {
  readonly clock = new FakeClock();
  readonly replica = new Map<string, FeedItem>();
  service: Service;
  #seen = 0;
  #boots = 1;

  constructor(readonly file: string) {
    this.service = this.#open();
  }

  #open(): Service {
    return openService(this.file, { clock: this.clock, bootId: `boot-${this.#boots}` });
  }

  get state(): NodeState {
    return this.service.keeper.state;
  }

  get revision(): number {
    return this.service.keeper.position.revision;
  }

  get bytes(): Buffer {
    return Buffer.concat([readFileSync(this.file), readFileSync(`${this.file}-wal`)]);
  }

  reopen(rebooted: boolean): void {
    this.service.loaded.store.close();
    if (rebooted) this.#boots += 1;
    this.service = this.#open();
    this.#seen = 0;
  }

  /** Takes in what was published since the last look, as a subscriber would. */
  follow(from: number): void {
    let at = from;
    for (const { revision, entries } of this.service.published.slice(this.#seen)) {
      expect(revision).toBe(at + 1);
      expect(entries).not.toEqual([]);
      for (const { key, item } of entries) {
        if (item === null) this.replica.delete(key);
        else this.replica.set(key, item);
      }
      at = revision;
    }
    this.#seen = this.service.published.length;
    expect(this.revision).toBe(at);
  }

  expectReplicaToBeWhole(): void {
    const whole = this.service.keeper.snapshot().entries.filter(({ item }) => item !== null);
    expect(Object.fromEntries(this.replica)).toEqual(
      Object.fromEntries(whole.map(({ key, item }) => [key, item])),
    );
  }
}

abstract class Step implements fc.Command<Model, Node> {
  check = () => true;
  abstract act(model: Model, node: Node): void;

  run(model: Model, node: Node): void {
    const before = node.revision;
    this.act(model, node);
    node.follow(before);
    node.expectReplicaToBeWhole();
    expect(Object.fromEntries(node.state.locals)).toEqual(Object.fromEntries(model.locals));
  }
}

function expectUnchanged(node: Node, before: NodeState, bytes: Buffer): void {
  expect(node.state).toBe(before);
  expect(node.bytes.equals(bytes)).toBe(true);
}

const recordsOf = (state: NodeState, sources: readonly Source[]) =>
  [...state.records].filter(([, { source }]) => sources.includes(source));

class Deliver extends Step {
  constructor(
    readonly update: ReturnType<typeof anUpdate>,
    readonly fresh: boolean,
    /** By how many seconds the document is behind the clock. */
    readonly lag: number,
  ) {
    super();
  }

  act(model: Model, node: Node): void {
    const [before, bytes] = [node.state, node.bytes];
    const timestamp = epochSeconds(node.clock.wall - this.lag);
    const update = { ...this.update, timestamp };
    const result = deliver(node, update, this.fresh);
    if (result.outcome === 'stale') expectUnchanged(node, before, bytes);
    if (result.outcome === 'refused') expect(node.state.records).toEqual(before.records);
    if (result.outcome === 'refused') expect(node.state.remarks).toBe(before.remarks);
    if (result.outcome === 'accepted') this.#expectNamedToStay(node, before);
    if (result.outcome === 'accepted') model.lastAccepted = update;
    if (result.outcome === 'accepted' && update.source === 'plc') {
      // Held, renewed, or removed by now: PLC had a say in it.
      for (const [key] of recordsOf(node.state, ['plc'])) say(model, key, timestamp);
      for (const [key] of recordsOf(before, ['plc'])) {
        if (node.state.removed.get(key)?.reason === 'document') say(model, key, timestamp);
      }
      this.#expectNoOlderTicketOnWhatIsOver(node, timestamp);
    }
    const others = SOURCES.filter((each) => each !== this.update.source && each !== 'ticket');
    // A delegate or a cap of PLC's that the configuration says, too, is the configuration's.
    const isTaken = (key: RecordKey) =>
      update.source === 'config' &&
      accountOfKey(key)?.type !== 'sliver' &&
      node.state.records.get(key)?.source === 'config';
    const untouched = (state: NodeState) =>
      recordsOf(state, others).filter(([key]) => node.state.records.has(key) && !isTaken(key));
    expect(untouched(node.state)).toEqual(untouched(before));
  }

  /** What an update names and cannot describe is not removed by it, but by time alone. */
  #expectNamedToStay({ clock, state }: Node, before: NodeState): void {
    for (const [key, { record, source }] of recordsOf(before, [this.update.source])) {
      if (!this.#isVagueOn(key)) continue;
      const isOver = record.expiry !== undefined && record.expiry <= clock.wall;
      if (clock.isSynchronised && isOver) continue;
      expect(state.records.get(key)).toMatchObject({ source, record: { record_key: key } });
      expect(state.records.get(key)?.record.expiry).toBe(record.expiry);
    }
  }

  /** Whether the update names `key`, and nowhere says until when it stays. */
  #isVagueOn(key: RecordKey): boolean {
    const { records, unreadable } = this.update;
    const named = (records as readonly { record_key?: string }[]).filter(
      ({ record_key }) => record_key === key,
    );
    const isExpiryUnreadable = unreadable.some(
      ({ record_key, fields }) => record_key === key && fields.includes('expiry'),
    );
    return named.length > 0 && (isExpiryUnreadable || named.every((each) => !('id' in each)));
  }

  #expectNoOlderTicketOnWhatIsOver({ clock, state }: Node, timestamp: number): void {
    if (!clock.isSynchronised) return;
    for (const { name, expiry } of this.update.records as readonly ReturnType<typeof aSliver>[]) {
      if (expiry === undefined || expiry > clock.wall) continue;
      const held = state.records.get(keyOf(name));
      if (held?.source === 'ticket')
        expect(held.record.timestamp).toBeGreaterThanOrEqual(timestamp);
    }
  }

  override toString = () => `deliver ${this.lag} s late: ${JSON.stringify(this.update)}`;
}

function deliver(node: Node, update: ReturnType<typeof anUpdate>, fresh: boolean): DeliveryResult {
  const { boot_id: _, ...params } = update;
  return node.service.deliveries.full({
    ...params,
    request_id: 'request-1',
    fresh,
    // As on the wire: each record is checked by db-service itself.
    records: params.records as ReturnType<typeof aSliver>[],
  });
}

/** The last update once more, at any later time: no row, no byte, nothing published. */
class DeliverAgain extends Step {
  override check = (model?: Readonly<Model>) => model?.lastAccepted !== undefined;

  act({ lastAccepted }: Model, node: Node): void {
    if (lastAccepted === undefined) return;
    node.service.deliveries.sweep();
    const { source, digest } = lastAccepted;
    const held = node.state.sources.get(source);
    // Another update of this source has come since, or records have expired: then it has news.
    const known = held?.digest === digest && !node.state.holds.has(source);
    const timestamp = node.service.deliveries.vouchedAt(source) ?? lastAccepted.timestamp;
    deliver(node, { ...lastAccepted, timestamp }, false);
    if (!known) return;
    const [before, bytes] = [node.state, node.bytes];
    expect(deliver(node, { ...lastAccepted, timestamp }, false).outcome).toBe('accepted');
    expectUnchanged(node, before, bytes);
  }

  override toString = () => 'deliver the last update again';
}

class Ticket extends Step {
  constructor(
    readonly terms: ReturnType<typeof aSliver>,
    /** How many seconds ago it was issued. */
    readonly age: number,
  ) {
    super();
  }

  act(model: Model, node: Node): void {
    const record = { ...this.terms, timestamp: epochSeconds(node.clock.wall - this.age) };
    const { record_key, timestamp } = record;
    const held = node.state.records.get(record_key)?.source;
    if (!this.#isAccepted(node, record)) return;
    const local = model.locals.get(record_key);
    // What begins anew has not been created.
    if (held === undefined && local !== undefined) {
      model.locals.set(record_key, { ...local, created: false });
    }
    if (held === undefined || held === 'ticket') {
      expect(timestamp).toBeGreaterThanOrEqual(model.said.get(record_key) ?? 0);
      say(model, record_key, timestamp);
    }
    const [before, bytes] = [node.state, node.bytes];
    expect(this.#isAccepted(node, record)).toBe(true);
    expectUnchanged(node, before, bytes);
  }

  /** Refused is one that is over, or that a later word has overtaken. */
  #isAccepted(node: Node, record: ReturnType<typeof aSliver>): boolean {
    const before = node.state;
    try {
      acceptTicket(node.service, record, node.clock.wall);
      return true;
    } catch (error) {
      expect(asFault(error).kind).not.toBe('internal');
      expect(node.state).toBe(before);
      return false;
    }
  }

  override toString = () => `ticket ${this.age} s old: ${JSON.stringify(this.terms)}`;
}

type Method = Exclude<keyof WriteContract, 'deliver_ticket'>;

class Write extends Step {
  constructor(
    readonly method: Method,
    readonly name: string,
    readonly request: number,
    readonly loans: readonly Loan[],
  ) {
    super();
  }

  act(model: Model, node: Node): void {
    const request_id = `request-${this.method}-${this.request}`;
    const request: WriteRequest =
      this.method === 'set_loans' ? { act: 'set_loans', loans: this.loans } : { act: this.method };
    const write = { request_id, sliver: accountName(this.name), caller: 'root', request };
    const { keeper } = node.service;
    const call = () => {
      const [made] = commitWrites({ keeper, now: () => epochSeconds(0), log: SILENT }, [write]);
      if (made === undefined || 'refused' in made) throw made?.refused;
      return { revision: made.revision };
    };
    const record = node.state.records.get(keyOf(this.name))?.record;
    const before = model.answered.get(request_id);
    if (before !== undefined) {
      expect(call()).toEqual({ revision: before });
    } else if (record === undefined || !('plc_instantiated' in record)) {
      expect(call).toThrow('no such sliver');
    } else if (this.method === 'set_loans' && loansThatNeverCount(this.name, this.loans)) {
      const [state, bytes] = [node.state, node.bytes];
      expect(call).toThrow('can never count');
      expectUnchanged(node, state, bytes);
    } else {
      this.#remember(model, record.plc_instantiated);
      expect(call()).toEqual({ revision: node.revision });
      model.answered.set(request_id, node.revision);
      this.#expectRetryToDoNothing(node, call);
    }
  }

  #expectRetryToDoNothing(node: Node, call: () => unknown): void {
    const [state, bytes, revision] = [node.state, node.bytes, node.revision];
    expect(call()).toEqual({ revision });
    expectUnchanged(node, state, bytes);
  }

  #remember({ locals }: Model, byPlc: boolean): void {
    const key = keyOf(this.name);
    const was = locals.get(key) ?? NO_LOCAL_FACTS;
    const unstopped = { ...was, stopped: false, stopped_by: undefined, stopped_at: undefined };
    const stop = { stopped: true, stopped_by: 'root', stopped_at: epochSeconds(0) } as const;
    const is: Record<Method, LocalFacts> = {
      set_loans: { ...was, loans: this.loans },
      start: { ...unstopped, starts: was.starts + 1 },
      stop: was.stopped ? was : { ...was, ...stop },
      create_sliver: byPlc ? was : { ...was, created: true },
      delete_sliver: byPlc ? was : { ...was, created: false },
      recreate: {
        ...unstopped,
        created: was.created || !byPlc,
        starts: was.starts + 1,
        recreated: was.starts + 1,
      },
    };
    const next = is[this.method];
    if (JSON.stringify(next) !== JSON.stringify(was)) locals.set(key, next);
  }

  override toString = () => `${this.method} ${this.name} (${this.request}) ${this.loans.length}`;
}

class TimePasses extends Step {
  constructor(
    readonly seconds: number,
    readonly synchronised: boolean,
  ) {
    super();
  }

  act(model: Model, node: Node): void {
    const before = node.state;
    node.clock.pass(this.seconds);
    node.clock.isSynchronised = this.synchronised;
    node.service.deliveries.sweep();
    const now = node.clock.wall;
    if (!this.synchronised) expect(node.state).toBe(before);
    for (const [, { record }] of node.state.records) {
      if (this.synchronised) expect(record.expiry ?? now + 1).toBeGreaterThan(now);
    }
    for (const [key, { removed_at, untimed }] of before.removed) {
      const due = this.synchronised && untimed === undefined && removed_at + DAY <= now;
      expect(node.state.removed.has(key)).toBe(!due);
      if (due) model.locals.delete(key);
      // A removal of uncertain time counts from the first moment that is certain.
      const restamped = this.synchronised && untimed;
      if (restamped) expect(node.state.removed.get(key)).toMatchObject({ removed_at: now });
    }
  }

  override toString = () => `${this.seconds} s pass, synchronised: ${this.synchronised}`;
}

class Allow extends Step {
  act(_model: Model, node: Node): void {
    const held = [...node.state.holds.keys()];
    expect(node.service.deliveries.allow().map(({ source }) => source)).toEqual(held);
    expect(node.state.holds.size).toBe(0);
  }

  override toString = () => 'guard allow';
}

class Reopen extends Step {
  constructor(readonly rebooted: boolean) {
    super();
  }

  act({ said }: Model, node: Node): void {
    const before = node.state;
    // That PLC has vouched again for what it had said is not stored.
    const stored = before.sources.get('plc')?.timestamp ?? 0;
    for (const [key] of recordsOf(before, ['plc'])) {
      said.set(key, Math.min(stored, said.get(key) ?? 0));
    }
    const { epoch, revision } = node.service.keeper.position;
    node.reopen(this.rebooted);
    expect(node.state).toEqual(before);
    expect([...node.state.records.keys()]).toEqual([...before.records.keys()]);
    expect(node.service.loaded.badRows).toEqual([]);
    expect(node.service.loaded.salvage).toBeUndefined();
    expect(node.revision).toBe(revision);
    expect(node.service.keeper.position.epoch).not.toBe(epoch);
  }

  override toString = () => (this.rebooted ? 'reboot' : 'close and reopen');
}

/** Named, and described in a way that nobody can use. */
const noRecord = (record_key: RecordKey) => ({ record_key, account_type: 'sliver' });

const START = new FakeClock().wall;
const NAMES = ['a_a', 'b_b', 'c_c', 'd_d', 'e_e', 'f_f'];
const name = fc.constantFrom(...NAMES);
const sliver = fc
  .record({
    name,
    expiry: fc.option(fc.integer({ min: 0, max: 4 * DAY }), { nil: undefined }),
    share: fc.nat({ max: 40 }),
    plc_instantiated: fc.boolean(),
    timestamp: fc.nat({ max: 5 }),
  })
  .map(({ expiry, share, timestamp, ...rest }) =>
    aSliver({
      ...rest,
      timestamp: START + timestamp,
      rspec: { nm_cpu_share: share },
      ...(expiry === undefined ? {} : { expiry: START + expiry }),
    }),
  );
const loan: fc.Arbitrary<Loan> = fc.tuple(
  fc.constantFrom(...NAMES, 'x_x'),
  fc.constantFrom('nm_cpu_share', 'nm_cpu_share', 'nm_net_share', 'nm_net_share', 'nm_disk_quota'),
  fc.integer({ min: 0, max: 30 }),
);
/** A full document, the same with an end, without most of its slivers, an empty one, and anything at all. */
const records: fc.Arbitrary<readonly unknown[]> = fc.oneof(
  fc
    .nat({ max: 40 })
    .map((share) => NAMES.map((each) => aSliver({ name: each, rspec: { nm_cpu_share: share } }))),
  fc
    .integer({ min: 1, max: 4 })
    .map((days) => NAMES.map((each) => aSliver({ name: each, expiry: START + days * DAY }))),
  fc.subarray(NAMES.map((each) => aSliver({ name: each }))),
  fc.constant([]),
  fc.array(
    fc.oneof(
      sliver,
      fc.constant(aDelegate()),
      fc.constant({ bad: true }),
      name.map((each) => noRecord(keyOf(each))),
    ),
    {
      maxLength: 7,
    },
  ),
);
const remark = fc.record({
  severity: fc.constantFrom('trouble' as const, 'note' as const),
  text: fc.constantFrom('line 1: x', 'line 2: x', 'line 3: y'),
  record_key: name.map(keyOf),
});
const vague = fc.record({
  record_key: name.map(keyOf),
  fields: fc.constantFrom(['id'], ['expiry'], ['id', 'expiry']) as fc.Arbitrary<UnreadableField[]>,
});
const update = fc
  .record({
    source: fc.constantFrom('plc', 'plc', 'plc', 'config'),
    records,
    unreadable: fc.uniqueArray(vague, { maxLength: 3, selector: ({ record_key }) => record_key }),
    remarks: fc.array(remark, { maxLength: 4 }),
    digest: fc.stringMatching(/^[0-9a-f]{64}$/),
  })
  .map(({ source, ...rest }) => anUpdate({ ...rest, source: source as Source }));
const delivery = fc
  .tuple(update, fc.boolean(), fc.constantFrom(0, 0, 0, 0, 20_000))
  .map((args) => new Deliver(...args));
const steps = [
  delivery,
  delivery,
  fc.constant(new DeliverAgain()),
  fc
    .tuple(sliver, fc.constantFrom(0, 0, 60, DAY, 2 * DAY))
    .map(([terms, age]) => new Ticket(terms, age)),
  fc
    .tuple(
      fc.constantFrom<Method>('set_loans', 'set_loans', 'start', 'stop', 'create_sliver'),
      name,
      fc.nat({ max: 30 }),
      fc.array(loan, { maxLength: 4 }),
    )
    .map(([method, who, request, loans]) => new Write(method, who, request, loans)),
  fc.tuple(fc.nat({ max: DAY }), fc.boolean()).map(([by, ok]) => new TimePasses(by, ok)),
  fc.constant(new Allow()),
  fc.boolean().map((rebooted) => new Reopen(rebooted)),
];

test('whatever is delivered, written, over, allowed or restarted, the state is what it should be', () => {
  const folder = temporaryFolder();
  let files = 0;
  let node: Node | undefined;
  const start = () => {
    files += 1;
    node = new Node(join(folder, `${files}`, 'nodemgr.sqlite'));
    const model: Model = {
      locals: new Map(),
      answered: new Map(),
      lastAccepted: undefined,
      said: new Map(),
    };
    return { model, real: node };
  };
  fc.assert(
    fc
      .property(fc.commands(steps, { maxCommands: 60, size: 'max' }), (commands) =>
        fc.modelRun(start, commands),
      )
      .afterEach(() => node?.service.loaded.store.close()),
    { numRuns: 100 },
  );
}, 120_000);
