/** What the disk of the slivers' files takes, as systemd/disk/measure-disk has noted it: `DEVICE BYTES WRITES`. Pure. */

import { LEAST_DISK_BYTES } from '../../limits/limit.ts';

/** In a second. */
export interface DiskSpeed {
  readonly bytes: number;
  readonly writes: number;
}

/** parseDiskSpeed reads the note; undefined where there is none, and where it is of another device (stat(2), st_dev). */
export function parseDiskSpeed(text: string | undefined, device: number): DiskSpeed | undefined {
  const [, of, bytes, writes] = /^(\d{1,15}) (\d{1,15}) (\d{1,15})$/.exec(text ?? '') ?? [];
  if (Number(of) !== device) return undefined;
  return { bytes: Number(bytes), writes: Number(writes) };
}

/** What a sliver starts with, in requests of 4 KiB: one bad second is measured for years. */
const LEAST: DiskSpeed = { bytes: LEAST_DISK_BYTES, writes: LEAST_DISK_BYTES / 4096 };

/** diskPart returns a part of it that a sliver can start with; undefined where all may be had, or is not known. */
export function diskPart(speed: DiskSpeed | undefined, part: number): DiskSpeed | undefined {
  if (speed === undefined || part === 1) return undefined;
  const most = (of: keyof DiskSpeed) => Math.max(LEAST[of], Math.floor(speed[of] * part));
  return { bytes: most('bytes'), writes: most('writes') };
}
