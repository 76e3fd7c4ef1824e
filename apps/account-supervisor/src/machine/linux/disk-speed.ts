/** What the disk of the slivers' files takes, as systemd/disk/measure-disk has noted it: `DEVICE BYTES WRITES`. Pure. */

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

/** diskPart returns a part of it that is more than nothing; undefined where all may be had, or is not known. */
export function diskPart(speed: DiskSpeed | undefined, part: number): DiskSpeed | undefined {
  if (speed === undefined || part === 1) return undefined;
  const most = (all: number) => Math.max(1, Math.floor(all * part));
  return { bytes: most(speed.bytes), writes: most(speed.writes) };
}
