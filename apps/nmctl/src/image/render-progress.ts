/** How far an import is, for a person who waits. It keeps no clock: it tells by what has been done. */
import type { ImportProgress } from '@nodemgr/images';
import { kib, sizeText } from '@nodemgr/records';

/** Told as often as this much has been unpacked. */
const STEP = kib(256 * 1024);

const TEXTS = { check: 'checking it', sync: 'writing it to the disk' } as const;

/** renderProgress returns a function that gives the next line to show, or undefined when there is none. */
export function renderProgress(): (progress: ImportProgress) => string | undefined {
  let told = 0;
  return (progress) => {
    if (progress.step !== 'unpack') return TEXTS[progress.step];
    const steps = Math.floor(progress.unpacked / STEP);
    if (steps <= told) return undefined;
    told = steps;
    return `unpacked ${sizeText(kib(steps * STEP))}`;
  };
}
