/** Measures how slivers come and go on a node, from outside. Waits for states; judges nothing. */
import { readFileSync } from 'node:fs';
import { dbOperatorContract } from '@nodemgr/contracts';
import { median } from '../../bench/statistics.ts';
import { documentXml, sliceXml } from '../../support/slices-document.ts';
import { eventually } from '../machine/eventually.ts';
import { groupOf, SLIVERS_GROUP } from '../machine/look-at-slivers.ts';
import type { NodeMachine } from '../machine/node-machine.ts';
import type { NodeUnderTest } from '../machine/node-under-test.ts';
import { countPrograms } from './count-programs.ts';
import { cpuDuring } from './cpu-of-groups.ts';

/** What is measured of a build, in the order in which people see it. */
export const FIGURES = [
  ['comeUp', 'all new slivers run, s'],
  ['answer', 'all have answered `ssh NAME true`, s'],
  ['programs', 'programs for each new sliver'],
  ['oneMore', 'one more sliver runs, s'],
  ['oneMoreAnswers', 'and answers, s'],
  ['lookPrograms', 'programs of a look at all'],
  ['cycle', 'create, start, stop, delete, s'],
  ['loanCpu', 'CPU of account-supervisor for a loan, ms'],
  ['loanCpuOfSystemd', 'CPU of PID 1 for a loan, ms'],
  ['removal', 'all slivers have gone, s'],
  ['removalPrograms', 'programs for each removal'],
] as const;

export type Figures = Readonly<Record<(typeof FIGURES)[number][0], number>>;

const CYCLES = 5;
const LOANS = 10;
/** For what takes an emulated machine minutes. */
const LONG = { timeoutMs: 900_000, intervalMs: 200 };
const PATIENT = { deadlineMs: 900_000 };
/** Logins at once: the machine has two processors. */
const LOGINS = 4;

const nameOf = (place: number): string => `bench_s${String(place).padStart(3, '0')}`;
const namesUpTo = (count: number) => Array.from({ length: count }, (_, at) => nameOf(at + 1));

async function secondsOf(work: () => Promise<unknown>): Promise<number> {
  const start = performance.now();
  await work();
  return (performance.now() - start) / 1000;
}

function documentOf(node: NodeUnderTest, names: readonly string[]): string {
  const key = readFileSync(`${node.keys.tenant}.pub`, 'utf8').trim();
  const slices = names.map((name, place) => sliceXml({ name, id: place + 1, users: [1] }));
  return documentXml(...slices, `<key person_id="1" type="ssh" value="${key}"/>`);
}

/** untilRunning waits in the machine, with no program but sleep(1), until so many slivers run. */
async function untilRunning(machine: NodeMachine, count: number): Promise<void> {
  const pattern = `${SLIVERS_GROUP}/nodemgr-sliver@bench_*.service/payload`;
  const script = `
    running() { set -- ${pattern}; if [ -e "$1" ]; then echo $#; else echo 0; fi; }
    until [ "$(running)" = ${count} ]; do sleep 0.1; done`;
  await machine.shell(script, PATIENT);
}

async function untilAnswering(node: NodeUnderTest, names: readonly string[]): Promise<void> {
  const left = [...names];
  const worker = async () => {
    for (let name = left.shift(); name !== undefined; name = left.shift()) {
      const sliver = name;
      await eventually(() => node.inWell(sliver, 'true'), LONG);
    }
  };
  await Promise.all(Array.from({ length: LOGINS }, worker));
}

/** The guard holds such an update back until an operator lets it through. */
async function removeAll(node: NodeUnderTest): Promise<void> {
  await node.publish(documentOf(node, []));
  await node.ask('db-service', dbOperatorContract, 'guard_allow', {});
  await node.converged(LONG);
}

async function measureCycle(node: NodeUnderTest): Promise<number> {
  const name = 'bench_cycled';
  await node.deliverTicket({ name });
  const times: number[] = [];
  for (let done = 0; done < CYCLES; done += 1) {
    times.push(
      await secondsOf(async () => {
        for (const method of ['CreateSliver', 'Start', 'Stop', 'DeleteSliver']) {
          await node.api.call(method, name);
          await node.converged({ ...LONG, intervalMs: 50 });
        }
      }),
    );
  }
  return median(times);
}

