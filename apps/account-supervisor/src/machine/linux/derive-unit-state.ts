/** What `systemctl show` says of slivers' units. Pure. */
import type { NodeFacts } from '../../limits/limit.ts';
import { allSet, type Limits, UNIT_LIMITS } from '../../limits/table.ts';

/** The properties that are asked for, in systemd's names (org.freedesktop.systemd1(5)). */
export const UNIT_PROPERTIES = [
  'Id',
  'ActiveState',
  'SubState',
  'Result',
  'ExecMainStatus',
  ...UNIT_LIMITS.map(([, { property, shownAs = property }]) => shownAs),
];

export interface UnitState {
  /** It runs, or systemd is about to change that: it can be stopped. */
  readonly active: boolean;
  /** Why it does not work, where it ends by itself and is started again and again. */
  readonly ailing: string | undefined;
  /** What it is, or will be, held to; undefined while nobody has said. */
  readonly limits: Limits | undefined;
}

type Properties = ReadonlyMap<string, string>;

function limitsIn(properties: Properties, node: NodeFacts): Limits | undefined {
  return allSet(
    UNIT_LIMITS.map(([name, { property, shownAs = property, shown }]) => [
      name,
      shown(properties.get(shownAs) ?? '', node),
    ]),
  );
}

function unitState(properties: Properties, node: NodeFacts): UnitState {
  const state = properties.get('ActiveState');
  const restarting = properties.get('SubState')?.startsWith('auto-restart') === true;
  const end = `${properties.get('Result')}, exit status ${properties.get('ExecMainStatus')}`;
  return {
    active: state !== 'inactive' && state !== 'failed',
    ailing: restarting ? `its unit ends by itself (${end}); systemd starts it again` : undefined,
    limits: limitsIn(properties, node),
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
export function unitStatesIn(output: string, node: NodeFacts): ReadonlyMap<string, UnitState> {
  const blocks = output.split('\n\n').filter((block) => block.trim() !== '');
  return new Map(
    blocks
      .map(propertiesIn)
      .map((properties) => [properties.get('Id') ?? '', unitState(properties, node)]),
  );
}
