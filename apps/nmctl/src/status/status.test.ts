/** `nmctl status` on real sockets. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { aFailure, aSupervisorStatus } from '../test-support/builders.ts';
import { FakeNode, theDaemons } from '../test-support/fake-node.ts';

let node: FakeNode;
beforeEach(() => {
  node = new FakeNode();
});
afterEach(() => node.stop());

describe('status', () => {
  test('of a node that is well exits 0', async () => {
    await node.start(theDaemons());
    const { code, out, err } = await node.run('status');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^api-gateway +up +105 /m);
    expect(out).toMatch(/all is well\n$/);
  });

  test('shows a daemon that is away as down beside the others, and exits 1', async () => {
    const { 'db-service': _, ...others } = theDaemons();
    await node.start(others);
    const { code, out } = await node.run('status');
    expect(code).toBe(1);
    expect(out).toMatch(/^db-service +down +it is not running$/m);
    expect(out).toMatch(/^plc-fetcher +up /m);
  });

  test('is not held up for long by a daemon that never answers', async () => {
    const daemons = theDaemons();
    const supervisor = {
      ...daemons['account-supervisor'],
      status: () => new Promise<never>(() => {}),
    };
    await node.start({ ...daemons, 'account-supervisor': supervisor });
    const { code, out } = await node.run('status');
    expect(code).toBe(1);
    expect(out).toMatch(/^account-supervisor +down +no answer to status in 3000 ms$/m);
    expect(out).toMatch(/^bwcap-agent +up /m);
  });

  test('shows a daemon that was killed as down at once, though its socket is still there', async () => {
    const { 'db-service': _, ...others } = theDaemons();
    await node.start(others);
    await node.leaveSocketOf('db-service');
    const { out } = await node.run('status');
    expect(out).toMatch(/^db-service +down +it is not running$/m);
  });

  test('tells a daemon that answers with an error from one that is away', async () => {
    const daemons = theDaemons();
    const database = {
      ...daemons['db-service'],
      status: () => {
        throw new Error('disk I/O error');
      },
    };
    await node.start({ ...daemons, 'db-service': database });
    const { code, out } = await node.run('status');
    expect(code).toBe(1);
    expect(out).toMatch(/^db-service +fails +disk I\/O error$/m);
  });

  test('of a node on which something fails exits 1', async () => {
    const daemons = theDaemons();
    const status = () => aSupervisorStatus([aFailure()]);
    await node.start({
      ...daemons,
      'account-supervisor': { ...daemons['account-supervisor'], status },
    });
    const { code, out } = await node.run('status');
    expect(code).toBe(1);
    expect(out).toMatch(/princeton_sirius +start +3× +2 min ago +in 30 s +no image/);
  });

  test('of a node where nothing runs exits 3', async () => {
    const { code, err } = await node.run('status');
    expect({ code, err }).toEqual({
      code: 3,
      err: 'nmctl: nothing answers: is the node manager running?\n',
    });
  });

  test('as JSON is one document with a verdict and every daemon', async () => {
    const { 'bwcap-agent': _, ...others } = theDaemons();
    await node.start(others);
    const { code, out } = await node.run('status', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      well: false,
      troubles: ['bwcap-agent: down'],
      processes: {
        'plc-fetcher': { state: 'up', pid: 101, detail: { document: { ours: 7 } } },
        'bwcap-agent': { state: 'down', reason: 'it is not running' },
      },
    });
  });
});
