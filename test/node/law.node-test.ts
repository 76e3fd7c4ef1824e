/**
 * The law of resources: every one that account-supervisor enforces changes what the kernel says when it is
 * given another value, and `nmctl explain` says the same. The kernel is read by its own files and by
 * repquota(8). Then what the newer ones are good for, by measure.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { RESOURCE_NAMES, RESOURCES, type ResourceName, type ResourceOf } from '@nodemgr/records';
import { beforeAll, expect, test } from 'vitest';
import { eventually } from './machine/eventually.ts';
import {
  cpuTimes,
  groupOf,
  groupValue,
  pidsOf,
  quotaOf,
  SLIVERS_GROUP,
} from './machine/look-at-slivers.ts';
import { documentFor, publishTestbed, theTestbed } from './the-node.ts';

const [ASKER, GUARANTEED, SLEEPER, PLAIN] = ['lab_s01', 'lab_s02', 'lab_s03', 'lab_s04'] as const;
const NODE_GROUP = '/sys/fs/cgroup/nodemgr.slice';
const node = theTestbed();
const { machine } = node;

const wholeFile = (sliver: string, file: string) => groupValue(machine, sliver, file);

/** numberIn returns the number that the first group of `pattern` matches in a file of the control group. */
async function numberIn(sliver: string, file: string, pattern: RegExp): Promise<number> {
  const text = await wholeFile(sliver, file);
  const [, found] = pattern.exec(text) ?? [];
  if (found === undefined) throw new Error(`${file} of ${sliver} says ${text}`);
  return Number(found);
}

const processors = async (): Promise<number> => Number(await machine.root(['nproc', '--all']));

/** What a cpuset.cpus names, by the list format of cpuset(7). */
function countIn(list: string): number {
  return list
    .split(',')
    .map((part) => part.split('-').map(Number))
    .reduce((sum, [first = 0, last = first]) => sum + last - first + 1, 0);
}

interface Case {
  /** The sliver that is given the values: one whose other resources do not show in the same place. */
  readonly sliver: string;
  readonly values: readonly [number, number];
  /** What the kernel says, in the unit of the reading. */
  readonly kernel: (sliver: string) => Promise<number>;
  /** The resource whose reading it is, where several are enforced by one. */
  readonly reading?: ResourceName;
}

type Ours = ResourceOf<'account-supervisor'>;

const CASES: Readonly<Record<Ours, Case>> = {
  nm_enabled: {
    sliver: SLEEPER,
    values: [0, 1],
    kernel: async (sliver) => {
      const processes = `${groupOf(sliver)}/payload/cgroup.procs`;
      return Number((await machine.ssh(['grep', '--quiet', '.', processes])).code === 0);
    },
  },
  nm_cpu_share: {
    sliver: ASKER,
    values: [16, 48],
    kernel: (sliver) => numberIn(sliver, 'cpu.weight', /^(\d+)$/),
  },
  nm_cpu_guaranteed_share: {
    sliver: GUARANTEED,
    values: [100, 300],
    reading: 'nm_cpu_share',
    kernel: (sliver) => numberIn(sliver, 'cpu.weight', /^(\d+)$/),
  },
  nm_cpu_max: {
    sliver: ASKER,
    values: [250, 500],
    kernel: async (sliver) => {
      const quota = await numberIn(sliver, 'cpu.max', /^(\d+) /);
      const period = await numberIn(sliver, 'cpu.max', / (\d+)$/);
      return Math.round((quota / period / (await processors())) * 1000);
    },
  },
  nm_cpu_cores: {
    sliver: ASKER,
    values: [1, 2],
    kernel: async (sliver) => {
      const own = countIn(await wholeFile(sliver, 'cpuset.cpus.effective'));
      const others = countIn(await wholeFile(PLAIN, 'cpuset.cpus.effective'));
      return own + others === (await processors()) ? own : 0;
    },
  },
  nm_disk_quota: {
    sliver: ASKER,
    values: [400_000, 800_000],
    kernel: async (sliver) => (await quotaOf(machine, sliver)).limit,
  },
  nm_mem_max: {
    sliver: ASKER,
    values: [400_000, 500_000],
    kernel: async (sliver) => (await numberIn(sliver, 'memory.max', /^(\d+)$/)) / 1024,
  },
  nm_mem_min: {
    sliver: ASKER,
    values: [40_000, 80_000],
    kernel: async (sliver) => (await numberIn(sliver, 'memory.min', /^(\d+)$/)) / 1024,
  },
  nm_tasks_max: {
    sliver: ASKER,
    values: [200, 300],
    kernel: (sliver) => numberIn(sliver, 'pids.max', /^(\d+)$/),
  },
  nm_io_weight: {
    sliver: ASKER,
    values: [50, 300],
    kernel: (sliver) => numberIn(sliver, 'io.bfq.weight', /^default (\d+)$/m),
  },
  nm_io_read_max: {
    sliver: ASKER,
    values: [5_000_000, 9_000_000],
    kernel: (sliver) => numberIn(sliver, 'io.max', /\brbps=(\d+)/),
  },
  nm_io_write_max: {
    sliver: ASKER,
    values: [3_000_000, 7_000_000],
    kernel: (sliver) => numberIn(sliver, 'io.max', /\bwbps=(\d+)/),
  },
};

