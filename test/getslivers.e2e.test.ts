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
const documentOf = (...names: readonly string[]) =>
  documentXml(...names.map((name) => sliceXml({ name, id: NAMES.indexOf(name) })));
const SLICES = documentOf(...NAMES);

async function records(): Promise<Readonly<Record<string, unknown>>> {
  const accounts = await node.ask('db-service', dbOperatorContract, 'accounts');
  return Object.fromEntries(
    accounts.map(({ name, item }) => [name, (item as { record: { rspec: unknown } }).record.rspec]),
  );
}

/** Writes the configuration of a node whose PLC is away, and returns its path. */
function away(folder: string): string {
  // The demo's own PLC is not started where the configuration names another; nobody is at that port.
  const config = join(folder, 'away.toml');
  const plc =
    'kind = "getslivers"\nurl = "https://127.0.0.1:9/PLCAPI/"\nnode_key_file = "/nonexistent"';
  writeFileSync(config, `[plc]\n${plc}\n`);
  return config;
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

  node = await DemoNode.start({ folder: node.folder, flags: ['--config', away(node.folder)] });
  expect(await records()).toEqual(before);
  expect((await node.nmctl('status')).stdout).toMatch(/plc\.node_key_file: \/nonexistent: /);
}, 120_000);

/** What account-supervisor has ever done to slivers that would be seen inside. */
async function felt(): Promise<readonly string[]> {
  const told = await Promise.all(NAMES.map((name) => node.nmctl('--json', 'events', name)));
  const all = told.flatMap(
    ({ stdout }) => (JSON.parse(stdout) as { events: { what: string; account: string }[] }).events,
  );
  const inside = /^(sliver-(started|stopped|died)|account-(made|removed)|scripts-run)$/;
  return all.flatMap(({ what, account }) => (inside.test(what) ? [`${account}: ${what}`] : []));
}

test('from slices.xml to GetSlivers and back the guard judges the first answer, and nothing that stays is restarted', async () => {
  const runAll = () =>
    node.eventually(async () => {
      const { stdout } = await node.nmctl('slivers');
      expect(stdout.match(/^\S+ +running/gm)).toHaveLength(NAMES.length);
    });
  const guard = async () => (await node.database()).detail.guard;
  node = await DemoNode.start({ slices: SLICES });
  const { folder } = node;
  await runAll();
  const before = await felt();
  for (const name of NAMES) expect(before).toContain(`${name}: sliver-started`);
  await node.end();

  // Another authority, which does not know the most of them.
  const flags = ['--plc', 'getslivers'];
  node = await DemoNode.start({ folder, flags, slices: documentOf('a_a') });
  await node.eventually(async () =>
    expect(await guard()).toMatchObject([
      { source: 'plc', would_remove: ['sliver_b_b', 'sliver_c_c', 'sliver_d_d'] },
    ]),
  );
  await runAll();
  node.publish(SLICES);
  await node.eventually(async () => expect(await guard()).toEqual([]));
  await runAll();
  expect((await node.fetcher()).detail).toMatchObject({ kind: 'getslivers' });
  await node.end();

  node = await DemoNode.start({ folder, slices: SLICES });
  await node.eventually(async () =>
    expect((await node.fetcher()).detail).toMatchObject({
      kind: 'slices-xml',
      last_poll: { outcome: expect.stringMatching(/^(new document|unchanged)$/) },
    }),
  );
  await runAll();
  expect(await felt()).toEqual(before);
}, 120_000);

test('with PLC away a slice of its last answer ends when it is over, and the others stay', async () => {
  const expiry = Math.floor(Date.now() / 1000) + 20;
  const slices = documentXml(
    sliceXml({ name: 'a_a', id: 1, expiry }),
    sliceXml({ name: 'b_b', id: 2 }),
  );
  node = await DemoNode.start({ slices, flags: ['--plc', 'getslivers'] });
  await node.end();
  node = await DemoNode.start({ folder: node.folder, flags: ['--config', away(node.folder)] });
  await node.eventually(async () => expect(await records()).not.toHaveProperty('a_a'));
  expect(await records()).toHaveProperty('b_b');
  expect(Date.now() / 1000).toBeGreaterThanOrEqual(expiry);
  const { stdout } = await node.nmctl('events', 'a_a');
  expect(stdout).toMatch(/expire/);
}, 120_000);

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
}, 120_000);
