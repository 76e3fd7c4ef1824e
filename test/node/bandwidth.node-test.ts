/** Bandwidth on a node: limits under the agent's own unit, and what becomes of them when it stops. */
import { bandwidthOperatorContract } from '@nodemgr/contracts';
import { parse, stringify } from 'smol-toml';
import { afterEach, beforeAll, expect, onTestFinished, test } from 'vitest';
import { eventually } from './machine/eventually.ts';
import { CONFIG_FILE } from './machine/render-config.ts';
import { publishTestbed, theTestbed } from './the-node.ts';

const [SLOW, OTHER] = ['lab_s01', 'lab_s02'] as const;
const UNIT = 'nodemgr-bwcap-agent.service';
/** bit/s. */
const MAX = 1_000_000;
const LOWERED = 400_000;
/** Long beside a burst. */
const WINDOW_SECONDS = '5';
/** The far end of QEMU's network; nobody listens, and nobody needs to. */
const SINK = '("10.0.2.2", 9)';
const FLOOD = `import socket
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
while True:
    try: s.sendto(bytes(1400), ${SINK})
    except OSError: pass`;
const node = theTestbed();

const publishMax = (rate: number) =>
  publishTestbed(node, { [SLOW]: { rspec: { nm_net_max_rate: rate } } });

/** limited waits until the agent has nothing left to do, and fails with what it says instead. */
async function limited(): Promise<void> {
  await eventually(async () => {
    const { revision } = await node.database();
    const { detail, failures } = await node.ask(
      'bwcap-agent',
      bandwidthOperatorContract,
      'status',
      {},
    );
    if ((detail.converged_revision ?? -1) < revision || failures.length > 0) {
      throw new Error(`bandwidth is behind: ${JSON.stringify({ revision, detail, failures })}`);
    }
  });
}

async function flood(sliver: string): Promise<void> {
  await node.inWell(sliver, `setsid python3 -c '${FLOOD}' </dev/null >/dev/null 2>&1 &`);
}

/** What nmctl says that the sliver sends, in bit/s. */
async function sentNow(sliver: string): Promise<number> {
  const asked = ['--json', 'bandwidth', sliver, '--seconds', WINDOW_SECONDS];
  const { stdout } = await node.nmctl(...asked);
  return JSON.parse(stdout).slivers[0].ordinary.now;
}

const classes = async () =>
  (await node.machine.root(['tc', 'class', 'show', 'dev', uplink])).trim();
/** Each sliver's limits, without its class ids: which it gets is not promised once the tree was gone. */
async function limitsOfSlivers(): Promise<readonly object[]> {
  const { stdout } = await node.nmctl('--json', 'bandwidth', '--seconds', '0');
  const limits = ({ rate, ceil, quantum }: Record<string, number>) => ({ rate, ceil, quantum });
  return JSON.parse(stdout).slivers.map((sliver: Record<string, Record<string, number>>) => ({
    name: sliver['name'],
    ordinary: limits(sliver['ordinary'] ?? {}),
    exempt: limits(sliver['exempt'] ?? {}),
  }));
}
const rules = () => node.machine.ssh(['nft', 'list', 'table', 'inet', 'nodemgr']);
let uplink = '';

beforeAll(async () => {
  await limited();
  const { detail } = await node.ask('bwcap-agent', bandwidthOperatorContract, 'status', {});
  uplink = detail.interface ?? '';
});

afterEach(async () => {
  for (const sliver of [SLOW, OTHER]) await node.in(sliver, `pkill -KILL -f '[s]ocket.SOCK_DGRAM'`);
});

test('a sliver sends at its ceiling and no faster, and a lowered one takes hold while it sends', async () => {
  await publishMax(MAX);
  await limited();
  await flood(SLOW);
  await eventually(async () => expect(await sentNow(SLOW)).toBeGreaterThan(MAX / 2));
  const before = await sentNow(SLOW);
  await publishMax(LOWERED);
  await limited();
  const after = await sentNow(SLOW);
  console.log(`ceilings of ${MAX} and ${LOWERED} bit/s: sent ${before} and ${after}`);
  expect(Math.abs(before / MAX - 1)).toBeLessThan(0.03);
  expect(Math.abs(after / LOWERED - 1)).toBeLessThan(0.03);
});

test('what is enforced is explained, read back from the kernel', async () => {
  const { stdout } = await node.nmctl('explain', SLOW);
  expect(stdout).toMatch(/nm_net_max_rate.*htb 4e4d:\S+ ceil/);
});

