/**
 * What one sliver that writes and syncs without pause does to all others, on a disk as slow as a busy one: to a
 * neighbour's fsync, and to SetLoans, whose answer waits for the daemons' own.
 */
import { parse, stringify } from 'smol-toml';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';
import { eventually } from './machine/eventually.ts';
import { groupValue } from './machine/look-at-slivers.ts';
import { CONFIG_FILE } from './machine/render-config.ts';
import { theTestbed } from './the-node.ts';

const [WRITER, NEIGHBOUR, LENDER] = ['lab_s01', 'lab_s02', 'lab_s03'] as const;
const ALL_MS = 600_000;
/** Of the disk with the slivers' files, a second. */
const DISK = { bps: 4_000_000, iops: 100 };
const MEASURE = '/usr/lib/nodemgr/measure-disk';

const node = theTestbed();
const { machine } = node;

/** Syncs 4 KiB so many times, and prints how long each took (ms). */
const FSYNC = `
import os, time
fd = os.open("/root/probe", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
for _ in range(60):
  os.write(fd, b"x" * 4096)
  begin = time.monotonic()
  os.fsync(fd)
  print(1000 * (time.monotonic() - begin))
  time.sleep(0.02)
`;

/** Lends another amount so many times, and prints how long each answer took (ms); one that is not 1 ends it. */
const SET_LOANS = `
import http.client, socket, time, xmlrpc.client
class Door(http.client.HTTPConnection):
  def connect(self):
    self.sock = socket.socket(socket.AF_UNIX)
    self.sock.connect("/run/nodemgr/api/api.sock")
class Transport(xmlrpc.client.Transport):
  def make_connection(self, host):
    return Door("localhost")
node = xmlrpc.client.ServerProxy("http://localhost/RPC2", transport=Transport())
for amount in range(1000, 1030):
  begin = time.monotonic()
  assert node.SetLoans("${LENDER}", [["${NEIGHBOUR}", "nm_net_share", amount]]) == 1
  print(1000 * (time.monotonic() - begin))
  time.sleep(0.02)
`;

/** One that writes much at once, and one that writes a little often. */
const WRITERS = [
  `import os
block = b"z" * 1048576
while True:
  fd = os.open("/root/much", os.O_CREAT | os.O_WRONLY | os.O_TRUNC)
  for _ in range(64): os.write(fd, block)
  os.fsync(fd)
  os.close(fd)
`,
  `import os
fd = os.open("/root/little", os.O_CREAT | os.O_WRONLY)
place = 0
while True:
  os.pwrite(fd, b"z" * 4096, place)
  place = (place + 4096) % 67108864
  os.fsync(fd)
`,
];

interface Figures {
  readonly fsync: number;
  readonly setLoans: number;
}

/** medianOf takes lines of numbers, and tells what is printed of them. */
function medianOf(what: string, lines: string): number {
  const took = lines.split('\n').map(Number);
  const sorted = took.toSorted((one, other) => one - other);
  const at = (part: number) => sorted[Math.floor(part * (sorted.length - 1))] ?? Number.NaN;
  console.log(
    `${what}: median ${at(0.5).toFixed(1)} ms, of ten ${at(0.9).toFixed(1)}, the worst ${at(1).toFixed(1)}`,
  );
  return at(0.5);
}

async function figures(when: string): Promise<Figures> {
  const fsync = await node.inWell(NEIGHBOUR, 'python3 -', { input: FSYNC, deadlineMs: ALL_MS });
  const setLoans = await machine.root(['python3', '-c', SET_LOANS], { deadlineMs: ALL_MS });
  return {
    fsync: medianOf(`${when}: fsync of another sliver`, fsync),
    setLoans: medianOf(`${when}: SetLoans`, setLoans),
  };
}

/** To all disks: the machine's own has a line there, too. */
async function written(): Promise<number> {
  const stat = await groupValue(machine, WRITER, 'io.stat');
  const counts = [...stat.matchAll(/\bwbytes=(\d+)/g)].map(([, bytes]) => Number(bytes));
  return counts.reduce((sum, bytes) => sum + bytes, 0);
}

