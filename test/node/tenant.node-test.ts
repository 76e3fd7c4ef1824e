/** What a tenant can do in a sliver, and what one of them cannot do to all. */
import { expect, test } from 'vitest';
import { theTestbed } from './the-node.ts';

const OURS = 'lab_s05';
const NEIGHBOUR = 'lab_s06';
const node = theTestbed();

/** A program of Python that says how many it could have of something, and why no more. */
const counting = (take: string, most: number): string => `python3 -c '
import ctypes, os, time
libc = ctypes.CDLL(None, use_errno=True)
def take():
  ${take}
taken = 0
try:
  while taken < ${most}:
    take()
    taken += 1
except OSError:
  pass
print(taken, flush=True)
time.sleep(HOLD)
'`;

/** One sliver takes all that it gets, and holds it while the neighbour takes some. */
async function bothTake(take: string, most: number): Promise<readonly [number, number]> {
  const script = counting(take, most);
  const held = script.replace('HOLD', '600');
  const file = '/tmp/taken';
  await node.inWell(
    OURS,
    `rm -f ${file}; (${held}) >${file} 2>&1 </dev/null & echo $! >/tmp/taker`,
  );
  const ours = await expect
    .poll(() => node.inWell(OURS, `cat ${file}`), { timeout: 120_000, interval: 1000 })
    .toMatch(/^\d+$/)
    .then(() => node.inWell(OURS, `cat ${file}`));
  try {
    const other = await node.inWell(NEIGHBOUR, counting(take, 20).replace('HOLD', '0'));
    return [Number(ours), Number(other)];
  } finally {
    await node.in(OURS, 'pkill python3');
  }
}

test('a sliver has so many terminals that the others have theirs', async () => {
  const [ours, others] = await bothTake('os.posix_openpt(os.O_RDWR)', 5000);
  expect(ours).toBeLessThanOrEqual(256);
  expect(others).toBe(20);
});

test('a sliver that has all the timers it may have leaves the others theirs', async () => {
  const take = `timer = ctypes.c_void_p()
  if libc.timer_create(0, None, ctypes.byref(timer)): raise OSError(ctypes.get_errno(), "timer")`;
  const [ours, others] = await bothTake(take, 20_000);
  expect(ours).toBe(16_384);
  expect(others).toBe(20);
});

test('ping needs no right that a sliver has not', async () => {
  const script = `python3 -c '
import socket, struct
s = socket.socket(socket.AF_INET, socket.SOCK_DGRAM, socket.IPPROTO_ICMP)
s.settimeout(20)
s.sendto(struct.pack("!BBHHH", 8, 0, 0, 0, 1) + b"hello", ("127.0.0.1", 0))
print(s.recv(100)[8:].decode())
'`;
  expect(await node.inWell(OURS, script)).toBe('hello');
});

test('nobody waits at /proc/kmsg', async () => {
  const { code } = await node.in(OURS, 'timeout 20 cat /proc/kmsg');
  expect(code).not.toBe(124);
});

test('a server finds as many open files allowed as it asks for', async () => {
  expect(await node.inWell(OURS, 'ulimit -n; ulimit -Hn')).toBe('65536\n524288');
});

test('a login starts no service manager, and what it runs on the node is bounded for its account', async () => {
  const { machine } = node;
  const uid = (await machine.root(['id', '-u', OURS])).trim();
  const login = node.in(OURS, 'echo in > /root/in; sleep 30');
  await expect
    .poll(async () => (await machine.ssh(['pgrep', '-u', uid, '-x', 'sliver-shell'])).stdout, {
      timeout: 60_000,
    })
    .toMatch(/^\d+$/m);
  await expect
    .poll(() => machine.ssh(['test', '-e', `/var/lib/nodemgr/slivers/${OURS}/upper/root/in`]), {
      timeout: 60_000,
    })
    .toMatchObject({ code: 0 });
  const units = await machine.root(['systemctl', 'list-units', '--all', '--plain', '--no-legend']);
  expect(units).toContain('ssh.service');
  expect(units).not.toContain(uid);
  const outside = await machine.root(['pgrep', '-u', uid, '-x', 'sshd-session']);
  const limits = await machine.read(`/proc/${outside.trim()}/limits`);
  const bounded = /^Max processes +256 +256 /m;
  expect(limits).toMatch(bounded);
  expect(await node.inWell(OURS, 'cat /proc/self/limits')).not.toMatch(bounded);
  await login;
});

test('what the slivers’ file system keeps back is not the slivers’', async () => {
  const { machine } = node;
  const database = (await machine.root(['id', '-u', 'nodemgr-db'])).trim();
  const options = await machine.root(['findmnt', '-no', 'FS-OPTIONS', '/var/lib/nodemgr']);
  expect(options).toContain(`resuid=${database}`);
});
