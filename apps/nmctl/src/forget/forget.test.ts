/** `nmctl forget` on real sockets. */
import type { ForgetResult } from '@nodemgr/contracts';
import { Fault } from '@nodemgr/faults';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeNode, theDaemons } from '../test-support/fake-node.ts';

let node: FakeNode;
beforeEach(() => {
  node = new FakeNode();
});
afterEach(() => node.stop());

async function nodeThat(answers: () => ForgetResult) {
  const asked: unknown[] = [];
  const forget = (params: unknown) => {
    asked.push(params);
    return answers();
  };
  const supervisor = { ...theDaemons()['account-supervisor'], forget };
  await node.start({ 'account-supervisor': supervisor });
  return asked;
}

describe('forget', () => {
  test('has the files go in the operator’s name, and says that they are gone', async () => {
    const asked = await nodeThat(() => ({ outcome: 'forgotten' }));
    const { code, out } = await node.run('forget', 'mit_dht');
    expect({ code, out }).toEqual({ code: 0, out: 'mit_dht: its files are gone\n' });
    expect(asked).toEqual([{ name: 'mit_dht', by: expect.stringMatching(/./) }]);
  });

  test('exits 0 where nothing is kept (any more)', async () => {
    await nodeThat(() => ({ outcome: 'nothing kept' }));
    expect(await node.run('forget', 'mit_dht')).toMatchObject({ code: 0 });
  });

  test('exits 1 with the reason where files are left', async () => {
    await nodeThat(() => ({ outcome: 'fails', reason: 'purge-files: EIO' }));
    const { code, out } = await node.run('forget', 'mit_dht');
    expect(code).toBe(1);
    expect(out).toContain('purge-files: EIO');
  });

  test('exits 1 for a sliver that exists, with what account-supervisor says of it', async () => {
    await nodeThat(() => {
      throw new Fault('bad-argument', 'mit_dht is a sliver of this node');
    });
    const { code, err } = await node.run('forget', 'mit_dht');
    expect(code).toBe(1);
    expect(err).toContain('mit_dht is a sliver of this node');
  });

  test('exits 2 for what is no name of a sliver, and 3 where nobody answers', async () => {
    expect(await node.run('forget', 'a b')).toMatchObject({ code: 2 });
    expect(await node.run('forget', 'mit_dht')).toMatchObject({ code: 3 });
  });
});
