/** A node whose PLC answers GetSlivers: the same testbed, what goes wrong on the way, and the change from one kind to the other. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dbOperatorContract } from '@nodemgr/contracts';
import { afterEach, expect, test } from 'vitest';
import { DemoNode } from './support/demo-node.ts';
import { documentXml, sliceXml } from './support/slices-document.ts';

let node: DemoNode;
afterEach(() => node.destroy());

const NAMES = ['a_a', 'b_b', 'c_c', 'd_d'];
const SLICES = documentXml(...NAMES.map((name, id) => sliceXml({ name, id })));

async function records(): Promise<unknown> {
  const accounts = await node.ask('db-service', dbOperatorContract, 'accounts');
  return Object.fromEntries(
    accounts.map(({ name, item }) => [name, (item as { record: { rspec: unknown } }).record.rspec]),
  );
}

test('the sample testbed runs over GetSlivers as over slices.xml, and comes up again with PLC away', async () => {
  node = await DemoNode.start();
  const before = await records();
  await node.end();

  const flags = ['--plc', 'getslivers'];
  node = await DemoNode.start({ folder: node.folder, flags });
  expect(await records()).toEqual(before);
  expect((await node.tcp().call('GetRSpec', 'princeton_sirius')) as object).toMatchObject({
    nm_cpu_share: 64,
    nm_cpu_guaranteed_share: 250,
  });
  const { stdout } = await node.nmctl('sliver', 'princeton_codeen');
  expect(stdout).toMatch(/running/);
  const kept = readFileSync(join(node.state, 'plc/last-good.json'), 'utf8');
  expect(JSON.parse(kept)).toMatchObject({ kind: 'getslivers' });
  await node.end();

  // The demo's own PLC is not started where the configuration names another; nobody is at that port.
  const config = join(node.folder, 'away.toml');
  const plc =
    'kind = "getslivers"\nurl = "https://127.0.0.1:9/PLCAPI/"\nnode_key_file = "/nonexistent"';
  writeFileSync(config, `[plc]\n${plc}\n`);
  node = await DemoNode.start({ folder: node.folder, flags: ['--config', config] });
  expect(await records()).toEqual(before);
  expect((await node.nmctl('status')).stdout).toMatch(/plc\.node_key_file: \/nonexistent: /);
});

test('whatever PLC answers wrongly is told in its own words, and takes nothing from anybody', async () => {
  const faults = '103,106,500,html,cut,nothing,other-node';
  const flags = ['--plc', 'getslivers', '--plc-faults', faults];
  node = await DemoNode.start({ slices: SLICES, flags });
  const before = await records();
  const log = join(node.state, 'log/plc-fetcher.log');
  // Each attempt, an operator's or the fetcher's own, is answered in the next way.
  await node.eventually(async () => {
    await node.nmctl('fetch');
    const said = readFileSync(log, 'utf8');
    for (const words of [
      /PLC does not accept this node’s key: fault 103/,
      /PLC cannot reach its own database: fault 106/,
      /PLC answers 500/,
      /DOCTYPE is not allowed/,
      /aborted/,
      /no answer to GetSlivers: not well-formed/,
      /the answer for node 18, and this node is 17/,
    ]) {
      expect(said).toMatch(words);
    }
  });
  expect(await records()).toEqual(before);
  await node.eventually(async () => expect((await node.nmctl('fetch')).code).toBe(0));
});
