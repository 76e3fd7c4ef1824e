/** nm_disk_quota: where it stops a write, and where it does not. */
import { expect, test } from 'vitest';
import { pidsOf, quotaOf } from './machine/look-at-slivers.ts';
import { publishTestbed, theTestbed } from './the-node.ts';

const SLIVER = 'lab_s03';
const NEIGHBOUR = 'lab_s04';
/** KiB. */
const QUOTA = 20_000;
const RAISED = 40_000;
/** The fewest that any quota allows. */
const FILES = 16_384;
const node = theTestbed({ [SLIVER]: { rspec: { nm_disk_quota: QUOTA } } });

/** Writes until nothing more is taken. */
const fill = (file: string) => node.in(SLIVER, `dd if=/dev/zero of=${file} bs=16k`);

test('a write past the quota fails at the quota, not 1% before and not 1% later', async () => {
  const { code, stderr } = await fill('/root/big');
  expect(code).not.toBe(0);
  expect(stderr).toMatch(/Disk quota exceeded/);
  const { used, limit } = await quotaOf(node.machine, SLIVER);
  expect(limit).toBe(QUOTA);
  expect(used).toBeLessThanOrEqual(QUOTA);
  expect(used).toBeGreaterThan(QUOTA * 0.99);
});

test('a full sliver is full everywhere in it, and sees its quota as the size of its disk', async () => {
  expect(await node.in(SLIVER, 'echo more > /etc/more; test -s /etc/more')).not.toMatchObject({
    code: 0,
  });
  const [, size] = (await node.inWell(SLIVER, 'df --output=size /')).split('\n').map(Number);
  expect(size).toBe(QUOTA);
});

test('nobody else is short of anything', async () => {
  await node.inWell(NEIGHBOUR, `dd if=/dev/zero of=/root/big bs=64k count=1000 2>&1; rm /root/big`);
});

test('a tenant that makes empty files without end is stopped by its own quota, and others can make some', async () => {
  const script = `python3 -c '
import errno, os
os.mkdir("/root/many")
made, reason = 0, None
while reason is None and made < 100000:
  try:
    os.close(os.open("/root/many/%d" % made, os.O_CREAT | os.O_WRONLY))
    made += 1
  except OSError as error:
    reason = errno.errorcode[error.errno]
print(made, reason)
'`;
  // The blocks are not what stops it.
  await node.inWell(SLIVER, 'rm /root/big');
  const [made, reason] = (await node.inWell(SLIVER, script)).trim().split(' ');
  expect(reason).toBe('EDQUOT');
  expect(Number(made)).toBeLessThan(FILES);
  expect(Number(made)).toBeGreaterThan(FILES * 0.9);
  await node.inWell(NEIGHBOUR, 'touch /root/one && rm /root/one');
  await node.inWell(SLIVER, 'rm -r /root/many && touch /root/big');
});

test('a tenant cannot count its files under another’s quota', async () => {
  // FS_IOC_FSGETXATTR and FS_IOC_FSSETXATTR of linux/fs.h; the project is the fourth number.
  const script = `python3 -c '
import fcntl, os, struct
fd = os.open("/root", os.O_RDONLY)
form = "=5I8s"
now = bytearray(fcntl.ioctl(fd, 0x801c581f, bytes(28)))
flags, size, extents, project, cow, pad = struct.unpack(form, now)
fcntl.ioctl(fd, 0x401c5820, struct.pack(form, flags, size, extents, project + 1, cow, pad))
'`;
  const { code, stderr } = await node.in(SLIVER, script);
  expect(code).not.toBe(0);
  expect(stderr).toMatch(/OSError|PermissionError/);
});

test('a quota raised by an update takes hold at once, and the sliver runs on', async () => {
  const before = await pidsOf(node.machine, [SLIVER]);
  await publishTestbed(node, { [SLIVER]: { rspec: { nm_disk_quota: RAISED } } });
  expect((await fill('/root/bigger')).stderr).toMatch(/Disk quota exceeded/);
  const { used } = await quotaOf(node.machine, SLIVER);
  expect(used).toBeLessThanOrEqual(RAISED);
  expect(used).toBeGreaterThan(RAISED * 0.99);
  expect(await pidsOf(node.machine, [SLIVER])).toEqual(before);
});

test('a quota lowered below what is used takes nothing away and lets nothing be added', async () => {
  await publishTestbed(node, { [SLIVER]: { rspec: { nm_disk_quota: QUOTA } } });
  expect(
    await node.in(SLIVER, 'test -s /root/big && dd if=/dev/zero of=/root/x bs=16k count=1'),
  ).not.toMatchObject({ code: 0 });
  await node.inWell(
    SLIVER,
    'rm /root/big /root/bigger; dd if=/dev/zero of=/root/x bs=16k count=1 2>&1',
  );
});
