/** What a running node makes of the documents of a real PLC: nobody's junk removes anybody's sliver. */
import { readFileSync } from 'node:fs';
import { join, resolve } from 'node:path';
import { dbOperatorContract } from '@nodemgr/contracts';
import { afterEach, describe, expect, test } from 'vitest';
import { DemoNode } from './support/demo-node.ts';
import { documentXml, sliceXml } from './support/slices-document.ts';

const SAMPLES = resolve('libs/slices-xml/src/plc-samples');
const sampleOf = (name: string) => readFileSync(join(SAMPLES, name), 'utf8');

/** The demo's own. */
const DELEGATE = 'del_snoop';

let node: DemoNode;
afterEach(() => node.destroy());

async function slivers(): Promise<string[]> {
  const accounts = await node.ask('db-service', dbOperatorContract, 'accounts');
  const names = accounts.map(({ name }) => name);
  return names.filter((name) => name !== DELEGATE).sort();
}

/** What has been done to slivers, and what was told of them: not that a daemon looked at them. */
async function kindsOf(name: string): Promise<string[]> {
  const { stdout } = await node.nmctl('events', name, '--json');
  const { events } = JSON.parse(stdout) as { events: { what: string }[] };
  return events.map(({ what }) => what);
}

async function expectWell(): Promise<void> {
  await node.eventually(async () => {
    const { code, stdout } = await node.nmctl('status');
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringMatching(/all is well/) });
  });
}

async function expectTrouble(...texts: readonly RegExp[]): Promise<void> {
  await node.eventually(async () => {
    const { code, stdout } = await node.nmctl('status');
    expect(code).toBe(1);
    expect(stdout).not.toMatch(/all is well/);
    for (const text of texts) expect(stdout).toMatch(text);
  });
}

test('a member’s broken key takes no sliver from anybody, is told by name, and is over when it is taken back', async () => {
  node = await DemoNode.start({ slices: sampleOf('member-key-before.xml') });
  await expectWell();
  const before = { names: await slivers(), kinds: await kindsOf('uni_s0') };
  expect(before.names).toHaveLength(6);
  const { revision } = (await node.database()).detail;

  node.publish(sampleOf('member-key-after.xml'));
  await expectTrouble(/slices\.xml: uni_s0, uni_s1: line 67: .*person "2"/, /\b1 trouble: /);
  expect(await slivers()).toEqual(before.names);
  expect((await node.database()).detail.revision).toBe(revision);
  expect(await kindsOf('uni_s0')).toEqual([...before.kinds, 'trouble']);
  const shown = await node.nmctl('sliver', 'uni_s0');
  expect(shown).toMatchObject({ code: 1, stdout: expect.stringMatching(/plc: line 67: .*person/) });
  expect((await node.nmctl('sliver', 'uni_s5')).code).toBe(0);

  process.kill(await node.pidOf('db-service'), 'SIGKILL');
  await node.eventually(async () =>
    expect((await node.database()).detail.troubles).toHaveLength(2),
  );
  expect(await kindsOf('uni_s0')).toEqual([...before.kinds, 'trouble']);

  node.publish(sampleOf('member-key-before.xml'));
  await expectWell();
  expect(await kindsOf('uni_s0')).toEqual([...before.kinds, 'trouble', 'trouble-over']);
});

test('keys that end in a line end, as PLC’s pages store them, cost a fresh node nothing', async () => {
  node = await DemoNode.start({ slices: sampleOf('keys-end-in-newline.xml') });
  await expectWell();
  expect(await slivers()).toHaveLength(6);
});

