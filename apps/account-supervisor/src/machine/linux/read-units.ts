/** Asks systemd about the units of slivers. Changes nothing. */
import type { AccountName } from '@nodemgr/records';
import { SLIVER_UNITS, unitOf } from '../../execute/layout.ts';
import { deriveUnitState, isRestarting, NOT_LOADED, type UnitState } from './derive-unit-state.ts';
import type { ListedUnit, SystemdManager } from './system-bus/systemd-manager.ts';

type AskSystemd = Pick<SystemdManager, 'list' | 'endOf'>;

/** More units than this are asked for by one pattern, whatever their number. */
const BY_NAME = 16;

async function stateOf(unit: ListedUnit, systemd: AskSystemd): Promise<UnitState> {
  return deriveUnitState(unit, isRestarting(unit) ? await systemd.endOf(unit) : undefined);
}

/** readUnits returns what systemd has of each sliver's unit, by one question. Rejects when systemd does not answer. */
export async function readUnits(
  names: readonly AccountName[],
  systemd: AskSystemd,
): Promise<ReadonlyMap<AccountName, UnitState>> {
  if (names.length === 0) return new Map();
  // Nothing in a name means anything in a pattern.
  const patterns = names.length > BY_NAME ? [SLIVER_UNITS] : names.map(unitOf);
  const listed = new Map((await systemd.list(patterns)).map((unit) => [unit.unit, unit]));
  const states = names.map(async (name) => {
    const unit = listed.get(unitOf(name));
    return [name, unit === undefined ? NOT_LOADED : await stateOf(unit, systemd)] as const;
  });
  return new Map(await Promise.all(states));
}
