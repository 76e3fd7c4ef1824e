import { expect, test } from 'vitest';
import { defaultRouteIn, defaultRouteInV6, findUplink } from './uplink.ts';

const HEAD = 'Iface\tDestination\tGateway\tFlags\tRefCnt\tUse\tMetric\tMask\tMTU\tWindow\tIRTT';
const ALL = '00000000000000000000000000000000';
/** A line of /proc/net/ipv6_route: where to, from where, by whom, metric, two counts, flags, interface. */
const routeV6 = (
  destination: string,
  length: string,
  metric: string,
  flags: string,
  name: string,
) => `${destination} ${length} ${ALL} 00 ${ALL} ${metric} 00000001 00000000 ${flags}     ${name}`;

test('the uplink is the default route with the lowest metric', () => {
  const text = [
    HEAD,
    'wlan0\t00000000\t0101A8C0\t0003\t0\t0\t600\t00000000\t0\t0\t0',
    'eth7\t00000000\t0101A8C0\t0003\t0\t0\t100\t00000000\t0\t0\t0',
    'eth7\t0001A8C0\t00000000\t0001\t0\t0\t100\t00FFFFFF\t0\t0\t0',
  ].join('\n');
  expect(defaultRouteIn(text)).toBe('eth7');
  expect(defaultRouteIn('Iface\n')).toBeUndefined();
});

test('a route that refuses is no way out', () => {
  const text = `${HEAD}\n*\t00000000\t00000000\t0201\t0\t0\t0\t00000000\t0\t0\t0\n`;
  expect(defaultRouteIn(text)).toBeUndefined();
  expect(defaultRouteInV6(routeV6(ALL, '00', 'ffffffff', '00200200', 'lo'))).toBeUndefined();
});

test('of IPv6 it is the default route too, and no longer prefix of zeros', () => {
  const text = [
    routeV6(ALL, '00', 'ffffffff', '00200200', 'lo'),
    routeV6(ALL, '80', '00000000', '80200001', 'eth9'),
    routeV6(ALL, '00', '00000400', '00450003', 'eth1'),
    routeV6(ALL, '00', '00000064', '00450003', 'eth0'),
  ].join('\n');
  expect(defaultRouteInV6(text)).toBe('eth0');
});

test('an interface that is configured and not there is named', async () => {
  expect(await findUplink('no-such-eth')).toEqual({ missing: 'there is no interface no-such-eth' });
  expect(await findUplink('lo')).toMatchObject({ uplink: { name: 'lo', ifindex: 1 } });
});
