/** `nmctl fetch` on real sockets. */
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { aFailure, aFetcherStatus } from '../test-support/builders.ts';
import { FakeNode, theDaemons } from '../test-support/fake-node.ts';

let node: FakeNode;
beforeEach(() => {
  node = new FakeNode();
});
afterEach(() => node.stop());

describe('fetch', () => {
  test('tells how it ended', async () => {
    await node.start(theDaemons());
    expect(await node.run('fetch')).toMatchObject({ code: 0, out: 'unchanged\n' });
  });

  test('that failed exits 1', async () => {
    const daemons = theDaemons();
    const failure = aFailure({ subject: 'slices.xml', action: 'fetch' });
    const fetcher = {
      ...daemons['plc-fetcher'],
      status: () => ({ ...aFetcherStatus(), failures: [failure] }),
      fetch_now: () => ({ outcome: 'failed' as const, reason: 'no such host' }),
    };
    await node.start({ ...daemons, 'plc-fetcher': fetcher });
    expect(await node.run('fetch')).toMatchObject({ code: 1, out: 'failed: no such host\n' });
  });
});
