/** Deliveries on a real database: what restarts, clocks and the guard do to them. */
import { statSync } from 'node:fs';
import { join } from 'node:path';
import { epochSeconds, type Source } from '@nodemgr/records';
import { pino } from 'pino';
import { beforeEach, describe, expect, test } from 'vitest';
import {
  aCap,
  acceptTicket,
  anUpdate,
  aSliver,
  BY_ROOT,
  DAY,
  FakeClock,
  keyOf,
  localFacts,
  NOON,
  openService,
  type Service,
  temporaryFolder,
} from '../test-support/builders.test-support.ts';
import { troublesOf } from './remarks.ts';

const FOUR = ['a_a', 'b_b', 'c_c', 'd_d'].map((name) => aSliver({ name }));
const GUARD_SUBJECT = 'guard: plc';

let file: string;
let clock: FakeClock;
let service: Service;
let logged: Record<string, unknown>[];

beforeEach(() => {
  file = join(temporaryFolder(), 'nodemgr.sqlite');
  clock = new FakeClock();
  logged = [];
  service = open();
});

function open(bootId = 'boot-1'): Service {
  const log = pino({}, { write: (line: string) => logged.push(JSON.parse(line)) });
  return openService(file, { clock, bootId, log });
}

function restart(bootId?: string): void {
  service.loaded.store.close();
  service = open(bootId);
}

interface Delivery {
  readonly source?: Source;
  readonly at?: number;
  readonly fresh?: boolean;
  readonly digest?: string;
  readonly unreadable?: Parameters<typeof anUpdate>[0]['unreadable'];
  readonly remarks?: Parameters<typeof anUpdate>[0]['remarks'];
}

function deliver(records: readonly unknown[], delivery: Delivery = {}) {
  const { source = 'plc', at = clock.wall, fresh = true } = delivery;
  return service.deliveries.full({
    request_id: 'request-1',
    source,
    timestamp: epochSeconds(at),
    digest: delivery.digest ?? anUpdate({ records }).digest,
    fresh,
    unreadable: delivery.unreadable ?? [],
    remarks: delivery.remarks ?? [],
    // As on the wire: what they are is for db-service to check.
    records: records as typeof FOUR,
  });
}

const names = () => [...service.keeper.state.records.keys()];
const reasons = () => service.failures.list().map(({ subject, reason }) => `${subject}: ${reason}`);

describe('held sources', () => {
  test('what is held of a source is nothing before its first update', () => {
    expect(service.deliveries.held('plc')).toEqual({ since_boot: false });
  });

  test('what is held of a source is the last update’s timestamp and digest, and that it came in this boot', () => {
    deliver(FOUR, { digest: 'd'.repeat(64) });
    const held = { timestamp: NOON, digest: 'd'.repeat(64), since_boot: true };
    expect(service.deliveries.held('plc')).toEqual(held);
    expect(service.deliveries.held('config')).toEqual({ since_boot: false });
    restart();
    expect(service.deliveries.held('plc')).toEqual(held);
    restart('boot-2');
    expect(service.deliveries.held('plc')).toEqual({ ...held, since_boot: false });
  });

  test('what is held of a source is not from this boot when nobody vouched for it since', () => {
    deliver(FOUR, { fresh: false });
    expect(service.deliveries.held('plc').since_boot).toBe(false);
  });

  test('what is held of a source counts the time of updates that changed nothing', () => {
    const digest = 'd'.repeat(64);
    deliver(FOUR, { digest });
    deliver(FOUR, { digest, at: NOON + 600 });
    expect(service.deliveries.held('plc').timestamp).toBe(NOON + 600);
    expect(deliver([], { at: NOON + 599 })).toEqual({
      outcome: 'stale',
      held_timestamp: NOON + 600,
    });
  });
});

test('an unchanged document grows no file and publishes nothing', () => {
  const digest = 'd'.repeat(64);
  deliver(FOUR, { digest });
  const sizes = () => [statSync(file).size, statSync(`${file}-wal`).size];
  const before = { sizes: sizes(), published: service.published.length };
  for (let poll = 1; poll <= 100; poll++) deliver(FOUR, { digest, at: NOON + poll });
  expect({ sizes: sizes(), published: service.published.length }).toEqual(before);
});

