/**
 * A reservable node: leases begin and end containers by the machine's own clock, whoever is killed or rebooted in
 * their midst. The clock is only ever set ahead, for an older document than the last one counts for nothing.
 */
import { DAEMONS, type LeasesView, type NodeEvent } from '@nodemgr/contracts';
import { parse, stringify } from 'smol-toml';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { type LeaseSpec, leasesXml } from '../support/slices-document.ts';
import { callsFromInside, putClientInto, UNIX } from './machine/call-the-api.ts';
import { eventually } from './machine/eventually.ts';
import { groupValue, pidsOf, runningSlivers } from './machine/look-at-slivers.ts';
import { CONFIG_FILE } from './machine/render-config.ts';
import { type Differences, SLIVERS } from './machine/testbed.ts';
import { publishTestbed, theTestbed } from './the-node.ts';

const [A, B, IDLE] = ['lab_s01', 'lab_s02', 'lab_s03'] as const;
/** Slices of the system, whom leases leave alone: what is stopped and started for them is three slivers, not twenty. */
const SYSTEM = SLIVERS.filter((name) => name !== A && name !== B && name !== IDLE);
const HOUR = 3600;
/** How long before a stop tenants are told (seconds): long beside a look into a sliver on an emulated machine. */
const WARN = 120;
/** How late a container may begin or end on a machine that others slow down (seconds). */
const LATE = 30;
const ALL_MS = 600_000;
const STOPPING = '/run/nodemgr-boot/stopping';
/** Keeps what it is called with, and when. */
const SCRIPT = '#!/bin/sh\necho "$1 $(date +%s) $3" &gt;&gt; /root/calls\n';

const scripted = { rspec: { initscript: SCRIPT } };
const SLICES: Differences = {
  ...Object.fromEntries(SYSTEM.map((name) => [name, { rspec: { system: 1 } }] as const)),
  [A]: scripted,
  [B]: scripted,
};
const node = theTestbed(SLICES);
const { machine } = node;

const publish = (policy: string, ...leases: readonly LeaseSpec[]) =>
  publishTestbed(node, SLICES, leasesXml(policy, ...leases));

const runs = (...names: readonly string[]) =>
  eventually(
    async () => expect(await runningSlivers(machine)).toEqual([...SYSTEM, ...names].sort()),
    { timeoutMs: ALL_MS },
  );

const now = async () => Number(await machine.root(['date', '+%s']));

/** Sets the machine's clock ahead, unless it is past that already. */
async function advanceTo(second: number): Promise<void> {
  await machine.shell(`[ "$(date +%s)" -ge ${second} ] || date --set=@${second}`);
}

interface Call {
  readonly what: string;
  readonly at: number;
  readonly seconds: number;
}

/** The calls of a sliver's start script, which outlive the processes that they were made in. */
async function callsOf(sliver: string): Promise<readonly Call[]> {
  const text = await machine.read(`/var/lib/nodemgr/slivers/${sliver}/upper/root/calls`);
  return text.split('\n').map((line) => {
    const [what = '', at, seconds] = line.split(' ');
    return { what, at: Number(at), seconds: Number(seconds) };
  });
}

const lastCall = (sliver: string, what: string): Promise<Call> =>
  eventually(async () => {
    const last = (await callsOf(sliver)).at(-1);
    if (last?.what !== what) throw new Error(`${sliver}: ${JSON.stringify(last)}, not ${what}`);
    return last;
  });

/** Expects that a container began or ended at a time, by its own script, and not before. */
async function expectCalled(sliver: string, what: 'start' | 'stop', second: number): Promise<void> {
  const { at } = await lastCall(sliver, what);
  console.log(`${what} of ${sliver}: ${at - second} s after its time`);
  expect(at).toBeGreaterThanOrEqual(second);
  expect(at).toBeLessThan(second + LATE);
}

/** Expects that the last lease of a slice began or ended in a second, by the history of the node. */
async function expectTold(
  sliver: string,
  what: 'lease-began' | 'lease-ended',
  second: number,
): Promise<void> {
  const newest = (events: readonly NodeEvent[]) => events.findLast((event) => event.what === what);
  const { at = Number.NaN } = newest(await node.history(sliver)) ?? {};
  console.log(`${what} of ${sliver}: ${at - second * 1000} ms after its time`);
  expect(at).toBeGreaterThanOrEqual(second * 1000);
  // A second more than on a machine that is not emulated.
  expect(at).toBeLessThan((second + 2) * 1000);
}

