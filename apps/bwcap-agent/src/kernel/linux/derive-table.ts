/** Makes our state of what nft prints of our table (libnftables-json(5)). Pure. */
import { type AccountName, accountNameSchema, hostUid } from '@nodemgr/records';
import * as z from 'zod';
import {
  canonicalNetwork,
  type ExemptNetworks,
  type Family,
} from '../../desired/exempt-networks.ts';
import {
  CHAINS,
  FLOWS,
  MAPS,
  MARK_MAPS,
  SETS,
  TABLE_FAMILY,
  TABLE_NAME,
  VERSION_CHAIN,
} from '../../execute/render-nft.ts';
import { BRANCHES, type Branch, HANDLE, leafOf } from '../../limits/htb-tree.ts';
import type { Mapping } from '../../observed/bandwidth-state.ts';

/** Every listing is a list of objects with one key, which says what the object is. */
const listingSchema = z.object({ nftables: z.array(z.record(z.string(), z.unknown())) });

const named = z.object({ name: z.string() });
const ruleSchema = z.object({ chain: z.string() });
const range = z.tuple([z.int(), z.int()]);
const mappingSchema = z.tuple([
  z.object({
    elem: z.object({
      val: z.union([z.int(), z.object({ range })]),
      comment: accountNameSchema,
    }),
  }),
  z.string(),
]);
const networkSchema = z.union([
  z.string(),
  z.object({ prefix: z.object({ addr: z.string(), len: z.int() }) }),
]);
const elementsOf = <Element extends z.ZodType>(element: Element) =>
  z.object({ elem: z.array(element).default([]) });

function objectsIn(output: string, kind: string): readonly unknown[] {
  const { nftables } = listingSchema.parse(JSON.parse(output));
  return nftables.flatMap((object) => (kind in object ? [object[kind]] : []));
}

const namesIn = (output: string, kind: string): ReadonlySet<string> =>
  new Set(objectsIn(output, kind).map((object) => named.parse(object).name));

const tableSchema = z.object({ family: z.string(), name: z.string() });

/** hasTable reports whether our table is in what `nft -j list tables` prints. */
export function hasTable(output: string): boolean {
  return objectsIn(output, 'table')
    .map((table) => tableSchema.parse(table))
    .some(({ family, name }) => family === TABLE_FAMILY && name === TABLE_NAME);
}

/** isWhole reports whether a table has all that this version puts into it, going by `nft -j -t list table`. */
export function isWhole(output: string): boolean {
  const rules = objectsIn(output, 'rule').map((rule) => ruleSchema.parse(rule).chain);
  const counted = (chain: string) => rules.filter((one) => one === chain).length;
  const chains = namesIn(output, 'chain');
  const maps = namesIn(output, 'map');
  const sets = namesIn(output, 'set');
  return (
    chains.has(VERSION_CHAIN) &&
    [...CHAINS].every(([chain, lines]) => counted(chain) === lines.length) &&
    [MAPS, MARK_MAPS, FLOWS].flatMap(Object.values).every((name) => maps.has(name)) &&
    Object.values(SETS).every((name) => sets.has(name))
  );
}

function mappingIn(element: unknown, branch: Branch): readonly [AccountName, Mapping] {
  const [{ elem }, id] = mappingSchema.parse(element);
  const [first, last] = typeof elem.val === 'number' ? [elem.val, elem.val] : elem.val.range;
  const [major, minor = ''] = id.split(':');
  const leaf = leafOf(Number.parseInt(minor, 16));
  if (Number.parseInt(major ?? '', 16) !== HANDLE || leaf?.branch !== branch) {
    throw new Error(`${elem.comment} is sent to ${id}, which is no leaf of the ${branch} branch`);
  }
  return [elem.comment, { index: leaf.index, first: hostUid(first), last: hostUid(last) }];
}

function mappingsOf(output: string, branch: Branch): ReadonlyMap<AccountName, Mapping> {
  const elements = objectsIn(output, 'map').flatMap(
    (map) => elementsOf(z.unknown()).parse(map).elem,
  );
  return new Map(elements.map((element) => mappingIn(element, branch)));
}

/** Both maps of each branch, as nft lists them. */
export type ListedMaps = Readonly<
  Record<Branch, { readonly uids: string; readonly marks: string }>
>;

/** The slivers of a map as one text, by which maps are compared. */
const textOf = (mappings: ReadonlyMap<AccountName, Mapping>): string =>
  JSON.stringify([...mappings].sort());

/**
 * mappingsIn returns the slivers in all maps. Throws when the maps do not agree, or hold anything else, or
 * send the packets of two slivers to one leaf.
 */
export function mappingsIn(listed: ListedMaps): ReadonlyMap<AccountName, Mapping> {
  const ordinary = mappingsOf(listed.ordinary.uids, 'ordinary');
  // A mark is the first user id alone.
  const marks = new Map(
    [...ordinary].map(([name, { index, first }]) => [name, { index, first, last: first }]),
  );
  const agrees = BRANCHES.every(
    (branch) =>
      textOf(mappingsOf(listed[branch].uids, branch)) === textOf(ordinary) &&
      textOf(mappingsOf(listed[branch].marks, branch)) === textOf(marks),
  );
  if (!agrees) throw new Error('the maps of user ids and of marks do not agree');
  const places = new Set([...ordinary.values()].map(({ index }) => index));
  if (places.size < ordinary.size) throw new Error('two slivers are sent to one leaf');
  return ordinary;
}

function networksOf(output: string): ReadonlySet<string> {
  const elements = objectsIn(output, 'set').flatMap(
    (set) => elementsOf(networkSchema).parse(set).elem,
  );
  return new Set(
    elements.map((element) =>
      canonicalNetwork(
        typeof element === 'string' ? element : `${element.prefix.addr}/${element.prefix.len}`,
      ),
    ),
  );
}

/** networksIn returns what is in both sets; throws when that is no list of networks. */
export function networksIn(outputs: Readonly<Record<Family, string>>): ExemptNetworks {
  return { v4: networksOf(outputs.v4), v6: networksOf(outputs.v6) };
}