test('records left out are troubles of each source until its next update, over restarts', () => {
  deliver([{ record_key: 'sliver_x_y' }]);
  deliver([aCap()], { source: 'config' });
  restart();
  expect(troublesOf(service.keeper.state)).toMatchObject({
    troubles: [{ source: 'plc', record_key: 'sliver_x_y', text: expect.stringMatching(/wants/) }],
    more_troubles: 0,
  });
  deliver([]);
  expect(troublesOf(service.keeper.state)).toEqual({ troubles: [], more_troubles: 0 });
});

test('a thousand records left out make one short line of log', () => {
  deliver(Array.from({ length: 1000 }, () => ({ record_key: 'sliver_x' })));
  expect(JSON.stringify(logged).length).toBeLessThan(4000);
});

describe('refused updates', () => {
  beforeEach(() => deliver(FOUR));
  const empty = () => deliver([], { digest: 'e'.repeat(64), at: NOON + 60 });

  test('an update that the guard refuses leaves the last good state, and is shown as failing', () => {
    expect(empty()).toMatchObject({ outcome: 'refused' });
    expect(names()).toHaveLength(4);
    expect(reasons()).toEqual([expect.stringContaining('would remove 4 of 4 running slivers')]);
    expect(service.deliveries.held('plc').refused_digest).toBe('e'.repeat(64));
  });

  test('an update that the guard refuses is still held after a restart, and shown, and an operator lets it through', () => {
    empty();
    restart('boot-2');
    expect(reasons()).toHaveLength(1);
    expect(service.deliveries.allow()).toEqual([{ source: 'plc', written: 0, removed: 4 }]);
    expect(names()).toEqual([]);
    expect(reasons()).toEqual([]);
    expect(service.deliveries.allow()).toEqual([]);
    expect(service.keeper.state.removed.size).toBe(4);
    restart();
    expect(names()).toEqual([]);
  });

  test('let through counts as vouched for in the boot in which it was', () => {
    empty();
    restart('boot-2');
    service.deliveries.allow();
    expect(service.keeper.state.sources.get('plc')?.boot_id).toBe('boot-1');
  });

  test('an update that the guard refuses is forgotten when a better one comes', () => {
    empty();
    deliver(FOUR, { at: NOON + 120 });
    expect(service.deliveries.held('plc').refused_digest).toBeUndefined();
    expect(service.failures.list().some(({ subject }) => subject === GUARD_SUBJECT)).toBe(false);
    expect(service.deliveries.allow()).toEqual([]);
    expect(names()).toHaveLength(4);
  });
});

describe('time', () => {
  const ends = [aSliver({ name: 'a_a', expiry: NOON + 100 }), aSliver({ name: 'b_b' })];

  test('time ends a slice without any delivery', () => {
    deliver(ends);
    clock.pass(99);
    service.deliveries.sweep();
    expect(names()).toHaveLength(2);
    clock.pass(1);
    service.deliveries.sweep();
    expect(names()).toEqual([keyOf('b_b')]);
    expect(service.keeper.state.removed.get(keyOf('a_a'))).toEqual({
      reason: 'expired',
      removed_at: NOON + 100,
    });
  });

  test('time ends a slice before an update is judged, which the guard then does not blame for it', () => {
    const four = FOUR.map((sliver) => ({ ...sliver, expiry: epochSeconds(NOON + 100) }));
    deliver(four);
    clock.pass(100);
    expect(deliver([])).toMatchObject({ outcome: 'accepted', removed: 0 });
    const { removed } = service.keeper.state;
    expect([...removed.values()].map(({ reason }) => reason)).toEqual(Array(4).fill('expired'));
  });

  test.each([
    [
      'has not been synchronised',
      () => {
        clock.isSynchronised = false;
      },
    ],
    [
      'jumps years ahead',
      () => {
        clock.wall += 1e8;
      },
    ],
  ])('ends nothing while the clock %s', (_how, spoil) => {
    deliver(ends);
    spoil();
    clock.pass(100);
    service.deliveries.sweep();
    expect(names()).toHaveLength(2);
  });

  test('time ends nothing in the very moment of a jump, though a delivery comes before the next look', () => {
    deliver(ends);
    clock.wall += 1e8;
    deliver(ends, { at: NOON + 1 });
    expect(names()).toHaveLength(2);
  });

  test('time ends what is due once the clock has been synchronised', () => {
    clock.isSynchronised = false;
    deliver(ends);
    clock.pass(100);
    clock.isSynchronised = true;
    service.deliveries.sweep();
    expect(names()).toEqual([keyOf('b_b')]);
  });

  test('the time of a removal by a clock that stood in 1970 begins when the clock is right', () => {
    deliver(ends);
    service.keeper.commit(
      [{ table: 'locals', key: keyOf('a_a'), value: localFacts({ starts: 1 }) }],
      BY_ROOT,
    );
    restart('boot-2');
    clock.isSynchronised = false;
    clock.wall = 50;
    deliver([ends[1]], { at: NOON + 1 });
    expect(service.keeper.state.removed.get(keyOf('a_a'))?.removed_at).toBe(50);
    restart('boot-2');
    clock.wall = NOON + 3600;
    clock.isSynchronised = true;
    service.deliveries.sweep();
    clock.pass(400);
    service.deliveries.sweep();
    const { removed, locals } = service.keeper.state;
    expect(removed.get(keyOf('a_a'))?.removed_at).toBeGreaterThanOrEqual(NOON + 3600);
    expect(locals.has(keyOf('a_a'))).toBe(true);
  });
});

