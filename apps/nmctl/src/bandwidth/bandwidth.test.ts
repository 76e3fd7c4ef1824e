/** `nmctl bandwidth` on real sockets. */
import { accountName } from '@nodemgr/records';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { aTraffic } from '../test-support/builders.ts';
import { FakeNode, theDaemons } from '../test-support/fake-node.ts';

const SIRIUS = accountName('princeton_sirius');

let node: FakeNode;
beforeEach(() => {
  node = new FakeNode();
});
afterEach(() => node.stop());

/** A node whose sliver sends 1000 bytes between any two looks, one second apart. */
function aSendingNode(known: readonly string[] = [SIRIUS]) {
  let looks = 0;
  const daemons = theDaemons();
  return {
    ...daemons,
    'bwcap-agent': {
      ...daemons['bwcap-agent'],
      traffic: ({ name }: { readonly name?: string | undefined }) => {
        looks += 1;
        const traffic = aTraffic(looks * 1000, looks * 1000);
        const wanted = name === undefined || known.includes(name);
        return wanted ? traffic : { ...traffic, slivers: [] };
      },
    },
  };
}

test('two looks tell what is sent now', async () => {
  await node.start(aSendingNode());
  const { code, out } = await node.run('bandwidth', SIRIUS, '--seconds', '0.01');
  expect(code).toBe(0);
  expect(out).toMatch(/princeton_sirius +ordinary +8 bit\/s +20 Mbit\/s +1 +8 kbit\/s +2\.0 kB/);
});

test('for programs it is JSON, and one look is enough where no rate is wanted', async () => {
  await node.start(aSendingNode());
  const { code, out } = await node.run('--json', 'bandwidth', '--seconds', '0');
  expect(code).toBe(0);
  const { slivers, seconds } = JSON.parse(out);
  expect(seconds).toBe(0);
  expect(slivers[0]).toMatchObject({ name: SIRIUS, ordinary: { ceil: 20_000_000 } });
  expect(slivers[0].ordinary.now).toBeUndefined();
});

test('a sliver that is not on the machine is said to have no limits', async () => {
  await node.start(aSendingNode([]));
  const { code, err } = await node.run('bandwidth', SIRIUS, '--seconds', '0');
  expect(code).toBe(1);
  expect(err).toContain('princeton_sirius has no limits in force');
});

test('without the agent nothing is shown, and it is said why', async () => {
  const { 'bwcap-agent': _, ...others } = theDaemons();
  await node.start(others);
  const { code, err } = await node.run('bandwidth');
  expect(code).toBe(3);
  expect(err).toContain('bandwidth is not shown');
});

test('a pause that is no number of seconds is refused', async () => {
  await node.start(aSendingNode());
  expect((await node.run('bandwidth', '--seconds', 'soon')).code).toBe(2);
});
