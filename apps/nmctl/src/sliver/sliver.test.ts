/** `nmctl sliver` on real sockets. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeNode, theDaemons } from '../test-support/fake-node.ts';

let node: FakeNode;
beforeEach(() => {
  node = new FakeNode();
});
afterEach(() => node.stop());

describe('sliver', () => {
  test('shows its page', async () => {
    await node.start(theDaemons());
    const { code, out } = await node.run('sliver', 'princeton_sirius');
    expect(code).toBe(0);
    expect(out).toMatch(/^record +sliver_princeton_sirius from plc/m);
    expect(out).toMatch(/^observed +running$/m);
  });

  test('that is unknown exits 1 and suggests names that are near', async () => {
    await node.start(theDaemons());
    const { code, out, err } = await node.run('sliver', 'princton_sirius');
    expect({ code, out, err }).toEqual({
      code: 1,
      out: '',
      err: "nmctl: no sliver 'princton_sirius' on this node; did you mean princeton_sirius?\n",
    });
  });

  test('that is a delegate is shown as one', async () => {
    const daemons = theDaemons();
    const observed = () => [{ name: 'del_snoop', state: 'delegate', detail: { uid: 30_000 } }];
    const supervisor = { ...daemons['account-supervisor'], observed };
    await node.start({ ...daemons, 'account-supervisor': supervisor });
    const { code, out, err } = await node.run('sliver', 'del_snoop');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^record +delegate_del_snoop from config/m);
    expect(out).toMatch(/^observed +delegate, uid 30000$/m);
    const { out: json } = await node.run('sliver', 'del_snoop', '--json');
    expect(JSON.parse(json)).toMatchObject({ name: 'del_snoop', grants: [], failures: [] });
  });

  test('that only the machine has left is shown as far as it is known', async () => {
    const daemons = theDaemons();
    const observed = () => [{ name: 'left_over', state: 'removing', detail: {} }];
    await node.start({
      ...daemons,
      'account-supervisor': { ...daemons['account-supervisor'], observed },
    });
    const { code, out } = await node.run('sliver', 'left_over');
    expect(code).toBe(1);
    expect(out).toMatch(/^observed +removing$/m);
  });
});