interface Explained {
  readonly resources: readonly { readonly resource: string; readonly effective: number }[];
  readonly enforced: readonly {
    readonly agent: string;
    readonly readings: readonly {
      readonly resource: string;
      readonly enforced?: string;
      readonly wanted?: string;
      readonly how?: string;
      readonly agreement: string;
      readonly since?: { readonly revision?: number };
    }[];
  }[];
}

async function explained(sliver: string): Promise<Explained> {
  const { stdout } = await node.nmctl('--json', 'explain', sliver);
  return JSON.parse(stdout) as Explained;
}

interface Said {
  readonly said: number | string;
  /** The feed's revision since which it is so; undefined: there is no reading. */
  readonly since: number | undefined;
}

/** What nmctl says of a resource: what is read back; of one without a reading, what is asked for. */
function saidOf(resource: Ours, { resources, enforced }: Explained): Said {
  const { reading = resource } = CASES[resource];
  const ours = enforced.find(({ agent }) => agent === 'account-supervisor')?.readings ?? [];
  const found = ours.find((one) => one.resource === reading);
  if (found === undefined) {
    const asked = resources.find((one) => one.resource === resource);
    return { said: asked?.effective ?? 'nothing', since: undefined };
  }
  const { agreement, enforced: amount = '', since } = found;
  const said = agreement === 'as wanted' ? Number.parseFloat(amount) : agreement;
  return { said, since: since?.revision ?? Number.NaN };
}

type Found = Readonly<Record<string, Said & { readonly kernel: number }>>;

/** lookAt gives every resource its first or its second value, and returns what is found of each. */
async function lookAt(place: 0 | 1): Promise<Found> {
  const rspecs: Record<string, Record<string, number>> = {};
  for (const name of OURS) {
    const { sliver, values } = CASES[name];
    rspecs[sliver] = { ...rspecs[sliver], [name]: values[place] };
  }
  const differences = Object.entries(rspecs).map(([sliver, rspec]) => [sliver, { rspec }] as const);
  await publishTestbed(node, Object.fromEntries(differences));
  const found: Record<string, Found[string]> = {};
  const explanations = new Map<string, Explained>();
  for (const sliver of Object.keys(rspecs)) explanations.set(sliver, await explained(sliver));
  for (const name of OURS) {
    const { sliver, kernel } = CASES[name];
    const explanation = explanations.get(sliver);
    if (explanation === undefined) throw new Error(`nothing is explained of ${sliver}`);
    found[name] = { kernel: await kernel(sliver), ...saidOf(name, explanation) };
  }
  return found;
}

const OURS = RESOURCE_NAMES.filter(
  (name): name is Ours => RESOURCES[name].enforcedBy === 'account-supervisor',
);
let [first, second]: readonly [Found, Found] = [{}, {}];

beforeAll(async () => {
  first = await lookAt(0);
  const before = await pidsOf(machine, [ASKER, GUARANTEED]);
  second = await lookAt(1);
  expect(await pidsOf(machine, [ASKER, GUARANTEED])).toEqual(before);
}, 900_000);

test.for(OURS)(
  '%s is enforced: two values are two in the kernel, and as nmctl explains, with a decision each',
  (name) => {
    console.log(`${name}: ${JSON.stringify(first[name])} → ${JSON.stringify(second[name])}`);
    expect(first[name]?.kernel).not.toBe(second[name]?.kernel);
    expect(first[name]?.said).toBe(first[name]?.kernel);
    expect(second[name]?.said).toBe(second[name]?.kernel);
    const [was, is] = [first[name]?.since, second[name]?.since];
    if (was !== undefined) expect(is).toBeGreaterThan(was);
  },
);

