/** What the node makes of the documents that PLC serves: good, bad, cut off, empty, unchanged. */
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { DemoNode } from './support/demo-node.ts';
import { aDocument, documentXml, sliceXml } from './support/slices-document.ts';

let node: DemoNode;

afterEach(() => node.destroy());

const NO_SUCH_SLIVER = 102;

test('a bad slice among good ones is left out and reported; the rest counts', async () => {
  node = await DemoNode.start({
    slices: documentXml(
      sliceXml({ name: 'good_one', id: 1 }),
      sliceXml({ name: 'Bad-Name', id: 2 }),
      sliceXml({ name: 'bad_noid', id: 3 }).replace(' id="3"', ''),
      sliceXml({ name: 'good_two', id: 4, rspec: { nm_cpu_share: 64, odd: 'text' } }),
    ),
  });
  const api = node.tcp();
  expect(await api.call('GetRSpec', 'good_one')).toMatchObject({ nm_cpu_share: 32 });
  expect(await api.call('GetRSpec', 'good_two')).toMatchObject({ nm_cpu_share: 64 });
  expect((await api.faultOf('GetRSpec', 'bad_noid'))[0]).toBe(NO_SUCH_SLIVER);
  const { code, stdout } = await node.nmctl('status');
  expect(code).toBe(1);
  expect(stdout).toMatch(/slices\.xml: line \d+: .*Bad-Name/);
  expect(stdout).toMatch(/slices\.xml: bad_noid: /);
});

test('a document that was cut off counts for nothing; the last good state stays and the reason is shown', async () => {
  const whole = aDocument({ name: 'site_a' }, { name: 'site_b' });
  node = await DemoNode.start({ slices: whole });
  const api = node.tcp();
  node.publish(aDocument({ name: 'site_c' }).slice(0, -30));
  await node.eventually(async () => {
    const { failures } = await node.fetcher();
    expect(failures.length).toBeGreaterThan(0);
  });
  expect(await api.call('GetRSpec', 'site_a')).toHaveProperty('nm_cpu_share');
  expect((await api.faultOf('GetRSpec', 'site_c'))[0]).toBe(NO_SUCH_SLIVER);
  const { code, stdout } = await node.nmctl('status');
  expect(code).toBe(1);
  expect(stdout).toMatch(/slices\.xml/);
  node.publish(aDocument({ name: 'site_a' }, { name: 'site_b' }, { name: 'site_c' }));
  await node.eventually(async () =>
    expect(await api.call('GetRSpec', 'site_c')).toHaveProperty('nm_cpu_share'),
  );
  expect((await node.fetcher()).failures).toEqual([]);
});

test('an empty document is refused by the guard, over restarts, until an operator lets it through', async () => {
  const five = aDocument(...['a', 'b', 'c', 'd', 'e'].map((name) => ({ name: `site_${name}` })));
  node = await DemoNode.start({ slices: five });
  const api = node.tcp();
  node.publish(aDocument());
  await node.eventually(async () => expect((await node.database()).detail.guard).toHaveLength(1));
  expect(await api.call('GetRSpec', 'site_e')).toHaveProperty('nm_cpu_share');
  const shown = await node.nmctl('status');
  expect(shown.code).toBe(1);
  expect(shown.stdout).toMatch(/5 of 5 running slivers/);

  process.kill(await node.pidOf('db-service'), 'SIGKILL');
  await node.eventually(async () => expect((await node.database()).detail.guard).toHaveLength(1));

  expect((await node.nmctl('guard', 'allow')).code).toBe(0);
  await node.eventually(async () =>
    expect((await api.faultOf('GetRSpec', 'site_e'))[0]).toBe(NO_SUCH_SLIVER),
  );
  expect((await node.database()).detail).toMatchObject({ guard: [], records: { slivers: 0 } });
  await node.eventually(async () => expect((await node.nmctl('status')).code).toBe(0));
});