describe('local facts', () => {
  const facts = localFacts({ starts: 2, stopped: true, loans: [['b_b', 'nm_cpu_share', 1]] });
  const factsOf = (name: string) => service.keeper.state.locals.get(keyOf(name));
  beforeEach(() => {
    deliver(FOUR);
    service.keeper.commit([{ table: 'locals', key: keyOf('a_a'), value: facts }], BY_ROOT);
  });

  test('survive every delivery', () => {
    deliver([aSliver({ name: 'a_a', ssh_keys: 'new' }), ...FOUR.slice(1)], { at: NOON + 1 });
    expect(factsOf('a_a')).toEqual(facts);
  });

  test('survive the removal of their sliver, and are its own again when it returns in time', () => {
    deliver(FOUR.slice(1), { at: NOON + 1 });
    clock.pass(DAY - 1);
    service.deliveries.sweep();
    restart();
    deliver(FOUR);
    expect(factsOf('a_a')).toEqual(facts);
    clock.pass(2 * DAY);
    service.deliveries.sweep();
    expect(factsOf('a_a')).toEqual(facts);
  });

  test('go with the files of a sliver that does not return', () => {
    deliver(FOUR.slice(1), { at: NOON + 1 });
    clock.pass(DAY);
    service.deliveries.sweep();
    expect(factsOf('a_a')).toBeUndefined();
    deliver(FOUR);
    expect(factsOf('a_a')).toBeUndefined();
  });
});

test('a ticket stands in until PLC names the slice itself', () => {
  const ticket = aSliver({ name: 'a_a', ssh_keys: 'by ticket' });
  acceptTicket(service, ticket);
  deliver([]);
  expect(names()).toEqual([keyOf('a_a')]);
  deliver([aSliver({ name: 'a_a' })], { at: NOON + 1 });
  expect(service.keeper.state.records.get(keyOf('a_a'))?.source).toBe('plc');
  deliver([], { at: NOON + 2 });
  expect(names()).toEqual([]);
});

