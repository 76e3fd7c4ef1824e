/**
 * Names by PLC's own rule, all the way: slivers whose names differ in case alone, or in `.` and `_` alone,
 * or by what a program of ours puts after a name, are slivers of their own for every process and caller.
 */
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { EventsAnswer } from '@nodemgr/contracts';
import { MAX_NAME_LENGTH } from '@nodemgr/records';
import { needs } from '@nodemgr/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DemoNode, PATIENCE_MS } from './support/demo-node.ts';
import { aDocument } from './support/slices-document.ts';
import { SshStandIn } from './support/ssh-stand-in.ts';
import { TicketAuthority } from './support/ticket-authority.ts';

const DOTTED = 'a.b_c';
const UNDERSCORED = 'a_b_c';
const CAPITAL = 'a_B_c';
const LONGEST = 'upmc.lip6_Nightly.Nightly.Run_42';
const NAMES = [
  ...[DOTTED, UNDERSCORED, CAPITAL, 'a_b.c', 'a_b_C', 'a_B.C', 'a._b_c', 'a_b__c', 'a_b_c_'],
  ...['json', 'starts', 'jsonl', 'new', 'tmp', 'lock', 'service'].map((end) => `a_b_c.${end}`),
  LONGEST,
];
const TICKETED = 'a_b.C';
const DELEGATE = 'del.x_Snoop';
const root = needs('root');

const authority = new TicketAuthority();
let node: DemoNode;

const shareOf = (name: string): number => 100 + NAMES.indexOf(name);
const documentOf = (names: readonly string[]) =>
  aDocument(...names.map((name) => ({ name, rspec: { nm_cpu_share: shareOf(name) } })));

beforeAll(async () => {
  const folder = mkdtempSync(join(tmpdir(), 'names-'));
  const [keys, config] = [join(folder, 'ticket-keys.pem'), join(folder, 'nodemgr.toml')];
  writeFileSync(keys, authority.publicPem, { mode: 0o644 });
  writeFileSync(
    config,
    `[tickets]\ntrusted_keys_file = "${keys}"\n` +
      `[[delegates]]\nname = "${DELEGATE}"\nmethods = ["GetRSpec"]\nssh_keys = []\n`,
    { mode: 0o644 },
  );
  node = await DemoNode.start({ slices: documentOf(NAMES), folder, flags: ['--config', config] });
});
afterAll(() => node.destroy());

/** What `nmctl slivers` says of each. */
async function statesOf(): Promise<ReadonlyMap<string, string>> {
  const { stdout } = await node.nmctl('slivers');
  const rows = stdout.split('\n').map((line) => line.split(/ +/));
  return new Map(rows.map(([name = '', state = '']) => [name, state]));
}

async function become(changed: Readonly<Record<string, string>>): Promise<void> {
  const wanted = NAMES.map((name) => [name, changed[name] ?? 'running'] as const);
  await node.eventually(async () => {
    const states = await statesOf();
    expect(NAMES.map((name) => [name, states.get(name)])).toEqual(wanted);
  });
}

/** How often something of that kind has happened to each. */
async function timesOf(kind: string): Promise<Readonly<Record<string, number>>> {
  const { stdout } = await node.nmctl('--json', 'events', '--limit', '1000');
  const { events } = JSON.parse(stdout) as EventsAnswer;
  const count = (name: string) =>
    events.filter(({ account, what }) => account === name && what === kind).length;
  return Object.fromEntries(NAMES.map((name) => [name, count(name)]));
}

function passwd(): readonly (readonly string[])[] {
  const text = readFileSync(join(node.state, 'machine/etc/passwd'), 'utf8');
  return text.split('\n').map((line) => line.split(':'));
}

const uidOf = (name: string): number => Number(passwd().find(([user]) => user === name)?.[2]);

test(
  'every sliver runs, and each has a user, an id and an RSpec of its own',
  async () => {
    expect(LONGEST).toHaveLength(MAX_NAME_LENGTH);
    await become({});
    const users = passwd().filter(([name = '']) => NAMES.includes(name));
    expect(users.map(([name]) => name).sort()).toEqual([...NAMES].sort());
    expect(new Set(users.map(([, , uid]) => uid)).size).toBe(NAMES.length);
    const api = node.unix();
    for (const name of NAMES) {
      const rspec = await api.call('GetRSpec', name);
      expect([name, rspec]).toEqual([
        name,
        expect.objectContaining({ nm_cpu_share: shareOf(name) }),
      ]);
    }
    expect((await node.nmctl('status')).code).toBe(0);
  },
  PATIENCE_MS,
);

