import { expect, test } from 'vitest';
import { CHAINS, FLOWS, MAPS, MARK_MAPS, SETS, VERSION_CHAIN } from '../../execute/render-nft.ts';
import { EISENTEST, SIRIUS } from '../../test-support/builders.test-support.ts';
import { hasTable, isWhole, mappingsIn, networksIn } from './derive-table.ts';

/** The way nft 1.0.6 and 1.1.3 print: an object of one key for each thing. */
const listing = (...objects: readonly object[]) =>
  JSON.stringify({ nftables: [{ metainfo: { version: '1.0.6' } }, ...objects] });
const ours = { family: 'inet', table: 'nodemgr' };

function tableOf(changes: { readonly without?: string; readonly fewerIn?: string } = {}) {
  const named = (kind: string, name: string) =>
    name === changes.without ? [] : [{ [kind]: { ...ours, name } }];
  const chains = [...CHAINS].flatMap(([chain, rules]) => [
    ...named('chain', chain),
    ...rules
      .slice(chain === changes.fewerIn ? 1 : 0)
      .map(() => ({ rule: { ...ours, chain, expr: ['whatever'] } })),
  ]);
  return listing(
    ...chains,
    ...named('chain', VERSION_CHAIN),
    ...[MAPS, MARK_MAPS, FLOWS].flatMap(Object.values).flatMap((name) => named('map', name)),
    ...Object.values(SETS).flatMap((name) => named('set', name)),
  );
}

test('our table is known by family and name', () => {
  const table = (family: string, name: string) => ({ table: { family, name, handle: 1 } });
  expect(hasTable(listing(table('ip', 'nodemgr'), table('inet', 'filter')))).toBe(false);
  expect(hasTable(listing(table('ip', 'nat'), table('inet', 'nodemgr')))).toBe(true);
});

test('a table is whole only with all rules and sets of this version', () => {
  expect(isWhole(tableOf())).toBe(true);
  for (const without of [VERSION_CHAIN, MAPS.exempt, MARK_MAPS.ordinary, FLOWS.v6, SETS.v4]) {
    expect({ without, whole: isWhole(tableOf({ without })) }).toEqual({ without, whole: false });
  }
  for (const fewerIn of CHAINS.keys()) expect(isWhole(tableOf({ fewerIn }))).toBe(false);
  const more = JSON.parse(tableOf());
  more.nftables.push({ rule: { ...ours, chain: 'out', expr: [] } });
  expect(isWhole(JSON.stringify(more))).toBe(false);
});

const element = (name: string, first: number, last: number, id: string) => [
  { elem: { val: { range: [first, last] }, comment: name } },
  id,
];
const mapOf = (...elem: readonly unknown[]) =>
  listing({ map: { ...ours, name: 'x', type: 'uid', ...(elem.length > 0 && { elem }) } });

const mark = (name: string, value: number, id: string) => [
  { elem: { val: value, comment: name } },
  id,
];
const NOTHING = { uids: mapOf(), marks: mapOf() };

test('the maps say whose packets go to which leaves, by the names in their comments', () => {
  const ordinary = mapOf(
    element(SIRIUS, 65_536, 131_071, '4e4d:1002'),
    element(EISENTEST, 131_072, 196_607, '4e4d:1000'),
  );
  const exempt = mapOf(
    element(EISENTEST, 131_072, 196_607, '4e4d:8000'),
    element(SIRIUS, 65_536, 131_071, '4e4d:8002'),
  );
  const marks = (first: number) =>
    mapOf(mark(EISENTEST, 131_072, `4e4d:${first}000`), mark(SIRIUS, 65_536, `4e4d:${first}002`));
  const mappings = mappingsIn({
    ordinary: { uids: ordinary, marks: marks(1) },
    exempt: { uids: exempt, marks: marks(8) },
  });
  expect(mappings.get(SIRIUS)).toEqual({ index: 2, first: 65_536, last: 131_071 });
  expect(mappings.size).toBe(2);
  expect(mappingsIn({ ordinary: NOTHING, exempt: NOTHING }).size).toBe(0);
});

test('what we have not put into the maps is refused, with what is wrong', () => {
  const good = element(SIRIUS, 65_536, 131_071, '4e4d:1000');
  const marks = {
    ordinary: mark(SIRIUS, 65_536, '4e4d:1000'),
    exempt: mark(SIRIUS, 65_536, '4e4d:8000'),
  };
  const read =
    (ordinary: unknown, exempt: unknown, marked: { ordinary: unknown; exempt: unknown } = marks) =>
    () =>
      mappingsIn({
        ordinary: { uids: mapOf(ordinary), marks: mapOf(marked.ordinary) },
        exempt: { uids: mapOf(exempt), marks: mapOf(marked.exempt) },
      });
  const alike = element(SIRIUS, 65_536, 131_071, '4e4d:8000');
  expect(read(good, alike)).not.toThrow();
  for (const wrong of [mark(SIRIUS, 65_537, '4e4d:1000'), mark(SIRIUS, 65_536, '4e4d:1001')]) {
    expect(read(good, alike, { ...marks, ordinary: wrong })).toThrow(/do not agree/);
  }
  expect(read(good, element(SIRIUS, 65_536, 131_071, '4e4d:8001'))).toThrow(/do not agree/);
  expect(read(element(SIRIUS, 1, 2, '1:1000'), good)).toThrow(/is no leaf of the ordinary branch/);
  expect(read(element('No such name', 1, 2, '4e4d:1000'), good)).toThrow();
  expect(read([{ elem: { val: 7 } }, '4e4d:1000'], good)).toThrow();
});

test('maps that send the packets of two slivers to one leaf are refused', () => {
  const both = (id: string) =>
    mapOf(element(SIRIUS, 65_536, 131_071, id), element(EISENTEST, 131_072, 196_607, id));
  const marks = (id: string) => mapOf(mark(SIRIUS, 65_536, id), mark(EISENTEST, 131_072, id));
  const of = (id: string) => ({ uids: both(id), marks: marks(id) });
  expect(() => mappingsIn({ ordinary: of('4e4d:1000'), exempt: of('4e4d:8000') })).toThrow(
    /two slivers are sent to one leaf/,
  );
});

test('networks are read in the spelling that they are planned in', () => {
  const setOf = (...elem: readonly unknown[]) => listing({ set: { ...ours, name: 'x', elem } });
  const { v4, v6 } = networksIn({
    v4: setOf({ prefix: { addr: '10.0.0.0', len: 8 } }, '192.0.2.1'),
    v6: setOf({ prefix: { addr: '2001:db8::', len: 32 } }, '::ffff:10.1.2.3'),
  });
  expect([...v4]).toEqual(['10.0.0.0/8', '192.0.2.1/32']);
  expect([...v6]).toEqual(['2001:db8::/32', '::ffff:a01:203/128']);
  expect(() =>
    networksIn({ v4: setOf({ range: ['10.0.0.1', '10.0.0.9'] }), v6: setOf() }),
  ).toThrow();
});
