/**
 * Counts the programs that account-supervisor starts, by the kernel's own trace of execve(2): of its
 * process and whatever descends from it, and of nobody else (ftrace, set_event_pid and event-fork).
 */
import type { NodeMachine } from '../machine/node-machine.ts';

const TRACE = '/sys/kernel/tracing';
const EVENT = `${TRACE}/events/sched/sched_process_exec/enable`;
const UNIT = 'nodemgr-account-supervisor.service';
/** More than any of the measurements here brings about: what does not fit is lost. */
const BUFFER_KIB = 4096;

export interface Programs {
  readonly count: number;
  /** Each program with its number, the most frequent first. */
  readonly text: string;
}

/** programsIn counts the programs in a trace. Pure. */
export function programsIn(trace: string): Programs {
  const counts = new Map<string, number>();
  for (const [, file = ''] of trace.matchAll(/sched_process_exec: filename=(\S+)/g)) {
    const name = file.slice(file.lastIndexOf('/') + 1);
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  const sorted = [...counts].sort(([, one], [, other]) => other - one);
  const count = sorted.reduce((sum, [, of]) => sum + of, 0);
  const text = sorted.map(([name, of]) => `${of} ${name}`).join(', ');
  return { count, text: text === '' ? 'no program' : text };
}

/** countPrograms does `work`, and returns which programs account-supervisor has started meanwhile. */
export async function countPrograms(
  machine: NodeMachine,
  work: () => Promise<void>,
): Promise<Programs> {
  await machine.shell(`
    echo 0 > ${TRACE}/tracing_on
    echo ${BUFFER_KIB} > ${TRACE}/buffer_size_kb
    echo > ${TRACE}/trace
    echo 1 > ${TRACE}/options/event-fork
    systemctl show --value --property=MainPID ${UNIT} > ${TRACE}/set_event_pid
    echo 1 > ${EVENT}
    echo 1 > ${TRACE}/tracing_on`);
  try {
    await work();
  } finally {
    await machine.shell(`echo 0 > ${EVENT}; echo > ${TRACE}/set_event_pid`);
  }
  return programsIn(await machine.read(`${TRACE}/trace`));
}