test('half of the slivers may go without an operator, and a better document lifts the hold', async () => {
  const names = ['a', 'b', 'c', 'd'].map((name) => ({ name: `site_${name}` }));
  node = await DemoNode.start({ slices: aDocument(...names) });
  const api = node.tcp();
  node.publish(aDocument(...names.slice(0, 1)));
  await node.eventually(async () => expect((await node.database()).detail.guard).toHaveLength(1));
  node.publish(aDocument(...names.slice(0, 2)));
  await node.eventually(async () => {
    const { detail } = await node.database();
    expect(detail).toMatchObject({ guard: [], records: { slivers: 2 } });
  });
  await node.eventually(async () =>
    expect((await api.faultOf('GetRSpec', 'site_d'))[0]).toBe(NO_SUCH_SLIVER),
  );
});

test('a slice ends at its expiry, with PLC still naming it', async () => {
  const soon = Math.floor(Date.now() / 1000) + 8;
  node = await DemoNode.start({
    slices: aDocument({ name: 'site_short', expiry: soon }, { name: 'site_long' }),
  });
  const api = node.tcp();
  await node.eventually(async () =>
    expect((await api.faultOf('GetRSpec', 'site_short'))[0]).toBe(NO_SUCH_SLIVER),
  );
  expect(Math.floor(Date.now() / 1000)).toBeGreaterThanOrEqual(soon);
  expect(await api.call('GetRSpec', 'site_long')).toHaveProperty('nm_cpu_share');
  await node.eventually(async () =>
    expect((await node.nmctl('slivers')).stdout).not.toMatch(/site_short +running/),
  );
});

test('an unchanged document writes no row and publishes nothing, even when it is served anew', async () => {
  const document = aDocument({ name: 'site_a' }, { name: 'site_b' });
  node = await DemoNode.start({ slices: document });
  const database = join(node.state, 'db', 'nodemgr.sqlite');
  const digest = () =>
    [database, `${database}-wal`].map((file) =>
      createHash('sha256').update(readFileSync(file)).digest('hex'),
    );
  const before = { files: digest(), revision: (await node.database()).detail.revision };
  const { last_success: seen = 0 } = (await node.fetcher()).detail;
  node.publish(`${document}\n<!-- the same, written differently -->\n`);
  await node.eventually(async () =>
    expect((await node.fetcher()).detail.last_success ?? 0).toBeGreaterThan(seen + 1000),
  );
  expect({ files: digest(), revision: (await node.database()).detail.revision }).toEqual(before);
});

test('a loan counts, stops counting when an update takes its ground away, and counts again', async () => {
  const withGuaranteed = (share: number) =>
    aDocument(
      { name: 'princeton_sirius', rspec: { nm_cpu_guaranteed_share: share } },
      { name: 'princeton_eisentest' },
    );
  node = await DemoNode.start({ slices: withGuaranteed(200) });
  const api = node.tcp();
  const guaranteed = async (name: string) =>
    ((await api.call('GetEffectiveRSpec', name)) as Record<string, number>)[
      'nm_cpu_guaranteed_share'
    ];
  const loan = ['princeton_eisentest', 'nm_cpu_guaranteed_share', 150];
  expect(await api.call('SetLoans', 'princeton_sirius', [loan])).toBe(1);
  expect(await guaranteed('princeton_sirius')).toBe(50);
  expect(await guaranteed('princeton_eisentest')).toBe(150);

  node.publish(withGuaranteed(100));
  await node.eventually(async () => expect(await guaranteed('princeton_sirius')).toBe(100));
  expect(await guaranteed('princeton_eisentest')).toBe(0);
  expect(await api.call('GetLoans', 'princeton_sirius')).toEqual([loan]);
  expect((await node.nmctl('sliver', 'princeton_sirius')).stdout).toMatch(
    /ignored: the lender has only 100 left/,
  );

  node.publish(withGuaranteed(300));
  await node.eventually(async () => expect(await guaranteed('princeton_eisentest')).toBe(150));
  expect(await guaranteed('princeton_sirius')).toBe(150);
});
