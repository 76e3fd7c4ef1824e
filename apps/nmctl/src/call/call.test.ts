/** `nmctl call` on real sockets. */
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '@nodemgr/faults';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeNode } from '../test-support/fake-node.ts';

let node: FakeNode;
beforeEach(() => {
  node = new FakeNode();
});
afterEach(() => node.stop());

describe('call', () => {
  beforeEach(() => mkdirSync(join(node.folder, 'run')));

  test('sends bare words as strings and JSON as JSON, and prints the result', async () => {
    let seen = '';
    await node.startApi((request) => {
      seen = request;
      return { nm_cpu_share: 64 };
    });
    const ran = await node.run(
      'call',
      'SetLoans',
      'princeton_sirius',
      '[["a_b", "nm_cpu_share", -8]]',
      '-5',
    );
    expect(ran).toEqual({ code: 0, out: 'nm_cpu_share  64\n', err: '' });
    expect(seen).toMatch(/<methodName>SetLoans<.*princeton_sirius.*a_b.*-8.*-5/s);
  });

  test('prints JSON where asked to', async () => {
    await node.startApi(() => [['a_b', 'nm_cpu_share', 5e9]]);
    const { out } = await node.run('call', 'GetLoans', 'c_d', '--json');
    expect(JSON.parse(out)).toEqual([['a_b', 'nm_cpu_share', 5e9]]);
  });

  test('tells a fault on stderr and exits 4', async () => {
    await node.startApi(() => {
      throw new Fault('bad-argument', 'no such sliver');
    });
    expect(await node.run('call', 'GetRSpec', 'a_b')).toEqual({
      code: 4,
      out: '',
      err: 'nmctl: fault 102: no such sliver\n',
    });
  });

  test('of an API that is away exits 3', async () => {
    const { code, err } = await node.run('call', 'Help');
    expect(code).toBe(3);
    expect(err).toContain('nobody answers there');
  });

  test('of an API that never answers ends at the deadline', async () => {
    await node.startApi(() => new Promise<never>(() => {}));
    const { code, err } = await node.run('call', 'Help', '--timeout', '0.2');
    expect(code).toBe(3);
    expect(err).toContain('no answer in 200 ms');
  });

  test('with JSON that has gone wrong is a usage error', async () => {
    expect((await node.run('call', 'SetLoans', '[["a_b"]')).code).toBe(2);
  });
});
