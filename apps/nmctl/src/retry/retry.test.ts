/** `nmctl retry` on real sockets. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeNode, theDaemons } from '../test-support/fake-node.ts';

let node: FakeNode;
beforeEach(() => {
  node = new FakeNode();
});
afterEach(() => node.stop());

describe('retry', () => {
  test('asks every daemon that something may wait for, and says what was tried and how it stands', async () => {
    const daemons = theDaemons();
    const asked: unknown[] = [];
    await node.start({
      ...daemons,
      'account-supervisor': {
        ...daemons['account-supervisor'],
        retry: (params) => {
          asked.push(params);
          return { tried: [{ subject: 'mit_dht', outcome: 'works' }] };
        },
      },
    });
    const { code, out } = await node.run('retry', 'mit_dht');
    expect(code).toBe(0);
    expect(out).toMatch(/^mit_dht +works +account-supervisor *$/m);
    expect(asked).toEqual([{ name: 'mit_dht' }]);
  });

  test('exits 1 where something still fails, with the reason', async () => {
    const daemons = theDaemons();
    const reason = 'create: image default is not on this node';
    const tried = [{ subject: 'mit_dht', outcome: 'fails' as const, reason }];
    const supervisor = { ...daemons['account-supervisor'], retry: () => ({ tried }) };
    await node.start({ ...daemons, 'account-supervisor': supervisor });
    expect(await node.run('retry')).toMatchObject({
      code: 1,
      out: expect.stringContaining(reason),
    });
    expect(JSON.parse((await node.run('--json', 'retry')).out)).toEqual({
      'plc-fetcher': [],
      'db-service': [],
      'account-supervisor': tried,
      'bwcap-agent': [],
    });
  });

  test('of a node where nothing fails says so, and of a name that nobody knows too', async () => {
    await node.start(theDaemons());
    expect(await node.run('retry')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/nothing fails/),
    });
    expect(await node.run('retry', 'no_such')).toMatchObject({
      code: 1,
      out: expect.stringMatching(/no_such/),
    });
  });

  test('of a daemon that is away says that nothing was tried there', async () => {
    const { 'bwcap-agent': _away, ...others } = theDaemons();
    await node.start(others);
    expect(await node.run('retry')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/bwcap-agent: .*; what waits there was not tried$/m),
    });
  });
});
