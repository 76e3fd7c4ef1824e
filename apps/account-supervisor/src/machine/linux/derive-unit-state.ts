/** What systemd says of a sliver's unit, as far as it matters here. Pure. */
import type { ListedUnit } from './system-bus/systemd-manager.ts';

export interface UnitState {
  /** It runs, or systemd is about to change that: it can be stopped. */
  readonly active: boolean;
  /** Why it does not work, where it ends by itself and is started again and again. */
  readonly ailing: string | undefined;
}

/** How the main process of a service has ended last: systemd's word for it, and an exit status. */
export interface ServiceEnd {
  readonly result: string;
  readonly status: number;
}

/** Of a unit that systemd has not in its memory nothing runs. */
export const NOT_LOADED: UnitState = { active: false, ailing: undefined };

type States = Pick<ListedUnit, 'activeState' | 'subState'>;

/** isRestarting reports whether systemd starts a unit again because it has ended by itself. */
export function isRestarting({ subState }: States): boolean {
  return subState.startsWith('auto-restart');
}

/** deriveUnitState returns what the unit's states come to; `end` is known where it is restarting. */
export function deriveUnitState(unit: States, end?: ServiceEnd): UnitState {
  return {
    active: unit.activeState !== 'inactive' && unit.activeState !== 'failed',
    ailing:
      end === undefined
        ? undefined
        : `its unit ends by itself (${end.result}, exit status ${end.status}); systemd starts it again`,
  };
}
