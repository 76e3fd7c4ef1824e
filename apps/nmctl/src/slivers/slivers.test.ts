/** `nmctl slivers` on real sockets. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeNode, theDaemons } from '../test-support/fake-node.ts';

let node: FakeNode;
beforeEach(() => {
  node = new FakeNode();
});
afterEach(() => node.stop());

describe('slivers', () => {
  test('shows records and states together', async () => {
    await node.start(theDaemons());
    const { code, out } = await node.run('slivers');
    expect(code).toBe(0);
    expect(out).toMatch(/^princeton_sirius +running +plc +in 20 days +64 /m);
    expect(out).not.toContain('del_snoop');
  });

  test('with db-service away shows states, and says on stderr what is missing', async () => {
    const { 'db-service': _, ...others } = theDaemons();
    await node.start(others);
    const { code, out, err } = await node.run('slivers');
    expect(code).toBe(1);
    expect(out).toMatch(/^princeton_sirius +running/m);
    expect(err).toBe('nmctl: db-service: it is not running; records are not shown\n');
  });

  test('with the supervisor away shows records', async () => {
    const { 'account-supervisor': _, ...others } = theDaemons();
    await node.start(others);
    const { code, out, err } = await node.run('slivers', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject([
      { name: 'princeton_sirius', state: 'unknown', origin: 'plc', rspec: { nm_cpu_share: 64 } },
    ]);
    expect(err).toContain('states are not known');
  });

  test('with both away exits 3', async () => {
    expect((await node.run('slivers')).code).toBe(3);
  });
});