async function leases(): Promise<LeasesView> {
  const { stdout } = await node.nmctl('--json', 'leases');
  return JSON.parse(stdout) as LeasesView;
}

/** Waits until the node goes by a lease that the last document has and the one before it has not. */
const goesBy = (slice: string, until: number) =>
  eventually(async () =>
    expect((await leases()).leases).toContainEqual(expect.objectContaining({ slice, until })),
  );

/** Changes tables of the configuration, and has all daemons read it. */
async function reconfigure(tables: Readonly<Record<string, object>>): Promise<void> {
  const config = parse(await machine.read(CONFIG_FILE));
  await machine.write(CONFIG_FILE, stringify({ ...config, ...tables }));
  await machine.root(['nmctl', 'config', 'check']);
  await machine.root(['systemctl', 'restart', 'nodemgr.target'], { deadlineMs: ALL_MS });
  await node.converged({ timeoutMs: ALL_MS });
}

/** A clock that is set is trusted again soon. */
const SOON_TRUSTED = { require_sync: false, settle_seconds: 1 };
const TOLD = { warn_seconds: WARN, warn_by: ['file', 'signal'] };
let before = '';

beforeAll(async () => {
  before = await machine.read(CONFIG_FILE);
  await putClientInto(node, A);
  await reconfigure({ clock: SOON_TRUSTED, leases: TOLD });
}, ALL_MS);

afterAll(async () => {
  await machine.write(CONFIG_FILE, before);
  await machine.root(['systemctl', 'restart', 'nodemgr.target'], { deadlineMs: ALL_MS });
  await publishTestbed(node);
}, ALL_MS);

test(
  'with lease_or_idle the holder and slices of the system run, through kills of all daemons and a reboot with PLC away',
  async () => {
    const begin = (await now()) - 60;
    await publish('lease_or_idle', [A, begin, begin + 24 * HOUR]);
    await runs(A);
    expect(await node.in(IDLE, 'true')).not.toMatchObject({ code: 0 });

    const firstProcess = async () => (await pidsOf(machine, [A]))[A]?.[0];
    const inside = await firstProcess();
    const units = DAEMONS.map((daemon) => `nodemgr-${daemon}.service`);
    await machine.root(['systemctl', 'kill', '--signal=KILL', ...units]);
    await node.converged({ timeoutMs: ALL_MS });
    await runs(A);
    expect(await firstProcess()).toBe(inside);

    await machine.root(['systemctl', 'disable', '--now', '--quiet', 'demo-plc.service']);
    onTestFinished(async () => {
      await machine.root(['systemctl', 'enable', '--now', '--quiet', 'demo-plc.service']);
    });
    await machine.reboot();
    await runs(A);
    expect((await leases()).leases).toMatchObject([{ slice: A, state: 'in force' }]);
  },
  4 * ALL_MS,
);

test(
  'a tenant reads from inside its lease and what it uses, and nothing of another’s',
  async () => {
    const begin = (await now()) - 60;
    await publish('lease_or_idle', [A, begin, begin + HOUR]);
    await goesBy(A, begin + HOUR);
    await runs(A);
    const calls = ['GetRecord', 'GetUsage'].flatMap((method) => [
      [method, A] as const,
      [method, IDLE] as const,
    ]);
    const answers = await callsFromInside(node, { sliver: A, how: UNIX }, ...calls);
    const denied = { fault: [108, expect.any(String)] };
    expect(answers).toEqual([
      {
        result: expect.objectContaining({
          leases: [{ from: begin, until: begin + HOUR }],
          lease: { standing: 'holds', until: begin + HOUR },
        }),
      },
      denied,
      {
        result: expect.objectContaining({
          cpu_ms: expect.any(Number),
          memory_kib: expect.any(Number),
          tasks: expect.any(Number),
          disk_kib: expect.any(Number),
          files: expect.any(Number),
        }),
      },
      denied,
    ]);
    const usage = answers[2] as { readonly result: Readonly<Record<string, number>> };
    for (const counted of ['cpu_ms', 'memory_kib', 'disk_kib', 'files'])
      expect(usage.result[counted]).toBeGreaterThan(0);
    // Its first process, and the one that asks.
    expect(usage.result['tasks']).toBeGreaterThanOrEqual(2);
  },
  2 * ALL_MS,
);

