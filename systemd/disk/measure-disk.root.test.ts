// A disk of this test's own, a file of the size that is wanted, mounted where the state folder is.
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { needs } from '@nodemgr/testkit';
import { describe, expect, it } from 'vitest';

const SCRIPT = resolve(__dirname, 'measure-disk');

/** Prints the number of the disk's device, what is noted in the end, and what lies on the disk. */
const TRIAL = `
set -e
script=$1 size=$2 noted=$3
shift 3
state=/var/lib/nodemgr
mount -t tmpfs tmpfs /mnt
mount -t tmpfs tmpfs /var/lib
mkdir $state
truncate -s "$size" /mnt/disk
mke2fs -q -t ext4 /mnt/disk
mount -o loop /mnt/disk $state
device=$(stat --format=%d $state)
case $noted in
  'this disk') echo "$device 7 7" > $state/disk-speed ;;
  'another disk') echo "$((device + 1)) 7 7" > $state/disk-speed ;;
  'half of this disk') echo "$device 7" > $state/disk-speed; echo cut > $state/disk-speed.trial.1 ;;
esac
"$script" "$@"
echo "$device"
cat $state/disk-speed 2>/dev/null || echo nothing
ls $state
`;

type Noted = 'this disk' | 'another disk' | 'half of this disk' | 'nothing';

interface Outcome {
  readonly said: string;
  /** Of the note, where it is of the disk. */
  readonly amounts: readonly number[] | undefined;
  readonly files: readonly string[];
}

function run(size: string, noted: Noted, ...args: readonly string[]): Outcome {
  const values = ['--mount', 'sh', '-c', TRIAL, 'trial', SCRIPT, size, noted, ...args];
  const { stdout, stderr } = spawnSync('unshare', values, { encoding: 'utf8' });
  const [device = '', note = '', ...files] = stdout.trim().split('\n');
  const [of, ...amounts] = note.split(' ');
  return {
    said: stderr.trim(),
    amounts: of === device ? amounts.map(Number) : undefined,
    files: files.filter((file) => file !== 'lost+found'),
  };
}

const { missing, note } = needs('a kernel with ext4 and loop devices');

describe.skipIf(missing)(`what the disk takes${note}`, () => {
  it.each([
    ['nothing', []],
    ['another disk', []],
    ['half of this disk', []],
    ['this disk', ['--again']],
  ] as const)('is measured where the note is of %s, called with %j', (noted, args) => {
    const { said, amounts = [], files } = run('3G', noted, ...args);
    expect(said).toBe('');
    const [bytes = 0, writes = 0] = amounts;
    expect(bytes).toBeGreaterThan(7);
    expect(writes).toBeGreaterThan(7);
    // Requests of 4 KiB carry less than those of 1 MiB.
    expect(writes * 4096).toBeLessThan(bytes);
    expect(files).toEqual(['disk-speed']);
  });

  it('is not measured again where it is known', () => {
    expect(run('3G', 'this disk')).toEqual({ said: '', amounts: [7, 7], files: ['disk-speed'] });
  });

  it('is not measured where that could fill the disk, and that is said', () => {
    const { said, amounts, files } = run('512M', 'nothing');
    expect(said).toMatch(/^the disk is not measured: less than 1024 MiB of .* are free$/);
    expect([amounts, files]).toEqual([undefined, []]);
  });
});
