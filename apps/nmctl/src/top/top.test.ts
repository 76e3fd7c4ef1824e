/** `nmctl top`: what two looks say, and the command on real sockets. */
import { accountName } from '@nodemgr/records';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { aPage, aTraffic } from '../test-support/builders.ts';
import { FakeNode, theDaemons } from '../test-support/fake-node.ts';
import { measureUse } from './measure-use.ts';
import { renderTop } from './render-top.ts';

const SIRIUS = 'princeton_sirius';

let node: FakeNode;
beforeEach(() => {
  node = new FakeNode();
});
afterEach(() => node.stop());

const aLook = (at: number, slivers: Record<string, number>, era = 'one') => ({
  use: {
    driver: 'linux',
    at,
    slivers: Object.entries(slivers).map(([name, cpu_ms]) => ({
      name: accountName(name),
      era,
      amounts: { cpu_ms, memory_kib: 9000 - cpu_ms },
    })),
  },
  traffic: undefined,
});

test('what is used now is what was added between two looks; the one that uses most is first', () => {
  const slivers = measureUse(
    aLook(0, { a_a: 0, b_b: 100 }),
    aLook(2000, { a_a: 200, b_b: 800 }),
    'cpu',
  );
  expect(slivers).toEqual([
    { name: 'b_b', cpu_thousandths: 350, memory_kib: 8200 },
    { name: 'a_a', cpu_thousandths: 100, memory_kib: 8800 },
  ]);
});

test('nothing is said of a rate that was looked at once, or whose counter is of another start', () => {
  const second = aLook(2000, { a_a: 200 });
  expect(measureUse(aLook(0, {}), second, 'cpu')).toEqual([{ name: 'a_a', memory_kib: 8800 }]);
  const before = aLook(0, { a_a: 100 }, 'two');
  expect(measureUse(before, second, 'cpu')).toEqual([{ name: 'a_a', memory_kib: 8800 }]);
});

test('what is sent to all networks is a rate in bits', () => {
  const look = (at: number, sent: number) => ({ use: undefined, traffic: aTraffic(at, sent) });
  const [sirius] = measureUse(look(1000, 5000), look(2000, 6000), 'net');
  expect(sirius).toMatchObject({ name: SIRIUS, sent_rate: 8000 });
});

test('what is more than a screen is counted and not shown', () => {
  const slivers = Array.from({ length: 30 }, (_, at) => ({ name: `s_${at}`, tasks: at }));
  const lines = renderTop(slivers, { sort: 'tasks', rows: 24 }, aPage());
  expect(lines.length).toBeLessThanOrEqual(24);
  expect(lines[0]?.map(({ text }) => text).join('')).toContain('10 more below');
});

test('without a terminal it is printed once, as JSON too', async () => {
  const daemons = theDaemons();
  let looks = 0;
  const use_now = () => {
    looks += 1;
    return aLook(looks * 1000, { a_a: looks * 500 }).use;
  };
  const supervisor = { ...daemons['account-supervisor'], use_now };
  await node.start({ ...daemons, 'account-supervisor': supervisor });
  const { code, out } = await node.run('top', '--sort', 'memory');
  expect(code).toBe(0);
  expect(out).toMatch(/a_a +50\.0%/);
  expect(JSON.parse((await node.run('top', '--json')).out).slivers[0]).toMatchObject({
    name: 'a_a',
    cpu_thousandths: 500,
  });
  expect((await node.run('top', '--sort', 'luck')).code).toBe(2);
});