/** The processors that a program may run on, as sched_getaffinity(2) has it. */
async function processorsIn(sliver: string): Promise<readonly number[]> {
  const script = `python3 -c 'import os; print(*sorted(os.sched_getaffinity(0)))'`;
  return (await node.inWell(sliver, script)).split(' ').map(Number);
}

test('with cores of its own a sliver runs on those alone, all others on the rest, and the processes that ran before too', async () => {
  const [everybodys, ...rest] = Array.from({ length: await processors() }, (_, place) => place);
  expect(await processorsIn(ASKER)).toEqual(rest);
  expect(await processorsIn(PLAIN)).toEqual([everybodys]);
  for (const [sliver, allowed] of [
    [ASKER, rest],
    [PLAIN, [everybodys]],
  ] as const) {
    for (const pid of (await pidsOf(machine, [sliver]))[sliver] ?? []) {
      const status = await machine.read(`/proc/${pid}/status`);
      const [, list = ''] = /^Cpus_allowed_list:\s+(.*)$/m.exec(status) ?? [];
      expect(countIn(list)).toBe(allowed.length);
    }
  }
});

test('the slices above a sliver keep as much memory as it does, or the kernel would not', async () => {
  const kept = await wholeFile(ASKER, 'memory.min');
  expect(await machine.read(`${SLIVERS_GROUP}/memory.min`)).toBe(kept);
  expect(await machine.read(`${NODE_GROUP}/memory.min`)).toBe(kept);
});

test('a loan of memory that is kept moves it in the kernel, and of no more than before', async () => {
  const { [1]: amount } = CASES.nm_mem_min.values;
  await node.api.call('SetLoans', ASKER, [[PLAIN, 'nm_mem_min', amount]]);
  await node.converged();
  expect(await wholeFile(ASKER, 'memory.min')).toBe('0');
  expect(await wholeFile(PLAIN, 'memory.min')).toBe(String(amount * 1024));
  expect(await machine.read(`${SLIVERS_GROUP}/memory.min`)).toBe(String(amount * 1024));
  await node.api.call('SetLoans', ASKER, []);
  await node.converged();
});

/** Has the API lend in the machine itself, and returns the seconds after which the kernel has the value. */
async function secondsUntilLent(
  loan: readonly [string, string, number],
  file: string,
  value: string,
) {
  const script = `
import http.client, socket, sys, time, xmlrpc.client
class Connection(http.client.HTTPConnection):
  def connect(self):
    self.sock = socket.socket(socket.AF_UNIX)
    self.sock.connect("/run/nodemgr/api/api.sock")
recipient, resource, amount, file, value = sys.argv[1:]
body = xmlrpc.client.dumps(("${ASKER}", [[recipient, resource, int(amount)]]), "SetLoans")
begin = time.monotonic()
connection = Connection("node")
connection.request("POST", "/RPC2", body)
xmlrpc.client.loads(connection.getresponse().read())
while value not in open(file).read().split() and time.monotonic() < begin + 60: time.sleep(0.01)
print(time.monotonic() - begin)`;
  const path = `${groupOf(PLAIN)}/${file}`;
  return Number(
    await machine.root(['python3', '-c', script, ...loan.map(String), path, value], {
      deadlineMs: 120_000,
    }),
  );
}

test('loans of what is enforced in control groups are in force within two seconds', async () => {
  const { [1]: weight } = CASES.nm_io_weight.values;
  const { [1]: memory } = CASES.nm_mem_min.values;
  for (const [resource, amount, file, value] of [
    ['nm_io_weight', weight, 'io.bfq.weight', 100 + weight],
    ['nm_mem_min', memory, 'memory.min', memory * 1024],
  ] as const) {
    const seconds = await secondsUntilLent([PLAIN, resource, amount], file, String(value));
    console.log(`a loan of ${resource} is in force after ${seconds.toFixed(2)} s`);
    expect(seconds).toBeLessThan(2);
  }
  await node.api.call('SetLoans', ASKER, []);
  await node.converged();
});

test('a sliver that asks for more cores than there are leaves one to everybody, and nmctl status reports it', async () => {
  const all = await processors();
  await node.publish(documentFor(node, { [ASKER]: { rspec: { nm_cpu_cores: all + 1 } } }));
  const { stdout } = await eventually(async () => {
    const told = await node.nmctl('status');
    if (!told.stdout.includes('can be given')) throw new Error(`nothing is told: ${told.stdout}`);
    return told;
  });
  expect(stdout).toContain(`${all - 1} of ${all} can be given`);
  await eventually(async () => expect(await processorsIn(ASKER)).toHaveLength(all - 1));
  expect(await processorsIn(PLAIN)).toHaveLength(1);
});

