/** The history of every sliver: what happened, why, and by whom, kept through crashes. */
import { join } from 'node:path';
import type { EventsAnswer } from '@nodemgr/contracts';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DemoNode, type Finished } from './support/demo-node.ts';
import { aDocument } from './support/slices-document.ts';

const LENDER = 'princeton_sirius';
const BORROWER = 'princeton_eisentest';
const DOCUMENT = [
  { name: LENDER, rspec: { nm_cpu_share: 64 } },
  { name: BORROWER, rspec: { nm_cpu_share: 32 } },
  { name: 'mit_dht' },
];
let node: DemoNode;

beforeAll(async () => {
  node = await DemoNode.start({ slices: aDocument(...DOCUMENT) });
});

afterAll(() => node.destroy());

/** The history as 'what [by]: why', oldest first. */
async function historyOf(...args: readonly string[]): Promise<readonly string[]> {
  const { stdout } = await node.nmctl('--json', 'events', ...args);
  const { events } = JSON.parse(stdout) as EventsAnswer;
  return events.map(
    ({ what, why, by }) => `${what} [${[by.kind, by.name].filter(Boolean).join(' ')}]: ${why}`,
  );
}

async function killed(daemon: 'db-service' | 'account-supervisor'): Promise<void> {
  const before = await node.pidOf(daemon);
  process.kill(before, 'SIGKILL');
  await node.eventually(async () => expect(await node.pidOf(daemon)).not.toBe(before));
}

test('what a sliver went through is told in its order, also after both daemons were killed', async () => {
  const api = node.unix();
  expect(await api.call('SetLoans', LENDER, [[BORROWER, 'nm_cpu_share', 8]])).toBe(1);
  // The two daemons do not wait for each other: what one has done is seen before the other is asked.
  const lastOf = async () => (await historyOf(BORROWER)).at(-1);
  await node.eventually(async () => expect(await lastOf()).toMatch(/^cpu-weight-changed/));
  expect(await api.call('Stop', BORROWER)).toBe(1);
  await node.eventually(async () =>
    expect((await node.nmctl('slivers')).stdout).toMatch(/princeton_eisentest +stopped/),
  );
  expect(await api.call('Start', BORROWER)).toBe(1);
  await node.eventually(async () =>
    expect((await node.nmctl('slivers')).stdout).toMatch(/princeton_eisentest +running/),
  );
  node.publish(aDocument(...DOCUMENT.filter(({ name }) => name !== BORROWER)));
  await node.eventually(async () =>
    expect((await historyOf(BORROWER)).at(-1)).toMatch(/^account-removed/),
  );
  await Promise.all([killed('db-service'), killed('account-supervisor')]);
  await node.eventually(async () => expect(await historyOf(BORROWER)).toHaveLength(13));
  expect((await historyOf(BORROWER)).map((line) => line.replace(/20\d\d-\S+Z/g, 'T'))).toEqual([
    'record-created [plc]: named in the document of T, until T',
    expect.stringMatching(/^account-made \[plc\]: record of plc: a sliver, user id \d+$/),
    'sliver-started [plc]: record of plc',
    `effective-changed [api-caller root]: nm_cpu_share 32 → 40 (${LENDER} lends 8)`,
    'cpu-weight-changed [supervisor]: cpu weight 256 → 320, by the shares and guarantees of all',
    'stopped [api-caller root]: Stop was called',
    'sliver-stopped [api-caller]: Stop was called',
    'started [api-caller root]: Start was called',
    'sliver-started [api-caller]: Start was called',
    'record-removed [plc]: left out of the document of T',
    'sliver-stopped [plc]: its record was left out of the document',
    'files-kept [plc]: its record was left out of the document',
    'account-removed [plc]: its record was left out of the document',
  ]);
  const lender = await historyOf(LENDER);
  expect(lender).toContain(`loans-set [api-caller root]: lends 8 nm_cpu_share to ${BORROWER}`);
  expect(lender).toContain(
    `effective-changed [plc]: nm_cpu_share 56 → 64 (8 is lent to ${BORROWER} no more)`,
  );
});

test('for people it is one line an event, and a name that is nearly one is suggested', async () => {
  const { stdout, code } = await node.nmctl('events', LENDER);
  expect(code).toBe(0);
  expect(stdout).toMatch(
    /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\dZ {2}loans-set +api-caller root +lends 8 nm_cpu_share to/m,
  );
  const { stderr, code: missed } = await node.nmctl('events', 'princeton_siriu');
  expect({ stderr, missed }).toEqual({
    stderr: expect.stringContaining('did you mean princeton_sirius?'),
    missed: 1,
  });
});