describe('unusable parts of documents', () => {
  const key = keyOf('a_a');
  const broken = { record_key: key, severity: 'trouble', text: 'line 9: key of person 5' } as const;
  const note = { record_key: key, severity: 'note', text: 'line 7: vref' } as const;
  const historyOf = (name: 'node' | (typeof FOUR)[number]['name']) =>
    service.keeper
      .events({ name, limit: 100 })
      .events.filter(({ what }) => what.startsWith('trouble'))
      .map(({ what, why }) => `${what}: ${why}`);

  test('alone writes no record, publishes nothing, and does not move the time of the last change', () => {
    deliver(FOUR);
    const [published, records] = [service.published.length, service.keeper.state.records];
    deliver(FOUR, { at: NOON + 60, remarks: [broken, note] });
    expect(service.published).toHaveLength(published);
    expect(service.keeper.state.records).toBe(records);
    expect(service.deliveries.held('plc').timestamp).toBe(NOON + 60);
    expect(service.keeper.state.remarks.get(`plc ${key}`)?.remarks).toHaveLength(2);
  });

  test('a part of a document that nobody can use is noted once in the history of its sliver when it comes, and once when it is over', () => {
    const digest = 'd'.repeat(64);
    const document = { digest, remarks: [broken, note] };
    deliver(FOUR, document);
    deliver(FOUR, { ...document, at: NOON + 1 });
    restart('boot-2');
    deliver(FOUR, { ...document, at: NOON + 2 });
    // The document has grown above it.
    deliver(FOUR, { at: NOON + 3, remarks: [{ ...broken, text: 'line 12: key of person 5' }] });
    expect(historyOf(FOUR[0]?.name ?? 'node')).toEqual([
      'trouble: line 9: key of person 5 (in the document of 2023-11-14T22:13:20Z)',
    ]);
    deliver(FOUR, { at: NOON + 4 });
    expect(historyOf(FOUR[0]?.name ?? 'node').slice(1)).toEqual([
      'trouble-over: line 12: key of person 5 (no more in the document of 2023-11-14T22:13:24Z)',
    ]);
    expect(historyOf('node')).toEqual([]);
  });

  test('a part of a document that nobody can use is noted in the node’s history where it concerns no slice of ours', () => {
    deliver(FOUR, { remarks: [{ severity: 'trouble', text: 'line 3: slice "-": bad name' }] });
    expect(historyOf('node')).toMatchObject([expect.stringContaining('line 3: slice "-"')]);
    deliver([...FOUR, 'no record at all'], { at: NOON + 1 });
    expect(historyOf('node').at(-1)).toMatch(/^trouble: \(no key\): wants account_type/);
  });

  test('a part of a document that nobody can use is bounded on each slice and in all, and what is left out is counted', () => {
    const many = Array.from({ length: 5000 }, (_, at) => ({
      ...broken,
      text: `line ${at}: x${at}`,
    }));
    deliver(FOUR, { remarks: [...many.slice(1), { severity: 'trouble', text: 'and 95000 more' }] });
    const kept = service.keeper.state.remarks.get(`plc ${key}`)?.remarks ?? [];
    expect(kept).toHaveLength(51);
    expect(kept.at(-1)).toEqual({ severity: 'trouble', text: 'and 4949 more' });
    expect(historyOf(FOUR[0]?.name ?? 'node')).toHaveLength(11);
  });

  test('troubles are shown before notes where not all can be kept', () => {
    const notes = Array.from({ length: 60 }, (_, at) => ({ ...note, text: `line ${at}: n${at}` }));
    deliver(FOUR, { remarks: [...notes, broken] });
    const kept = service.keeper.state.remarks.get(`plc ${key}`)?.remarks ?? [];
    expect([kept[0], kept.at(-1)]).toEqual([
      { severity: 'trouble', text: broken.text },
      { severity: 'note', text: 'and 11 more' },
    ]);
  });

  test('a slice that a document describes in a way that nobody can use stays until its last known expiry, over restarts, and then it ends', () => {
    const ending = FOUR.map(({ name }) => aSliver({ name, expiry: NOON + 100 }));
    deliver(ending);
    const unreadable = [{ record_key: key, fields: ['expiry'] as const }];
    deliver(
      [
        aSliver({ name: 'a_a', ssh_keys: 'new' }),
        ...ending.slice(1, 3),
        { record_key: keyOf('d_d') },
      ],
      {
        at: NOON + 1,
        unreadable,
      },
    );
    restart();
    expect(names()).toHaveLength(4);
    expect(service.keeper.state.records.get(key)?.record).toMatchObject({
      expiry: NOON + 100,
      ssh_keys: 'new',
    });
    clock.pass(100);
    service.deliveries.sweep();
    expect(names()).toEqual([]);
    expect(service.keeper.state.removed.get(key)?.reason).toBe('expired');
  });

  test('a part of a document that nobody can use is held back with its update by the guard, over a restart, and comes with it when let through', () => {
    const ending = FOUR.map(({ name }) => aSliver({ name, expiry: NOON + 1000 }));
    deliver([...ending, ...['e_e', 'f_f', 'g_g'].map((name) => aSliver({ name }))]);
    const held = [aSliver({ name: 'a_a' }), { record_key: keyOf('b_b'), rspec: 'none' }];
    const unreadable = [{ record_key: key, fields: ['expiry'] as const }];
    const remarks = [broken];
    expect(deliver(held, { at: NOON + 1, unreadable, remarks })).toMatchObject({
      outcome: 'refused',
      reason: expect.stringContaining('5 of 7'),
    });
    expect(troublesOf(service.keeper.state).troubles).toEqual([]);
    restart();
    service.deliveries.allow();
    expect(names()).toEqual([key, keyOf('b_b')]);
    expect(service.keeper.state.records.get(key)?.record.expiry).toBe(NOON + 1000);
    expect(troublesOf(service.keeper.state).troubles).toMatchObject([
      { record_key: key, text: broken.text },
      { record_key: keyOf('b_b') },
    ]);
  });
});
