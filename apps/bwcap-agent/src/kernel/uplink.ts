/** Finds the interface that the node's traffic leaves by. Reads files of /proc and /sys, changes nothing. */
import { readOptional } from '@nodemgr/agent';
import { type Bytes, bytes } from '../limits/htb-class.ts';

export interface Uplink {
  readonly name: string;
  /** An interface keeps its number when it is renamed. */
  readonly ifindex: number;
  /** The most that one of its frames can carry. */
  readonly mtu: Bytes;
}

/** An uplink, or why there is none. */
export type FoundUplink =
  | { readonly uplink: Uplink }
  | { readonly uplink?: undefined; readonly missing: string };

/** The uplink of the dry run on a machine without a default route. */
export const PRETENDED_UPLINK: Uplink = { name: 'eth0', ifindex: 2, mtu: bytes(1500) };

const ROUTES = '/proc/net/route';
const ROUTES_V6 = '/proc/net/ipv6_route';
const INTERFACES = '/sys/class/net';
/** linux/route.h: packets that take it are refused. */
const RTF_REJECT = 0x200;

interface Route {
  readonly name: string;
  readonly metric: number;
}

const best = (routes: readonly Route[]): string | undefined =>
  [...routes].sort((a, b) => a.metric - b.metric)[0]?.name;

const fieldsOf = (text: string): readonly (readonly string[])[] =>
  text.split('\n').map((line) => line.trim().split(/\s+/));

/** defaultRouteIn returns the interface of the best default route in the text of /proc/net/route. */
export function defaultRouteIn(text: string): string | undefined {
  const routes = fieldsOf(text)
    .slice(1)
    .filter(([, destination, , flags = '', , , , mask]) => {
      const refused = (Number.parseInt(flags, 16) & RTF_REJECT) !== 0;
      return destination === '00000000' && mask === '00000000' && !refused;
    })
    .map(([name = '', , , , , , metric]) => ({ name, metric: Number(metric) }));
  return best(routes);
}

/** defaultRouteInV6 is defaultRouteIn for the text of /proc/net/ipv6_route. */
export function defaultRouteInV6(text: string): string | undefined {
  const routes = fieldsOf(text)
    .filter(([destination = '', length, , , , , , , flags = '']) => {
      const refused = (Number.parseInt(flags, 16) & RTF_REJECT) !== 0;
      return /^0+$/.test(destination) && length === '00' && !refused;
    })
    .map(([, , , , , metric = '', , , , name = '']) => ({
      name,
      metric: Number.parseInt(metric, 16),
    }));
  return best(routes);
}

const textOf = async (path: string): Promise<string> => (await readOptional(path)) ?? '';

async function interfaceNumber(name: string, what: string): Promise<number | undefined> {
  const text = await textOf(`${INTERFACES}/${name}/${what}`);
  return /^\d+\n$/.test(text) ? Number(text) : undefined;
}

/** findUplink returns the configured interface, else that of the default route: IPv4's, or else IPv6's. */
export async function findUplink(configured: string | undefined): Promise<FoundUplink> {
  const name =
    configured ?? defaultRouteIn(await textOf(ROUTES)) ?? defaultRouteInV6(await textOf(ROUTES_V6));
  if (name === undefined) return { missing: 'there is no default route' };
  const ifindex = await interfaceNumber(name, 'ifindex');
  const mtu = await interfaceNumber(name, 'mtu');
  if (ifindex === undefined || mtu === undefined)
    return { missing: `there is no interface ${name}` };
  return { uplink: { name, ifindex, mtu: bytes(mtu) } };
}
