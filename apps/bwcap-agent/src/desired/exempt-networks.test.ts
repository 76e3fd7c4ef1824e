import { BlockList } from 'node:net';
import { networkSchema } from '@nodemgr/records';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { exemptNetworks } from './exempt-networks.ts';

const planned = (...texts: readonly string[]) => {
  const { v4, v6 } = exemptNetworks(texts);
  return { v4: [...v4], v6: [...v6] };
};

test('addresses and prefixes are split by family, and spelled in one way', () => {
  expect(planned('192.0.2.77/24', '2001:DB8:0:0::/32', '::1', '198.51.100.1')).toEqual({
    v4: ['192.0.2.0/24', '198.51.100.1/32'],
    v6: ['::1/128', '2001:db8::/32'],
  });
});

test('what lies inside another, or is there twice, is left out', () => {
  expect(planned('10.1.2.3', '10.0.0.0/8', '10.1.0.0/16', '10.0.0.0/8', '11.0.0.0/8').v4).toEqual([
    '10.0.0.0/8',
    '11.0.0.0/8',
  ]);
});

test('everything, nothing, and an IPv4 address at the end of an IPv6 one', () => {
  expect(planned('0.0.0.0/0', '::/0')).toEqual({ v4: ['0.0.0.0/0'], v6: ['::/0'] });
  expect(planned()).toEqual({ v4: [], v6: [] });
  expect(planned('::ffff:192.0.2.1', '1:0:0:2:0:0:0:3').v6).toEqual([
    '::ffff:c000:201/128',
    '1:0:0:2::3/128',
  ]);
});

const prefixed = (address: fc.Arbitrary<string>, width: number) =>
  fc
    .tuple(address, fc.integer({ min: 0, max: width }))
    .map(([text, length]) => `${text}/${length}`);
const v4 = prefixed(fc.ipV4(), 32);
const v6 = prefixed(fc.ipV6(), 128).filter((text) => networkSchema.safeParse(text).success);

function blockList(texts: readonly string[]): BlockList {
  const list = new BlockList();
  for (const text of texts) {
    const [address = '', length] = text.split('/');
    list.addSubnet(address, Number(length), address.includes(':') ? 'ipv6' : 'ipv4');
  }
  return list;
}

test('the sets cover exactly what was listed, by the judgement of node:net', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(v4, v6), { maxLength: 12 }), fc.ipV4(), (texts, probe) => {
      const sets = planned(...texts);
      const [listed, kept] = [blockList(texts), blockList([...sets.v4, ...sets.v6])];
      const probes = [...texts.map((text) => text.split('/')[0] ?? ''), probe];
      for (const address of probes) {
        const family = address.includes(':') ? 'ipv6' : 'ipv4';
        expect(kept.check(address, family)).toBe(listed.check(address, family));
      }
    }),
  );
});

test('what is planned is what the schema of networks takes, and stays as it is', () => {
  fc.assert(
    fc.property(fc.array(fc.oneof(v4, v6), { maxLength: 12 }), (texts) => {
      const once = planned(...texts);
      for (const text of [...once.v4, ...once.v6]) expect(networkSchema.parse(text)).toBe(text);
      expect(planned(...once.v4, ...once.v6)).toEqual(once);
    }),
  );
});
