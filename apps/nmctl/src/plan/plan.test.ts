/** `nmctl plan` on real sockets. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeNode, theDaemons } from '../test-support/fake-node.ts';

let node: FakeNode;
beforeEach(() => {
  node = new FakeNode();
});
afterEach(() => node.stop());

describe('plan', () => {
  test('of agents that have nothing to do says so', async () => {
    await node.start(theDaemons());
    const { code, out } = await node.run('plan');
    expect({ code, out }).toEqual({
      code: 0,
      out: 'account-supervisor (dry-run): nothing to do\nbwcap-agent (dry-run): nothing to do\n',
    });
  });

  test('shows one agent when the other is away', async () => {
    const { 'bwcap-agent': _, ...others } = theDaemons();
    await node.start(others);
    const { code, out, err } = await node.run('plan', '--json');
    expect(code).toBe(1);
    expect(Object.keys(JSON.parse(out))).toEqual(['account-supervisor']);
    expect(err).toContain('bwcap-agent: it is not running');
  });
});
