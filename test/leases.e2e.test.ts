/** A reservable node: leases begin and end by the clock, from slices.xml and from GetSlivers, with PLC away, and over restarts. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { dbOperatorContract } from '@nodemgr/contracts';
import { afterEach, expect, test } from 'vitest';
import { DemoNode } from './support/demo-node.ts';
import { documentXml, type LeaseSpec, leasesXml, sliceXml } from './support/slices-document.ts';

const A = 'site_a';
const B = 'site_b';
const SYSTEM = 'pl_monitor';
const now = () => Math.floor(Date.now() / 1000);

function aDocument(policy: string, ...leases: readonly LeaseSpec[]): string {
  return documentXml(
    leasesXml(policy, ...leases),
    sliceXml({ name: A, id: 1 }),
    sliceXml({ name: B, id: 2 }),
    sliceXml({ name: SYSTEM, id: 3, rspec: { system: 1 } }),
  );
}

let node: DemoNode;
afterEach(() => node.destroy());

/** The slivers that run, as account-supervisor has them. */
async function running(): Promise<readonly string[]> {
  const { stdout } = await node.nmctl('--json', 'slivers');
  const slivers = JSON.parse(stdout) as { readonly name: string; readonly state: string }[];
  return slivers.flatMap(({ name, state }) => (state === 'running' ? [name] : [])).sort();
}
const run = (...names: readonly string[]) =>
  node.eventually(async () => expect(await running()).toEqual([...names].sort()));

interface Told {
  readonly at: number;
  readonly what: string;
  readonly why: string;
}

async function events(name: string): Promise<readonly Told[]> {
  const { stdout } = await node.nmctl('--json', 'events', name);
  return (JSON.parse(stdout) as { readonly events: readonly Told[] }).events;
}

/** Resolves with the first event of a kind, once there is one. */
const told = (name: string, kind: string): Promise<Told> =>
  node.eventually(async () => {
    const first = (await events(name)).find(({ what }) => what === kind);
    if (first === undefined) throw new Error(`no ${kind} of ${name}`);
    return first;
  });

test.each([
  ['slices.xml', []],
  ['GetSlivers', ['--plc', 'getslivers']],
])(
  'leases told by %s begin and end on time, back to back, and each is in the history',
  async (_what, flags) => {
    node = await DemoNode.start({ slices: aDocument('lease_or_idle'), flags });
    await run(SYSTEM);
    const begin = now() + 10;
    node.publish(aDocument('lease_or_idle', [A, begin, begin + 15], [B, begin + 15, begin + 30]));
    await node.eventually(async () =>
      expect((await node.nmctl('leases')).stdout).toMatch(/site_b .* to come/),
    );
    // The history has the times, however long it takes to look.
    const second = async (name: string, kind: string) =>
      Math.floor((await told(name, kind)).at / 1000);
    expect(await second(A, 'lease-began')).toBeGreaterThanOrEqual(begin);
    expect(await second(A, 'lease-ended')).toBeGreaterThanOrEqual(begin + 15);
    expect(await second(B, 'lease-began')).toBeGreaterThanOrEqual(begin + 15);
    expect(await second(B, 'lease-ended')).toBeGreaterThanOrEqual(begin + 30);
    await run(SYSTEM);
    expect((await events(A)).map(({ what, why }) => `${what}: ${why}`)).toEqual(
      expect.arrayContaining([
        expect.stringMatching(/^lease-began: it has the node until/),
        'sliver-started: its lease has begun',
        expect.stringMatching(/^sliver-stopped: site_b has the node by a lease/),
        'lease-ended: it has the node no longer',
      ]),
    );
  },
  120_000,
);

test('a lease is shown to operators and its holder, and goes on with PLC away and everything restarted in its midst', async () => {
  const end = now() + 600;
  const begin = now() - 60;
  node = await DemoNode.start({ slices: aDocument('lease_or_idle', [A, begin, end]) });
  await run(SYSTEM, A);
  const { stdout } = await node.nmctl('leases');
  expect(stdout).toMatch(/^lease_or_idle: nobody runs but holders/);
  expect(stdout).toMatch(/site_a .* in force/);
  expect(await node.tcp().call('GetRecord', A)).toMatchObject({
    leases: [{ from: begin, until: end }],
    lease: { standing: 'holds', until: end },
  });
  expect((await node.nmctl('explain', A)).stdout).toMatch(/has the node until/);
  await node.end();
  const config = join(node.folder, 'away.toml');
  writeFileSync(config, '[plc]\nurl = "https://127.0.0.1:9/slices.xml"\n');
  node = await DemoNode.start({ folder: node.folder, flags: ['--config', config] });
  await run(SYSTEM, A);
  const view = await node.ask('db-service', dbOperatorContract, 'leases');
  expect(view.leases).toMatchObject([{ slice: A, until: end, state: 'in force' }]);
}, 120_000);

test('where all run, a holder has ten times its shares, and GetEffectiveRSpec and the kernel have them', async () => {
  const leased: LeaseSpec = [A, now() - 60, now() + 600];
  node = await DemoNode.start({ slices: aDocument('lease_or_shared', leased) });
  await run(SYSTEM, A, B);
  const api = node.tcp();
  expect(await api.call('GetEffectiveRSpec', A)).toMatchObject({ nm_cpu_share: 320 });
  expect(await api.call('GetEffectiveRSpec', B)).toMatchObject({ nm_cpu_share: 32 });
  await node.eventually(async () =>
    expect((await node.nmctl('explain', A)).stdout).toMatch(/cpu\.weight +2560 +2560/),
  );
  node.publish(aDocument('none'));
  await node.eventually(async () =>
    expect(await api.call('GetEffectiveRSpec', A)).toMatchObject({ nm_cpu_share: 32 }),
  );
}, 120_000);
