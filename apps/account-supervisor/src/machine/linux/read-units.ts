/** Asks systemd about the units of slivers. Changes nothing. */
import { run, runChecked } from '@nodemgr/agent';
import type { AccountName } from '@nodemgr/records';
import { unitOf } from '../../execute/layout.ts';
import type { NodeFacts } from '../../limits/limit.ts';
import { UNIT_PROPERTIES, type UnitState, unitStatesIn } from './derive-unit-state.ts';

/** Units asked about at once: an argument list has an end. */
const UNITS_AT_ONCE = 200;
/** Characters that it says of them, at most: some 400 of each. */
const MAX_OUTPUT = 1 << 20;

/** readUnits returns what systemd knows of each sliver's unit. Rejects when systemd does not answer. */
export async function readUnits(
  names: readonly AccountName[],
  node: NodeFacts,
): Promise<ReadonlyMap<AccountName, UnitState>> {
  const found = new Map<AccountName, UnitState>();
  for (let at = 0; at < names.length; at += UNITS_AT_ONCE) {
    const some = names.slice(at, at + UNITS_AT_ONCE);
    const properties = `--property=${UNIT_PROPERTIES.join()}`;
    const output = await runChecked(
      run('systemctl', 'show', properties, '--', ...some.map(unitOf)),
      { maxOutput: MAX_OUTPUT },
    );
    const states = unitStatesIn(output, node);
    for (const name of some) {
      const state = states.get(unitOf(name));
      if (state === undefined) throw new Error(`systemctl says nothing of ${unitOf(name)}`);
      found.set(name, state);
    }
  }
  return found;
}