describe('a slice that is named and cannot be described', () => {
  test('keeps its record, and ends at its last known expiry and not before', async () => {
    const soon = Math.floor(Date.now() / 1000) + 25;
    const [a = '', b = ''] = ['site_a', 'site_b'].map((name, at) =>
      sliceXml({ name, id: at + 1, expiry: soon }),
    );
    node = await DemoNode.start({ slices: documentXml(a, b) });
    node.publish(
      documentXml(a.replace(/expiry="\d+"/, 'expiry="garbage"'), b.replace(' id="2"', ' id="x7"')),
    );
    await expectTrouble(/slices\.xml: site_a: line \d+: .*garbage/, /slices\.xml: site_b: .*x7/);
    const accounts = await node.ask('db-service', dbOperatorContract, 'accounts');
    for (const [name, id] of [
      ['site_a', 1],
      ['site_b', 2],
    ] as const) {
      const item = { record: { expiry: soon, id } };
      expect(accounts.find((account) => account.name === name)).toMatchObject({ item });
    }
    await node.eventually(async () => expect(await slivers()).toEqual([]));
    expect(Math.floor(Date.now() / 1000)).toBeGreaterThanOrEqual(soon);
    expect(await kindsOf('site_a')).toContain('record-removed');
    // It is still named, and still wrong: that is what there is to be shown of it.
    const { code, stdout } = await node.nmctl('sliver', 'site_a');
    expect(code).toBe(1);
    expect(stdout).toMatch(/garbage/);
  });
});

/** In what order they come does not matter: where one takes most slivers away, an operator says yes. */
const OUTCOMES: readonly {
  readonly sample: string;
  readonly names: readonly string[];
  readonly rspec?: Readonly<Record<string, number>>;
  readonly troubles?: readonly RegExp[];
}[] = [
  { sample: '01-suspended.xml', names: ['uni_a', 'uni_b', 'uni_c'], rspec: { nm_enabled: 0 } },
  { sample: '03-type-string-int.xml', names: ['uni_a'], rspec: { nm_cpu_share: 64 } },
  {
    sample: '05-bad-ints.xml',
    names: ['uni_a'],
    rspec: { nm_net_share: 3, nm_cpu_share: 32 },
    troubles: [/uni_a: line 11: .*nm_cpu_share/, /uni_a: line 17: .*1e6/],
  },
  {
    sample: '06-names.xml',
    names: [
      '1site_a',
      'diku_IN5570',
      'inria_r2lab.nightly',
      'princeton_CoMon',
      'princeton__x',
      'princeton_xxxxxxxxxxxxxxxxxxxxxx',
      'site1_a',
      'upmc.lip6_x',
    ],
    troubles: [/line 33: slice "princeton_x+"/, /line 83: slice "a_b-c"/],
  },
  { sample: '15-key-no-type.xml', names: ['uni_a'] },
  { sample: '18-vref.xml', names: ['uni_a'], troubles: [/uni_a: line 14: image "Debian_12"/] },
  { sample: '20-script-crlf.xml', names: ['uni_a'] },
];

test('each sample of a real PLC has its right outcome, in the status, the API, and the history', async () => {
  node = await DemoNode.start({ slices: sampleOf('keys-end-in-newline.xml') });
  for (const { sample, names, rspec = {}, troubles = [] } of OUTCOMES) {
    node.publish(sampleOf(sample));
    await node.eventually(async () => {
      if ((await node.database()).detail.guard.length > 0) await node.nmctl('guard', 'allow');
      expect(await slivers(), sample).toEqual([...names].sort());
      for (const name of names) {
        expect(await node.tcp().call('GetRSpec', name), sample).toMatchObject(rspec);
      }
    });
    if (troubles.length === 0) await expectWell();
    else await expectTrouble(...troubles);
  }
  const { stdout } = await node.nmctl('events', 'uni_a');
  expect(stdout).toMatch(/trouble +plc +line 11: .*nm_cpu_share/);
  expect(stdout).toMatch(/trouble-over +plc +line 11: .*nm_cpu_share/);
  for (const sample of ['08-doctype.xml', 'getslivers.xml']) {
    node.publish(sampleOf(sample));
    await expectTrouble(/slices\.xml: read fails/);
    expect(await slivers(), sample).toEqual(['uni_a']);
  }
}, 180_000);