test.skipIf(root.missing)(
  `each sliver may call for itself, and for none that is called nearly so${root.note}`,
  async () => {
    for (const name of [DOTTED, UNDERSCORED, CAPITAL, 'a_b_c.json', LONGEST]) {
      const caller = node.unix(uidOf(name));
      expect(await caller.call('GetLoans', name)).toEqual([]);
      const others = NAMES.filter((other) => other !== name);
      for (const other of others) {
        const [code] = await caller.faultOf('GetLoans', other);
        expect([name, other, code]).toEqual([name, other, 108]);
      }
    }
  },
);

test('what one lends to another is lent by none and to none that is called nearly so', async () => {
  const api = node.unix();
  await api.call('SetLoans', DOTTED, [[UNDERSCORED, 'nm_cpu_share', 30]]);
  for (const name of NAMES) {
    const lent = { [DOTTED]: -30, [UNDERSCORED]: 30 }[name] ?? 0;
    const rspec = await api.call('GetEffectiveRSpec', name);
    const nm_cpu_share = shareOf(name) + lent;
    expect([name, rspec]).toEqual([name, expect.objectContaining({ nm_cpu_share })]);
  }
  await api.call('SetLoans', DOTTED, []);
});

test(
  'Stop and Start reach the sliver that they name alone, and its history alone tells of them',
  async () => {
    await become({});
    const [starts, stops] = [await timesOf('sliver-started'), await timesOf('sliver-stopped')];
    const api = node.unix();
    await api.call('Stop', CAPITAL);
    await become({ [CAPITAL]: 'stopped' });
    await api.call('Start', CAPITAL);
    await become({});
    await node.eventually(async () => {
      const [started, stopped] = [await timesOf('sliver-started'), await timesOf('sliver-stopped')];
      expect(started).toEqual({ ...starts, [CAPITAL]: 2 });
      expect(stopped).toEqual({ ...stops, [CAPITAL]: 1 });
    });
    const { stdout } = await node.nmctl('--json', 'events', CAPITAL);
    const { events } = JSON.parse(stdout) as EventsAnswer;
    expect(new Set(events.map(({ account }) => account))).toEqual(new Set([CAPITAL]));
  },
  PATIENCE_MS,
);

test('nmctl shows exactly the sliver that is named, and suggests those that are called nearly so', async () => {
  expect((await node.nmctl('sliver', CAPITAL)).stdout).toContain(`${shareOf(CAPITAL)}`);
  const { code, stderr } = await node.nmctl('sliver', 'A-B-C');
  expect(code).toBe(1);
  expect(stderr).toMatch(/did you mean \S+ or \S+ or \S+\?/);
});

test(
  'a ticket, delivered over ssh as a delegate with a dot and a capital, makes its sliver and no other',
  async () => {
    const ssh = new SshStandIn(node.apiSocket, root.missing ? undefined : uidOf(DELEGATE));
    const ticket = join(ssh.folder, 'ticket.xml');
    const delegations = [[DELEGATE, 'CreateSliver'] as const];
    writeFileSync(
      ticket,
      authority.sign({ name: TICKETED, rspec: { nm_cpu_share: 7 }, delegations }),
    );
    const via = ['--via', `ssh://${DELEGATE}@node`];
    try {
      const delivered = await ssh.nmctl(...via, 'ticket', 'deliver', ticket);
      expect(delivered).toMatchObject({ code: 0, stdout: expect.stringContaining(TICKETED) });
      expect(ssh.lastArguments).toContain(`${DELEGATE}@node`);
      expect(await ssh.nmctl(...via, 'call', 'CreateSliver', TICKETED)).toMatchObject({ code: 0 });
    } finally {
      ssh.remove();
    }
    await node.eventually(async () => expect((await statesOf()).get(TICKETED)).toBe('running'));
    await become({});
    expect(await node.unix().call('GetRSpec', TICKETED)).toHaveProperty('nm_cpu_share', 7);
  },
  PATIENCE_MS,
);

test(
  'when one goes, and comes back, those that are called nearly so stay as they were',
  async () => {
    const starts = await timesOf('sliver-started');
    node.publish(documentOf(NAMES.filter((name) => name !== UNDERSCORED)));
    await become({ [UNDERSCORED]: 'kept' });
    node.publish(documentOf(NAMES));
    await become({});
    await node.eventually(async () =>
      expect(await timesOf('sliver-started')).toEqual({ ...starts, [UNDERSCORED]: 2 }),
    );
  },
  PATIENCE_MS,
);
