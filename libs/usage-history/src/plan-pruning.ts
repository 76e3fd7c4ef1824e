/** Decides how far back a history may reach, by the time and by the room that it takes. Pure. */
import { HOURS_KEPT, MINUTES_KEPT } from '@nodemgr/contracts';

/** The file may take this much (bytes): 200 slivers take about a tenth of it. */
export const MAX_BYTES = 256 << 20;

/** What is older goes: seconds since 1970. */
export interface Pruning {
  readonly minutesFrom: number;
  readonly hoursFrom: number;
}

/** So much of its room is left of a history that is too large: it shall not be too large again at the next look. */
const LEFT = 0.8;

/** What a history has. */
export interface Extent {
  readonly usedBytes: number;
  /** Its oldest minute and hour: seconds since 1970; undefined: it has none. */
  readonly oldestMinute: number | undefined;
  readonly oldestHour: number | undefined;
}

/**
 * planPruning returns from where on rows are kept at `now` (seconds since 1970): the whole time, or where they take
 * more than `maxBytes` so much less of the time that they reach back, in proportion.
 */
export function planPruning(now: number, extent: Extent, maxBytes: number): Pruning {
  const { usedBytes, oldestMinute = now, oldestHour = now } = extent;
  const part = usedBytes <= maxBytes ? 1 : (LEFT * maxBytes) / usedBytes;
  const from = (oldest: number, kept: number) =>
    Math.ceil(now - Math.min(kept, part === 1 ? kept : Math.max(0, now - oldest)) * part);
  return { minutesFrom: from(oldestMinute, MINUTES_KEPT), hoursFrom: from(oldestHour, HOURS_KEPT) };
}