test(
  'where all run, a holder has ten times its shares in the kernel, or the others are stopped, and both end with its lease',
  async () => {
    const shares = async () => {
      const { stdout } = await node.nmctl('--json', 'bandwidth', A, '--seconds', '0');
      const { slivers } = JSON.parse(stdout) as {
        readonly slivers: readonly { readonly ordinary: { readonly quantum: number } }[];
      };
      return {
        cpu: Number(await groupValue(machine, A, 'cpu.weight')),
        io: Number(/^default (\d+)$/m.exec(await groupValue(machine, A, 'io.bfq.weight'))?.[1]),
        turn: slivers[0]?.ordinary.quantum,
      };
    };
    await publish('lease_or_shared');
    await runs(A, B, IDLE);
    const usual = await shares();
    const others = await groupValue(machine, B, 'cpu.weight');
    const until = (await now()) + HOUR;
    await publish('lease_or_shared', [A, until - 2 * HOUR, until]);
    await eventually(async () =>
      expect(await shares()).toEqual({
        cpu: 10 * usual.cpu,
        io: 10 * usual.io,
        turn: 10 * (usual.turn ?? 0),
      }),
    );
    expect(await groupValue(machine, B, 'cpu.weight')).toBe(others);

    await reconfigure({ leases: { ...TOLD, beside_holder: 'stop' } });
    await runs(A);
    await eventually(async () => expect(await shares()).toEqual(usual));
    await advanceTo(until - 5);
    await runs(A, B, IDLE);
    await expectTold(A, 'lease-ended', until);
    await reconfigure({ leases: TOLD });
  },
  4 * ALL_MS,
);

test(
  'leases begin and end in their second, back to back, and tenants are told before, by a file and by their script',
  async () => {
    const begin = (await now()) + 2 * HOUR;
    const handOver = begin + HOUR;
    const end = handOver + HOUR;
    await publish('lease_or_idle', [A, begin, handOver], [B, handOver, end]);
    await runs();
    await advanceTo(begin - 10);
    await runs(A);
    await expectTold(A, 'lease-began', begin);
    await expectCalled(A, 'start', begin);
    expect(await node.in(A, `cat ${STOPPING}`)).toMatchObject({ code: 1 });

    await advanceTo(handOver - WARN - 5);
    const told = await eventually(() => node.inWell(A, `cat ${STOPPING}`));
    const [, left] = new RegExp(`^at ${handOver}\nleft (\\d+)$`).exec(told) ?? [];
    const warning = await lastCall(A, 'warn');
    expect(String(warning.seconds)).toBe(left);
    expect(warning.seconds).toBeGreaterThan(WARN - LATE);
    expect(warning.seconds).toBeLessThanOrEqual(WARN);
    expect(warning.at).toBeLessThan(handOver);

    await advanceTo(handOver - 10);
    await runs(B);
    await expectTold(A, 'lease-ended', handOver);
    await expectTold(B, 'lease-began', handOver);
    await expectCalled(A, 'stop', handOver);
    await expectCalled(B, 'start', handOver);
    const { code, stdout } = await node.nmctl('leases');
    expect([code, stdout]).toEqual([0, expect.stringMatching(/^lab_s02 .* in force$/m)]);

    await advanceTo(end - 10);
    await runs();
    await expectTold(B, 'lease-ended', end);
    await expectCalled(B, 'stop', end);
  },
  4 * ALL_MS,
);

test(
  'a clock that is not trusted ends no lease and begins none, and once it is trusted both are made up for',
  async () => {
    const handOver = (await now()) + HOUR;
    const end = handOver + 24 * HOUR;
    await publish('lease_or_idle', [A, handOver - 2 * HOUR, handOver], [B, handOver, end]);
    await runs(A);
    await reconfigure({ clock: { ...SOON_TRUSTED, require_sync: true } });
    await advanceTo(handOver + 60);
    expect(await leases()).toMatchObject({ clock_trusted: false });
    // With every document the leases are looked at, and this is another one.
    await publish('lease_or_idle', [A, handOver - 2 * HOUR, handOver], [B, handOver, end + HOUR]);
    await goesBy(B, end + HOUR);
    await runs(A);
    expect((await leases()).leases).toMatchObject([
      { slice: A, state: 'in force' },
      { slice: B, state: 'to come' },
    ]);
    await reconfigure({ clock: SOON_TRUSTED });
    await runs(B);
  },
  4 * ALL_MS,
);