/** Runs `during` while the writers write, from when they have been held to what they may for a while. */
async function besideWriters<T>(during: () => Promise<T>): Promise<T> {
  const before = await written();
  for (const [i, program] of WRITERS.entries()) {
    const run = `cat > /root/writer${i}.py; setsid python3 /root/writer${i}.py </dev/null >/dev/null 2>&1 &`;
    await node.inWell(WRITER, run, { input: program });
  }
  try {
    await eventually(async () => expect((await written()) - before).toBeGreaterThan(3 * DISK.bps), {
      timeoutMs: 120_000,
    });
    return await during();
  } finally {
    await node.in(WRITER, "pkill -KILL -f '[w]riter.*py'; rm -f /root/much /root/little");
    await machine.root(['sync'], { deadlineMs: ALL_MS });
  }
}

async function restartSupervisor(): Promise<void> {
  await machine.root(['systemctl', 'restart', 'nodemgr-account-supervisor.service']);
  await node.converged({ timeoutMs: ALL_MS });
}

let quiet: Figures;

beforeAll(async () => {
  for (const sliver of [WRITER, NEIGHBOUR]) await node.stayIn(sliver);
  await machine.boundStateDisk(DISK);
  await machine.root([MEASURE, '--again'], { deadlineMs: ALL_MS });
  await restartSupervisor();
  quiet = await figures('quiet');
}, ALL_MS);

afterAll(async () => {
  await machine.boundStateDisk({ bps: 0, iops: 0 });
  await machine.root([MEASURE, '--again'], { deadlineMs: ALL_MS });
  await restartSupervisor();
}, ALL_MS);

test('a sliver may write half of what was measured of the disk, in bytes and in requests', async () => {
  const line = await eventually(async () => {
    const text = await groupValue(machine, WRITER, 'io.max');
    expect(text).toMatch(/\bwbps=\d/);
    return text;
  });
  console.log(line);
  const amount = (key: string) => Number(new RegExp(`\\b${key}=(\\d+)`).exec(line)?.[1]);
  expect(amount('wbps') / DISK.bps).toBeGreaterThan(0.35);
  expect(amount('wbps') / DISK.bps).toBeLessThan(0.65);
  expect(amount('wiops') / DISK.iops).toBeGreaterThan(0.35);
  expect(amount('wiops') / DISK.iops).toBeLessThan(0.65);
});

test(
  'beside a sliver that writes without pause, others’ fsync and SetLoans take no three times as long as else',
  async () => {
    const busy = await besideWriters(() => figures('one writes, bounded'));
    expect(busy.fsync / quiet.fsync).toBeLessThan(3);
    expect(busy.setLoans / quiet.setLoans).toBeLessThan(3);
  },
  ALL_MS,
);

test(
  'an operator may take the bound away, and then the others wait for longer',
  async () => {
    const before = await machine.read(CONFIG_FILE);
    const { accounts, ...others } = parse(before) as { readonly accounts: object };
    const unbounded = { ...others, accounts: { ...accounts, disk_write_part: 1 } };
    await machine.write(CONFIG_FILE, stringify(unbounded));
    onTestFinished(async () => {
      await machine.write(CONFIG_FILE, before);
      await restartSupervisor();
    }, ALL_MS);
    await restartSupervisor();
    await eventually(async () =>
      expect(await groupValue(machine, WRITER, 'io.max')).not.toMatch(/\bw(?:bps|iops)=\d/),
    );
    const took = await besideWriters(async () => {
      const lines = await node.inWell(NEIGHBOUR, 'python3 -', {
        input: FSYNC.replace('range(60)', 'range(10)'),
        deadlineMs: ALL_MS,
      });
      return medianOf('one writes, unbounded: fsync of another sliver', lines);
    });
    expect(took).toBeGreaterThan(3 * quiet.fsync);
  },
  2 * ALL_MS,
);