test('what a guard holds back and an operator lets through is told of the node', async () => {
  const many = Array.from({ length: 5 }, (_, at) => ({ name: `site_n${at}` }));
  node.publish(aDocument(...many));
  await node.eventually(async () => expect(await historyOf('site_n4')).toHaveLength(3));
  node.publish(aDocument());
  await node.eventually(async () =>
    expect((await historyOf('node')).at(-1)).toMatch(/^update-held \[guard\]: .*remove 5 of 5/),
  );
  expect((await node.nmctl('guard', 'allow')).code).toBe(0);
  expect((await historyOf('node')).at(-1)).toMatch(/^update-allowed \[operator\]: .* 5 removed$/);
  expect(await historyOf('site_n4')).toContainEqual(
    expect.stringMatching(/^record-removed \[plc\]: .*, which an operator let through$/),
  );
  node.publish(aDocument(...DOCUMENT));
  await node.eventually(async () =>
    expect((await node.nmctl('slivers')).stdout).toMatch(/mit_dht +running/),
  );
});

test('explain tells of each loan whether it counts and why not, and what is in force', async () => {
  const api = node.unix();
  const loans = [
    [BORROWER, 'nm_cpu_share', 40],
    [BORROWER, 'nm_cpu_share', 30],
    ['no_body', 'nm_net_share', 1],
  ];
  expect(await api.call('SetLoans', LENDER, loans)).toBe(1);
  const page = async (): Promise<Finished> => {
    const explained = await node.nmctl('explain', LENDER);
    // 64 - 40: both agents have taken it up.
    expect(explained.stdout).toMatch(/cpu\.weight +192 +192/);
    expect(explained.stdout).toMatch(/htb 4e4d:1\S+ ceil +1000000000 bit\/s +1000000000 bit\/s/);
    return explained;
  };
  const { stdout, stderr, code } = await node.eventually(page);
  expect({ stderr, code }).toEqual({ stderr: '', code: 0 });
  expect(stdout).toMatch(/nm_cpu_share +64 +−40 +24 +record/);
  expect(stdout).toMatch(/nm_disk_quota +5000000 +5000000 +\S+ GiB +default/);
  expect(stdout).toMatch(/princeton_eisentest +nm_cpu_share +40 +counts/);
  expect(stdout).toMatch(/nm_cpu_share +30 +ignored: the lender has only 24 left/);
  expect(stdout).toMatch(
    /no_body +nm_net_share +1 +ignored: recipient is not a sliver on this node/,
  );
  expect(stdout).toContain(
    'in the kernel, by account-supervisor (pretended, the driver is dry-run)',
  );
  expect(stdout).toMatch(/share 24 × 8 = 192: [\d.]+% of the 1024 that all running slivers weigh/);
  const borrower = JSON.parse((await node.nmctl('--json', 'explain', BORROWER)).stdout);
  expect(borrower.resources).toContainEqual({
    resource: 'nm_cpu_share',
    own: 32,
    isDefault: false,
    lent: 0,
    borrowed: 40,
    times: 1,
    effective: 72,
  });
});

test('with one daemon away the other’s part is shown, and the missing one is named', async () => {
  const pid = await node.pidOf('account-supervisor');
  process.kill(pid, 'SIGSTOP');
  try {
    const { stdout, stderr, code } = await node.nmctl('events', LENDER);
    expect(stdout).toContain('loans-set');
    expect(stdout).not.toContain('sliver-started');
    expect(stderr).toMatch(/account-supervisor: .*; what was done on the machine is not shown/);
    expect(code).toBe(1);
  } finally {
    process.kill(pid, 'SIGCONT');
  }
});

test('what cannot be meant is refused in one line', async () => {
  for (const [args, text] of [
    [['events', '--since', 'yesterday'], /--since wants a span such as 90s/],
    [['events', '--limit', '0'], /at least 1 and at most 10000/],
    [['events', '../etc'], /wants the name of an account, or 'node'/],
    [['explain', join('..', 'etc')], /no sliver '\.\.\/etc' on this node/],
  ] as const) {
    const { stderr, code } = await node.nmctl(...args);
    expect(stderr).toMatch(text);
    expect(code).toBeGreaterThan(0);
  }
});
