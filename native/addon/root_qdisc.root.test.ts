import { needs } from '@nodemgr/testkit';
import { describe, expect, it } from 'vitest';
import {
  addonIn,
  connect,
  indexOf,
  type Namespace,
  newNamespace,
  type,
} from './namespace-under-test.ts';

interface Root {
  readonly ifindex: number;
  readonly kind: string;
}

function withUplink(): { here: Namespace; uplink: number } {
  const here = newNamespace();
  connect(here, newNamespace());
  return { here, uplink: indexOf(here, 'uplink') };
}

const { missing, note } = needs('a kernel with network namespaces, htb and nftables');

describe.skipIf(missing)(`root qdiscs${note}`, () => {
  it('an htb is told with all of its handle and its default class', async () => {
    const { here, uplink } = withUplink();
    type(here, 'tc qdisc add dev uplink root handle 8fff: htb default fff0');
    expect(await addonIn(here)('rootQdisc', uplink)).toEqual({
      kind: 'htb',
      handle: 0x8fff_0000,
      defaultClass: 0xfff0,
    });
  });

  it('another discipline has no default class', async () => {
    const { here, uplink } = withUplink();
    type(here, 'tc qdisc add dev uplink root handle 7: pfifo limit 10');
    expect(await addonIn(here)('rootQdisc', uplink)).toEqual({ kind: 'pfifo', handle: 0x7_0000 });
  });

  it('what the kernel has put there by itself has the handle 0', async () => {
    const { here, uplink } = withUplink();
    type(here, 'ip link set uplink up');
    expect(await addonIn(here)('rootQdisc', uplink)).toEqual({ kind: 'noqueue', handle: 0 });
  });

  it('an interface that has never been up has none', async () => {
    const { here, uplink } = withUplink();
    expect(await addonIn(here)('rootQdisc', uplink)).toBeUndefined();
  });

  it.each(['rootQdisc', 'htbClassNumbers'])(
    '%s says ENODEV of an interface that has gone',
    async (name) => {
      const { here, uplink } = withUplink();
      type(here, 'tc qdisc add dev uplink root handle 1: htb');
      type(here, 'ip link delete uplink');
      await expect(addonIn(here)(name, uplink)).rejects.toMatchObject({ code: 'ENODEV' });
    },
  );

  it('those of all interfaces are listed, and none that is not at the root', async () => {
    const { here, uplink } = withUplink();
    type(here, 'ip link add other type veth peer name further');
    for (const name of ['uplink', 'other']) {
      type(here, `tc qdisc add dev ${name} root handle 1: htb default 2`);
      type(here, `tc class add dev ${name} parent 1: classid 1:2 htb rate 1mbit`);
      type(here, `tc qdisc add dev ${name} parent 1:2 handle 3: pfifo`);
      type(here, `tc qdisc add dev ${name} ingress`);
    }
    const roots = (await addonIn(here)('rootQdiscs')) as Root[];
    const trees = roots
      .filter(({ kind }) => kind !== 'noqueue')
      .sort((a, b) => a.ifindex - b.ifindex);
    const tree = { kind: 'htb', handle: 0x1_0000, defaultClass: 2 };
    expect(trees).toEqual([
      { ...tree, ifindex: uplink },
      { ...tree, ifindex: indexOf(here, 'other') },
    ]);
  });

  it('a reading is no change to those who listen for changes', async () => {
    const { here, uplink } = withUplink();
    type(here, 'tc qdisc add dev uplink root handle 1: htb');
    const addon = addonIn(here);
    const events = await addon('openNetworkEvents');
    await addon('rootQdisc', uplink);
    await addon('htbClassNumbers', uplink);
    expect(await addon('readNetworkEvents', events, 'ours')).toMatchObject({ qdiscs: false });
  });
});
