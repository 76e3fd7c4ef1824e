import { expect, test } from 'vitest';
import { HandshakePlaces, networkOf } from './handshake-places.ts';

test('an address has no more than its share, and gets a place back when one of its own ends', () => {
  const places = new HandshakePlaces({ perAddress: 2, all: 10 });
  const enter = () => places.enter('192.0.2.1');
  expect([enter(), enter(), enter()]).toEqual(['taken', 'taken', 'address busy']);
  expect(places.enter('192.0.2.2')).toBe('taken');
  places.leave('192.0.2.1');
  expect([enter(), enter()]).toEqual(['taken', 'address busy']);
});

test('all together have no more than may be', () => {
  const places = new HandshakePlaces({ perAddress: 2, all: 3 });
  const entered = ['a', 'b', 'c', 'd'].map((address) => places.enter(address));
  expect(entered).toEqual(['taken', 'taken', 'taken', 'server busy']);
  places.leave('a');
  places.leave('never entered');
  expect([places.enter('d'), places.enter('a')]).toEqual(['taken', 'server busy']);
});

test.each([
  ['192.0.2.1', '192.0.2.1'],
  ['::ffff:192.0.2.1', '192.0.2.1'],
  ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
  ['2001:db8:1:2::6', '2001:db8:1:2::/64'],
  ['2001:db8::6', '2001:db8:0:0::/64'],
  ['2001:db8:1::4:5:6:7', '2001:db8:1:0::/64'],
  ['2001::3:4:5:6:7:8', '2001:0:3:4::/64'],
  ['::1', '0:0:0:0::/64'],
  ['fe80::1%eth0', 'fe80:0:0:0::/64'],
])('%s is counted as %s', (address, network) => {
  expect(networkOf(address)).toBe(network);
});
