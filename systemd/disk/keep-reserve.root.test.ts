// The reserve of a real ext4, of this test's own, mounted from a file where the state folder is.
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { needs } from '@nodemgr/testkit';
import { expect, it } from 'vitest';

const SCRIPT = resolve(__dirname, 'keep-reserve');

/**
 * In a mount namespace, with users and groups of its own: fills the file system by way of an overlay that
 * root has mounted, and says who can still write then.
 */
const TRIAL = `
set -e
state=/var/lib/nodemgr
mount -t tmpfs tmpfs /mnt
for file in passwd group; do cp /etc/$file /mnt/$file; done
echo 'nodemgr-db:x:64001:64001::/:/bin/false' >> /mnt/passwd
echo 'nodemgr-reserve:x:64002:' >> /mnt/group
for file in passwd group; do mount --bind /mnt/$file /etc/$file; done
mount -t tmpfs tmpfs /var/lib
mkdir $state
truncate -s 64M /mnt/disk
mke2fs -q -t ext4 -m 10 /mnt/disk
mount -o loop /mnt/disk $state
cd $state
mkdir lower upper work sliver own
chmod 0777 upper own
mount -t overlay overlay -o lowerdir=lower,upperdir=upper,workdir=work sliver
if [ "$1" = kept ]; then "$2"; fi
sliver="setpriv --reuid 1879048192 --regid 1879048192 --clear-groups"
$sliver dd if=/dev/zero of=sliver/big bs=64k 2>/dev/null || true
may() {
  name=$1
  shift
  if "$@" dd if=/dev/urandom of=own/$name bs=64k count=8 2>/dev/null; then echo $name; fi
}
may sliver $sliver
may database setpriv --reuid 64001 --regid 64001 --clear-groups
may member setpriv --reuid 64003 --regid 64003 --groups 64002
may supervisor setpriv --bounding-set -sys_resource --inh-caps -sys_resource --groups 64002
`;

function whoCanWrite(reserve: 'kept' | 'as it is'): string {
  const values = ['--mount', 'sh', '-c', TRIAL, 'trial', reserve, SCRIPT];
  const { stdout, stderr } = spawnSync('unshare', values, { encoding: 'utf8' });
  expect(stderr).toBe('');
  return stdout.trim();
}

const { missing, note } = needs('a kernel with ext4 and loop devices', 'a kernel with overlays');

it.skipIf(missing)(`a sliver takes what ext4 holds back, where nobody has kept it${note}`, () => {
  expect(whoCanWrite('as it is')).toBe('');
});

it.skipIf(missing)(
  `when slivers have filled the disk, the node's own processes have room left${note}`,
  () => {
    expect(whoCanWrite('kept').split('\n')).toEqual(['database', 'member', 'supervisor']);
  },
);