test('limits that nobody asks for any more are gone from the kernel', async () => {
  await publishTestbed(node);
  expect(await wholeFile(ASKER, 'cpu.max')).toMatch(/^max /);
  expect(await processorsIn(ASKER)).toHaveLength(await processors());
  expect(await processorsIn(PLAIN)).toHaveLength(await processors());
  expect(await wholeFile(ASKER, 'memory.max')).toBe('max');
  expect(await wholeFile(ASKER, 'memory.min')).toBe('0');
  expect(await machine.read(`${NODE_GROUP}/memory.min`)).toBe('0');
  // What is left is the bound that every sliver has (accounts.disk_write_part).
  expect(await wholeFile(ASKER, 'io.max')).toBe(await wholeFile(PLAIN, 'io.max'));
  expect(await wholeFile(ASKER, 'io.bfq.weight')).toMatch(/^default 100$/m);
});

test('a sliver with a ceiling of a quarter of the CPU gets that much and no more, on an idle machine', async () => {
  await publishTestbed(node, { [ASKER]: { rspec: { nm_cpu_max: 250 } } });
  const loop = `setsid sh -c 'while :; do :; done' </dev/null >/dev/null 2>&1 &`;
  await node.inWell(ASKER, `${loop}\n${loop}`);
  const timeOf = async () => (await cpuTimes(machine, [ASKER])).of[ASKER] ?? 0;
  const uptime = async () => Number((await machine.read('/proc/uptime')).split(' ')[0]) * 1e6;
  const [time, from] = [await timeOf(), await uptime()];
  await delay(15_000);
  const part = ((await timeOf()) - time) / ((await uptime()) - from) / (await processors());
  await node.in(ASKER, `pkill -KILL -f '[w]hile :'`);
  console.log(`nm_cpu_max 250: ${(part * 1000).toFixed(0)} thousandths`);
  expect(part).toBeLessThan(0.25 * 1.1);
  expect(part).toBeGreaterThan(0.25 * 0.7);
});

/** writeRate returns the bytes a second that a sliver writes to the disk, past every cache. */
async function writeRate(sliver: string): Promise<number> {
  const bytes = 12 * 2 ** 20;
  const script = `python3 -c '
import mmap, os, time
block = mmap.mmap(-1, 65536)
fd = os.open("/root/written", os.O_CREAT | os.O_WRONLY | os.O_DIRECT)
begin = time.monotonic()
for number in range(${bytes / 65_536}): os.write(fd, block)
print(time.monotonic() - begin)
os.remove("/root/written")
'`;
  return bytes / Number(await node.inWell(sliver, script));
}

test('a sliver writes as many bytes a second as it may, and more when it may', async () => {
  const limit = 2_000_000;
  await publishTestbed(node, { [ASKER]: { rspec: { nm_io_write_max: limit } } });
  const bounded = await writeRate(ASKER);
  const free = await writeRate(PLAIN);
  console.log(
    `nm_io_write_max ${limit}: ${bounded.toFixed(0)} bytes/s; without: ${free.toFixed(0)}`,
  );
  expect(bounded).toBeLessThan(limit * 1.2);
  expect(bounded).toBeGreaterThan(limit * 0.7);
  expect(free).toBeGreaterThan(limit * 2);
});

test('memory that a sliver keeps stays with it when the whole machine is short of some, and another’s goes', async () => {
  const kept = 64 << 10;
  await publishTestbed(node, { [ASKER]: { rspec: { nm_mem_min: kept } } });
  const read = `head -c ${kept * 1024 - (8 << 20)} /dev/zero > /root/cached; sync /root/cached; cat /root/cached > /dev/null`;
  for (const sliver of [ASKER, PLAIN]) await node.inWell(sliver, read);
  const cached = (sliver: string) => numberIn(sliver, 'memory.stat', /^file (\d+)$/m);
  const [keeper, other] = [await cached(ASKER), await cached(PLAIN)];
  // It takes what it can get from everybody, and says so when that is less.
  await machine.ssh(['sh', '-c', 'echo 3G > /sys/fs/cgroup/memory.reclaim']);
  const [keeps, loses] = [await cached(ASKER), await cached(PLAIN)];
  console.log(`nm_mem_min ${kept} KiB: ${keeper} → ${keeps} bytes; without: ${other} → ${loses}`);
  expect(keeps).toBeGreaterThan(50 << 20);
  expect(loses).toBeLessThan(10 << 20);
  for (const sliver of [ASKER, PLAIN]) await node.inWell(sliver, 'rm /root/cached');
});