async function cpuMicros(machine: NodeMachine): Promise<readonly [number, number]> {
  const unit = 'nodemgr-account-supervisor.service';
  const group = await machine.root([
    'systemctl',
    'show',
    '--value',
    '--property=ControlGroup',
    unit,
  ]);
  const text = await machine.root([
    ...['grep', '-h', '^usage_usec'],
    ...[`/sys/fs/cgroup${group}/cpu.stat`, '/sys/fs/cgroup/init.scope/cpu.stat'],
  ]);
  const [supervisor = 0, systemd = 0] = text.split('\n').map((line) => Number(line.split(' ')[1]));
  return [supervisor, systemd];
}

/** Loans of CPU shares, each waited for in the kernel; nobody asks a daemon meanwhile. */
async function measureLoans(node: NodeUnderTest): Promise<readonly [number, number]> {
  const [lender, recipient] = [nameOf(1), nameOf(2)];
  const file = `${groupOf(recipient)}/cpu.weight`;
  const before = await cpuMicros(node.machine);
  for (let done = 1; done <= LOANS; done += 1) {
    const was = await node.machine.read(file);
    await node.api.call('SetLoans', lender, [[recipient, 'nm_cpu_share', done]]);
    await node.machine.shell(`until [ "$(cat ${file})" != ${was} ]; do sleep 0.2; done`, PATIENT);
  }
  await node.converged(LONG);
  const after = await cpuMicros(node.machine);
  await node.api.call('SetLoans', lender, []);
  const each = (at: 0 | 1) => (after[at] - before[at]) / 1000 / LOANS;
  return [each(0), each(1)];
}

/** A publisher that starts anew has everybody look at everything. */
async function lookAtAll(node: NodeUnderTest): Promise<void> {
  await node.machine.root(['systemctl', 'restart', 'nodemgr-db-service.service'], PATIENT);
  await node.converged(LONG);
}

/** measureBuild measures the build that is installed, with `count` slivers; it leaves a node without slivers. */
export async function measureBuild(
  node: NodeUnderTest,
  count: number,
  tell: (line: string) => void,
): Promise<Figures> {
  const { machine } = node;
  const names = namesUpTo(count);
  let [comeUp, answer, removal, busy] = [0, 0, 0, ''];
  await node.converged(LONG);
  const made = await countPrograms(machine, async () => {
    busy = await cpuDuring(machine, async () => {
      await node.publish(documentOf(node, names));
      comeUp = await secondsOf(() => untilRunning(machine, count));
    });
    answer = comeUp + (await secondsOf(() => untilAnswering(node, names)));
    await node.converged(LONG);
  });
  tell(
    `${count} slivers run after ${comeUp.toFixed(1)} s, answer after ${answer.toFixed(1)} s; ${made.text}`,
  );
  tell(`seconds of CPU until all ran: ${busy}`);
  const more = namesUpTo(count + 1);
  await node.publish(documentOf(node, more));
  const oneMore = await secondsOf(() => untilRunning(machine, count + 1));
  const oneMoreAnswers =
    oneMore + (await secondsOf(() => untilAnswering(node, [nameOf(count + 1)])));
  tell(`one more runs after ${oneMore.toFixed(1)} s, answers after ${oneMoreAnswers.toFixed(1)} s`);
  await node.converged(LONG);
  const look = await countPrograms(machine, () => lookAtAll(node));
  tell(`a look at all: ${look.text}`);
  const [loanCpu, loanCpuOfSystemd] = await measureLoans(node);
  tell(
    `a loan: ${loanCpu.toFixed(0)} ms of account-supervisor, ${loanCpuOfSystemd.toFixed(0)} of PID 1`,
  );
  const cycle = await measureCycle(node);
  tell(`a cycle: ${cycle.toFixed(1)} s`);
  const gone = await countPrograms(machine, async () => {
    busy = await cpuDuring(machine, async () => {
      removal = await secondsOf(() => removeAll(node));
    });
  });
  tell(`${more.length} slivers have gone after ${removal.toFixed(1)} s; ${gone.text}`);
  tell(`seconds of CPU until all had gone: ${busy}`);
  return {
    ...{ comeUp, answer, oneMore, oneMoreAnswers, cycle, loanCpu, loanCpuOfSystemd, removal },
    programs: made.count / count,
    lookPrograms: look.count,
    removalPrograms: gone.count / more.length,
  };
}
