/**
 * The networks outside the cap, in the form that the kernel's sets need: one canonical spelling, split by
 * family, nothing inside anything else (nft interval sets refuse overlaps). Pure.
 */

/** Networks outside the cap: canonical prefixes, none inside another. */
export interface ExemptNetworks {
  readonly v4: ReadonlySet<string>;
  readonly v6: ReadonlySet<string>;
}
export type Family = keyof ExemptNetworks;
export const FAMILIES: readonly Family[] = ['v4', 'v6'];

interface Network {
  /** 32 or 128. */
  readonly width: number;
  /** The first address. */
  readonly address: bigint;
  readonly length: number;
}

function parseV4(text: string): bigint {
  return text.split('.').reduce((value, part) => (value << 8n) | BigInt(part), 0n);
}

/** Groups of 16 bits; an IPv4 address at the end counts for two of them. */
function groupsOf(part: string): readonly bigint[] {
  if (part === '') return [];
  return part.split(':').flatMap((group) => {
    if (!group.includes('.')) return [BigInt(`0x${group}`)];
    const v4 = parseV4(group);
    return [v4 >> 16n, v4 & 0xffffn];
  });
}

function parseV6(text: string): bigint {
  const [head = '', tail] = text.split('::');
  const before = groupsOf(head);
  const after = tail === undefined ? [] : groupsOf(tail);
  const zeros = Array.from({ length: 8 - before.length - after.length }, () => 0n);
  return [...before, ...zeros, ...after].reduce((value, group) => (value << 16n) | group, 0n);
}

/** The text has been checked by networkSchema. */
function parseNetwork(text: string): Network {
  const [address = '', length] = text.split('/');
  const width = address.includes(':') ? 128 : 32;
  const bits = length === undefined ? width : Number(length);
  const value = width === 128 ? parseV6(address) : parseV4(address);
  const host = BigInt(width - bits);
  return { width, address: (value >> host) << host, length: bits };
}

/** The longest run of zero groups is written `::` (RFC 5952). */
function formatV6(address: bigint): string {
  const groups = Array.from({ length: 8 }, (_, i) =>
    ((address >> BigInt(112 - 16 * i)) & 0xffffn).toString(16),
  ).join(':');
  const runs = [...groups.matchAll(/\b0(?::0)+\b/g)];
  const longest = runs.sort((one, other) => other[0].length - one[0].length)[0];
  if (longest === undefined) return groups;
  const before = groups.slice(0, longest.index).replace(/:$/, '');
  const after = groups.slice(longest.index + longest[0].length).replace(/^:/, '');
  return `${before}::${after}`;
}

function format({ width, address, length }: Network): string {
  if (width === 128) return `${formatV6(address)}/${length}`;
  const parts = [24n, 16n, 8n, 0n].map((shift) => (address >> shift) & 0xffn);
  return `${parts.join('.')}/${length}`;
}

/** Larger ones first, so that what lies inside another comes after it. */
function withoutNested(networks: readonly Network[]): readonly Network[] {
  const sorted = [...networks].sort((a, b) =>
    a.address === b.address ? a.length - b.length : a.address < b.address ? -1 : 1,
  );
  const kept: Network[] = [];
  let end = -1n;
  for (const network of sorted) {
    if (network.address <= end) continue;
    kept.push(network);
    end = network.address + (1n << BigInt(network.width - network.length)) - 1n;
  }
  return kept;
}

/** canonicalNetwork returns an address or a prefix in the spelling that exemptNetworks uses. */
export function canonicalNetwork(text: string): string {
  return format(parseNetwork(text));
}

/** exemptNetworks returns a list of checked addresses and prefixes as two sets of prefixes. */
export function exemptNetworks(texts: readonly string[]): ExemptNetworks {
  const networks = texts.map(parseNetwork);
  const family = (width: number) =>
    new Set(withoutNested(networks.filter((network) => network.width === width)).map(format));
  return { v4: family(32), v6: family(128) };
}