test('killed, restarted or upgraded, the agent leaves the limits in force', async () => {
  const before = await classes();
  expect(before).toContain('class htb 4e4d:1000');
  await node.machine.root(['systemctl', 'kill', '--signal=KILL', UNIT]);
  expect(await classes()).toBe(before);
  await limited();
  await node.machine.root(['systemctl', 'restart', UNIT]);
  expect(await classes()).toBe(before);
  expect((await rules()).code).toBe(0);
  await limited();
  expect(await classes()).toBe(before);
});

test('counters survive a restart of the agent', async () => {
  const sent = async () => {
    const { stdout } = await node.nmctl('--json', 'bandwidth', SLOW, '--seconds', '0');
    return JSON.parse(stdout).slivers[0].ordinary.counters.sent_bytes;
  };
  const before = await sent();
  expect(before).toBeGreaterThan(0);
  await node.machine.root(['systemctl', 'restart', UNIT]);
  await limited();
  expect(await sent()).toBeGreaterThanOrEqual(before);
});

test('stopped by an operator, it leaves no rule behind, and started again it has all of them again', async () => {
  const before = {
    slivers: await limitsOfSlivers(),
    classes: (await classes()).split('\n').length,
  };
  expect(before.slivers).toContainEqual({
    name: SLOW,
    ordinary: expect.objectContaining({ ceil: LOWERED }),
    exempt: expect.anything(),
  });
  await node.machine.root(['systemctl', 'stop', UNIT]);
  expect(await classes()).toBe('');
  expect((await rules()).stderr).toMatch(/No such file or directory/);
  await node.machine.root(['systemctl', 'start', UNIT]);
  await limited();
  expect(await limitsOfSlivers()).toEqual(before.slivers);
  expect((await classes()).split('\n')).toHaveLength(before.classes);
});

/** What a sliver has sent today, and whether its rate is cut. */
async function sentToday(sliver: string) {
  const { stdout } = await node.nmctl('--json', 'bandwidth', sliver, '--seconds', '0');
  const { today, ordinary } = JSON.parse(stdout).slivers[0];
  return { sent: today.ordinary.sent_bytes, isCut: 'cut' in today.ordinary, ceil: ordinary.ceil };
}

test('what a sliver sends in a day is counted over a stop of the agent, cut past the threshold, and whole again when the day is over', async () => {
  const { machine } = node;
  const text = await machine.read(CONFIG_FILE);
  const config = parse(text) as Record<string, object>;
  onTestFinished(async () => {
    await machine.write(CONFIG_FILE, text);
    await machine.root(['systemctl', 'restart', UNIT]);
    await publishTestbed(node);
    await limited();
  });
  const soon = Number(await machine.root(['date', '+%s'])) + 1800;
  const next = (Math.floor(soon / 3600) + 1) * 3600;
  const clock = { ...config['clock'], require_sync: false, settle_seconds: 1 };
  const bandwidth = { ...config['bandwidth'], day_hour: (next / 3600) % 24 };
  await machine.write(CONFIG_FILE, stringify({ ...config, clock, bandwidth }));
  await machine.root(['systemctl', 'restart', UNIT]);
  const { sent } = await sentToday(SLOW);
  const limits = { nm_net_max_byte: sent + 2_000_000, nm_net_max_thresh_byte: sent + 300_000 };
  await publishTestbed(node, { [SLOW]: { rspec: { nm_net_max_rate: MAX, ...limits } } });
  await limited();
  await flood(SLOW);
  await eventually(async () => expect((await sentToday(SLOW)).isCut).toBe(true));
  const before = await sentToday(SLOW);
  expect(before.ceil).toBeLessThan(MAX);
  await machine.root(['systemctl', 'stop', UNIT]);
  await machine.root(['systemctl', 'start', UNIT]);
  await limited();
  const after = await sentToday(SLOW);
  console.log(`sent today: ${before.sent} bytes, and ${after.sent} after a stop of the agent`);
  expect(after.isCut).toBe(true);
  expect(after.sent).toBeGreaterThanOrEqual(before.sent);
  // The clock is only ever set ahead.
  await machine.shell(`[ "$(date +%s)" -ge ${next} ] || date --set=@${next}`);
  await eventually(async () => expect((await sentToday(SLOW)).isCut).toBe(false));
  expect((await sentToday(SLOW)).sent).toBeLessThan(after.sent);
  await limited();
  expect((await sentToday(SLOW)).ceil).toBe(MAX);
  const { stdout } = await node.nmctl('events', SLOW);
  expect(stdout).toMatch(/rate-cut .*nm_net_max_byte[\s\S]*rate-cut-over .*another day has begun/);
});
