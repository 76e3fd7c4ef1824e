import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '@nodemgr/faults';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EXIT_MEANINGS } from './exit-codes.ts';
import { FakeNode, theDaemons } from './test-support/fake-node.ts';

let node: FakeNode;
beforeEach(() => {
  node = new FakeNode();
});
afterEach(() => node.stop());

describe('with --json a failure is a document too', () => {
  const documentOf = async (...args: readonly string[]) => {
    const { code, out, err } = await node.run(...args, '--json');
    expect(err).not.toBe('');
    return { code, json: JSON.parse(out) as unknown };
  };

  test('of a fault', async () => {
    mkdirSync(join(node.folder, 'run'));
    await node.startApi(() => {
      throw new Fault('bad-argument', 'no such sliver');
    });
    expect(await documentOf('call', 'GetRSpec', 'a_b')).toEqual({
      code: 4,
      json: { fault: { code: 102, message: 'no such sliver' } },
    });
  });

  test('of a sliver that does not exist', async () => {
    await node.start(theDaemons());
    expect(await documentOf('sliver', 'nope_x')).toEqual({
      code: 1,
      json: { error: "no sliver 'nope_x' on this node; see: nmctl slivers" },
    });
  });

  test('of a node manager that does not run', async () => {
    expect(await documentOf('call', 'Help')).toMatchObject({
      code: 3,
      json: { error: expect.stringContaining('nobody answers there') },
    });
    expect(await documentOf('slivers')).toMatchObject({
      code: 3,
      json: { error: expect.stringContaining('db-service: it is not running') },
    });
    expect(await documentOf('status')).toMatchObject({
      code: 3,
      json: { error: expect.stringContaining('nothing answers'), well: false },
    });
  });

  test('of wrong usage and of a configuration that cannot be used', async () => {
    expect(await documentOf('statsu')).toMatchObject({
      code: 2,
      json: { error: expect.stringContaining("unknown command 'statsu'") },
    });
    expect(await documentOf()).toMatchObject({ code: 2, json: { error: expect.any(String) } });
    writeFileSync(node.configFile, '[node]\n');
    expect(await documentOf('status')).toMatchObject({
      code: 2,
      json: { error: expect.stringContaining('node.id: missing') },
    });
  });
});

describe('the command line', () => {
  test('without a command, with an unknown one or an unknown option is a usage error', async () => {
    expect((await node.run()).code).toBe(2);
    expect(await node.run('sliver')).toMatchObject({ code: 2, out: '' });
    expect(await node.run('statsu')).toMatchObject({
      code: 2,
      err: "nmctl: unknown command 'statsu'\n(Did you mean status?)\n",
    });
    expect((await node.run('status', '--colour')).code).toBe(2);
  });

  test('help documents every exit code and exits 0', async () => {
    const { code, out } = await node.run('--help');
    expect(code).toBe(0);
    for (const [number, meaning] of Object.entries(EXIT_MEANINGS)) {
      expect(out).toContain(`  ${number}  ${meaning}`);
    }
  });
});
