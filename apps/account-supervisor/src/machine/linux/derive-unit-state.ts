/** What `systemctl show` says of slivers' units. Pure. */
import { kib } from '@nodemgr/records';
import { cpuWeight } from '../../limits/plan-cpu-weights.ts';
import type { Limits } from '../../observed/observed-account.ts';

/** The properties that are asked for, in systemd's names (org.freedesktop.systemd1(5)). */
export const UNIT_PROPERTIES = [
  'Id',
  'ActiveState',
  'SubState',
  'Result',
  'ExecMainStatus',
  'CPUWeight',
  'MemoryMax',
  'TasksMax',
] as const;

export interface UnitState {
  /** It runs, or systemd is about to change that: it can be stopped. */
  readonly active: boolean;
  /** Why it does not work, where it ends by itself and is started again and again. */
  readonly ailing: string | undefined;
  /** What it is, or will be, held to; undefined while nobody has said. */
  readonly limits: Limits | undefined;
}

type Properties = ReadonlyMap<string, string>;

/** systemd's word for a limit that is not there. */
const INFINITY = 'infinity';

function amount(text: string | undefined): number | undefined {
  return text !== undefined && /^\d+$/.test(text) ? Number.parseInt(text, 10) : undefined;
}

function limitsIn(properties: Properties): Limits | undefined {
  const weight = amount(properties.get('CPUWeight'));
  const tasksMax = amount(properties.get('TasksMax'));
  const memory = properties.get('MemoryMax');
  const bytes = memory === INFINITY ? 0 : amount(memory);
  if (weight === undefined || tasksMax === undefined || bytes === undefined) return undefined;
  return { cpuWeight: cpuWeight(weight), memoryMax: kib(bytes / 1024), tasksMax };
}

function unitState(properties: Properties): UnitState {
  const state = properties.get('ActiveState');
  const restarting = properties.get('SubState')?.startsWith('auto-restart') === true;
  const end = `${properties.get('Result')}, exit status ${properties.get('ExecMainStatus')}`;
  return {
    active: state !== 'inactive' && state !== 'failed',
    ailing: restarting ? `its unit ends by itself (${end}); systemd starts it again` : undefined,
    limits: limitsIn(properties),
  };
}

function propertiesIn(block: string): Properties {
  const pairs = block.split('\n').map((line) => {
    const at = line.indexOf('=');
    return [line.slice(0, at), line.slice(at + 1)] as const;
  });
  return new Map(pairs);
}

/** unitStatesIn returns the states that `systemctl show` printed, by unit. */
export function unitStatesIn(output: string): ReadonlyMap<string, UnitState> {
  const blocks = output.split('\n\n').filter((block) => block.trim() !== '');
  return new Map(
    blocks
      .map(propertiesIn)
      .map((properties) => [properties.get('Id') ?? '', unitState(properties)]),
  );
}
