import { chmodSync, copyFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { needs } from '@nodemgr/testkit';
import { describe, expect, it } from 'vitest';
import { ADDON_FILE, temporaryFolder } from './addon-under-test.ts';
import { addonIn, connect, type Namespace, newNamespace, type } from './namespace-under-test.ts';

const NOTHING = { links: false, routes: false, qdiscs: false, table: false, lost: false };

/** A namespace with an uplink, our tree on it, and our table `ours`. */
function preparedNamespace(): Namespace {
  const here = newNamespace();
  connect(here, newNamespace());
  type(here, 'ip address add 10.9.0.1/24 dev uplink');
  type(here, 'ip link set uplink up');
  type(here, 'tc qdisc add dev uplink root handle 1: htb');
  type(here, 'nft add table inet ours');
  type(here, 'nft add set inet ours exempt { type ipv4_addr ; }');
  type(here, 'nft add chain inet ours out');
  return here;
}

/** Subscribes; `since` tells what has happened since then, or since it was last asked. */
async function subscribed(
  here: Namespace,
): Promise<{ since: (table?: string) => Promise<unknown> }> {
  const addon = addonIn(here);
  const events = await addon('openNetworkEvents');
  // What the kernel still has to say of the preparations.
  await expect.poll(() => addon('readNetworkEvents', events, 'ours')).toEqual(NOTHING);
  return { since: (table = 'ours') => addon('readNetworkEvents', events, table) };
}

/** A file of many lines for `tc -batch` or `nft -f`. */
function batch(lines: readonly string[]): string {
  const file = join(temporaryFolder(), 'batch');
  writeFileSync(file, `${lines.join('\n')}\n`);
  return file;
}

const SUBSCRIBE = `
  const target = { exports: {} };
  process.dlopen(target, process.argv[1]);
  try {
    target.exports.openNetworkEvents();
  } catch ({ code }) {
    console.log(code);
  }
`;

// An RTM_NEWLINK of a program's own, to that port number and to all who listen for such.
const SPEAK = `
import socket, struct, sys
s = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, 0)
s.bind((0, 0))
message = struct.pack('IHHIIBBHiII', 32, 16, 0, 0, 0, 0, 0, 0, 1, 0, 0)
assert s.sendto(message, (int(sys.argv[1]), 0)) == 32
assert s.sendto(message, (0, 1)) == 32
`;

/** A folder that every user may enter. */
function openFolder(): string {
  const folder = temporaryFolder();
  chmodSync(folder, 0o755);
  return folder;
}

const { missing, note } = needs('a kernel with network namespaces, htb and nftables');

describe.skipIf(missing)(`network events${note}`, () => {
  it.each([
    ['links', 'ip link set uplink mtu 1400'],
    ['links', 'ip link set lo name loop'],
    ['links', 'ip link add other type veth peer name further'],
    ['links', 'ip link delete uplink'],
    ['qdiscs', 'tc qdisc delete dev uplink root'],
    ['qdiscs', 'tc qdisc replace dev uplink root handle 2: pfifo'],
    ['qdiscs', 'tc qdisc add dev lo root handle 1: htb'],
    ['routes', 'ip route add default via 10.9.0.2'],
    ['routes', 'ip route add default dev uplink metric 7'],
    ['routes', 'ip -6 route add default dev uplink'],
    ['table', 'nft delete table inet ours'],
    ['table', 'nft flush ruleset'],
    ['table', 'nft flush table inet ours'],
    ['table', 'nft delete chain inet ours out'],
    ['table', 'nft delete set inet ours exempt'],
    ['table', 'nft add rule inet ours out accept'],
    ['table', 'nft add counter inet ours sent'],
  ])('%s: `%s` is told, once', async (what, line) => {
    const here = preparedNamespace();
    const rule = what === 'table' && line.includes('flush table');
    if (rule) type(here, 'nft add rule inet ours out accept');
    const { since } = await subscribed(here);
    type(here, line);
    await expect.poll(() => since()).toMatchObject({ [what]: true });
    await expect.poll(() => since()).toEqual(NOTHING);
  });

  it('a default route that goes is told like one that comes', async () => {
    const here = preparedNamespace();
    type(here, 'ip route add default via 10.9.0.2');
    const { since } = await subscribed(here);
    type(here, 'ip route delete default');
    expect(await since()).toEqual({ ...NOTHING, routes: true });
  });

  it.each([
    'ip route add 10.10.0.0/16 via 10.9.0.2',
    'ip route add default via 10.9.0.2 table 77',
    'ip route add default via 10.9.0.2 table 1000',
    'ip -6 route add default dev uplink table 1000',
    'ip address add 10.9.0.7/24 dev uplink',
    'ip rule add from 10.9.0.0/24 lookup 77',
    'tc class add dev uplink parent 1: classid 1:10 htb rate 1mbit',
    'tc qdisc add dev uplink ingress',
    'nft add table inet other',
    'nft add table inet our',
    'nft add table inet ours2',
    'nft add table ip ours',
    'nft add table ip6 ours',
    'nft add element inet ours exempt { 10.0.0.1 }',
  ])('`%s` is nothing', async (line) => {
    const here = preparedNamespace();
    const { since } = await subscribed(here);
    type(here, line);
    expect(await since()).toEqual(NOTHING);
  });

  it('the same name in another family, or a longer one, is not our table when it goes', async () => {
    const here = preparedNamespace();
    for (const table of ['ip ours', 'inet ours2']) type(here, `nft add table ${table}`);
    const { since } = await subscribed(here);
    for (const table of ['ip ours', 'inet ours2']) type(here, `nft delete table ${table}`);
    expect(await since()).toEqual(NOTHING);
  });

  it('a qdisc of a class is no root, whether it comes or goes', async () => {
    const here = preparedNamespace();
    type(here, 'tc class add dev uplink parent 1: classid 1:10 htb rate 1mbit');
    const { since } = await subscribed(here);
    type(here, 'tc qdisc add dev uplink parent 1:10 handle 9: pfifo');
    type(here, 'tc qdisc delete dev uplink parent 1:10 handle 9:');
    expect(await since()).toEqual(NOTHING);
  });

  it('thousands of classes that come are neither told nor too many', async () => {
    const here = preparedNamespace();
    const lines = Array.from(
      { length: 2500 },
      (_, index) =>
        `class add dev uplink parent 1: classid 1:${(index + 16).toString(16)} htb rate 8bit quantum 1500`,
    );
    const { since } = await subscribed(here);
    type(here, `tc -batch ${batch(lines)}`);
    type(here, 'tc qdisc delete dev uplink root');
    expect(await since()).toEqual({ ...NOTHING, qdiscs: true });
  });

  it('thousands of elements of a set are not too many', async () => {
    const here = preparedNamespace();
    const elements = Array.from({ length: 8000 }, (_, i) => `10.1.${i >> 8}.${i & 255}`);
    const { since } = await subscribed(here);
    type(here, `nft -f ${batch([`add element inet ours exempt { ${elements.join(', ')} }`])}`);
    expect(await since()).toEqual(NOTHING);
  });

  it('more than is kept is told as lost, and what comes after that is told again', async () => {
    const here = preparedNamespace();
    const { since } = await subscribed(here);
    const changes = Array.from({ length: 20_000 }, (_, i) => `link set lo mtu ${10_000 + (i % 2)}`);
    type(here, `ip -batch ${batch(changes)}`);
    expect(await since()).toMatchObject({ lost: true });
    await expect.poll(() => since()).toEqual(NOTHING);
    type(here, 'nft delete table inet ours');
    expect(await since()).toEqual({ ...NOTHING, table: true });
  });

  it('who may not administer the network cannot subscribe', () => {
    // A copy: the folder of the built one may be closed to other users.
    const addon = join(openFolder(), 'nodemgr.node');
    copyFileSync(ADDON_FILE, addon);
    const user = ['--reuid=65534', '--regid=65534', '--clear-groups'];
    const output = newNamespace().run('setpriv', ...user, process.execPath, '-e', SUBSCRIBE, addon);
    expect(output).toBe('EPERM\n');
  });

  it('what another program says is not heard', async () => {
    const here = preparedNamespace();
    const addon = addonIn(here);
    const events = await addon('openNetworkEvents');
    await expect.poll(() => addon('readNetworkEvents', events, 'ours')).toEqual(NOTHING);
    const theirs = type(here, 'cat /proc/net/netlink')
      .split('\n')
      .map((line) => line.trim().split(/ +/));
    const port = theirs.find(([, protocol, , groups]) => protocol === '0' && groups !== '00000000');
    here.run('python3', '-c', SPEAK, String(port?.[2]));
    expect(await addon('readNetworkEvents', events, 'ours')).toEqual(NOTHING);
    type(here, 'ip link set uplink mtu 1400');
    expect(await addon('readNetworkEvents', events, 'ours')).toEqual({ ...NOTHING, links: true });
  });

  it('descriptors that are closed, or are something else, are neither read nor closed', async () => {
    const addon = addonIn(newNamespace());
    const events = (await addon('openNetworkEvents')) as { route: number; netfilter: number };
    const mixed = { route: events.netfilter, netfilter: events.route };
    for (const call of ['readNetworkEvents', 'closeNetworkEvents']) {
      const values = call === 'readNetworkEvents' ? ['ours'] : [];
      await expect(addon(call, mixed, ...values)).rejects.toMatchObject({ code: 'EINVAL' });
      const standard = addon(call, { ...events, netfilter: 0 }, ...values);
      await expect(standard).rejects.toMatchObject({
        code: expect.stringMatching(/EINVAL|ENOTSOCK/),
      });
    }
    await addon('closeNetworkEvents', events);
    await expect(addon('closeNetworkEvents', events)).rejects.toMatchObject({ code: 'EBADF' });
    await expect(addon('readNetworkEvents', events, 'ours')).rejects.toMatchObject({
      code: 'EBADF',
    });
  });
});
