/** Small file systems for tests: one that gets full, and one that the kernel makes read-only. Needs root. */
import { execFileSync, spawnSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

const MIB = 1 << 20;

export class SmallDisk {
  private constructor(private readonly folder: string) {}

  /** inMemory mounts a file system of so many MiB at `folder`. */
  static inMemory(folder: string, mib: number): SmallDisk {
    mkdirSync(folder, { recursive: true });
    execFileSync('mount', ['-t', 'tmpfs', '-o', `size=${mib}m,mode=755`, 'tmpfs', folder]);
    return new SmallDisk(folder);
  }

  /** onExt4 mounts an ext4 at `folder` that goes read-only at its first error; its image is beside it. */
  static onExt4(folder: string): SmallDisk {
    mkdirSync(folder, { recursive: true });
    const image = `${folder}.img`;
    writeFileSync(image, Buffer.alloc(32 * MIB));
    execFileSync('mke2fs', ['-q', '-t', 'ext4', image]);
    execFileSync('mount', ['-o', 'loop,errors=remount-ro', image, folder]);
    return new SmallDisk(folder);
  }

  /** fill leaves not one byte of room. */
  fill(): void {
    spawnSync('sh', ['-c', `cat /dev/zero > '${this.#ballast}' 2> /dev/null`]);
  }

  /** clear gives the room back. */
  clear(): void {
    rmSync(this.#ballast);
  }

  /** makeReadOnly has ext4 meet an error, as on a disk that breaks: from there on every write is EROFS. */
  makeReadOnly(): void {
    const device = execFileSync('findmnt', ['-no', 'SOURCE', this.folder], { encoding: 'utf8' });
    const trigger = `/sys/fs/ext4/${device.trim().replace('/dev/', '')}/trigger_fs_error`;
    writeFileSync(trigger, 'test');
  }

  unmount(): void {
    execFileSync('umount', ['--lazy', this.folder]);
  }

  get #ballast(): string {
    return join(this.folder, 'ballast');
  }
}
