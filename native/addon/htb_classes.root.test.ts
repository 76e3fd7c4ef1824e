import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { needs } from '@nodemgr/testkit';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from './addon-under-test.ts';
import {
  addonIn,
  connect,
  indexOf,
  type Namespace,
  newNamespace,
  type RemoteAddon,
  type,
} from './namespace-under-test.ts';

const COLUMNS = [
  ...['major', 'minor', 'parent', 'rate', 'ceil', 'buffer', 'cbuffer', 'quantum', 'priority'],
  ...['level', 'sentBytes', 'sentPackets', 'drops', 'overlimits', 'backlogBytes', 'queueLength'],
];

type Reading = Readonly<Record<string, number>>;

interface Tree {
  readonly here: Namespace;
  readonly there: Namespace;
  /** Adds a class below the root. */
  readonly add: (classid: string, settings: string) => void;
  readonly classes: () => Promise<Reading[]>;
  /** The class with this minor number. */
  readonly one: (minor: number) => Promise<Reading>;
}

async function readClasses(addon: RemoteAddon, ifindex: number): Promise<Reading[]> {
  const numbers = (await addon('htbClassNumbers', ifindex)) as number[];
  const rows: Reading[] = [];
  for (let at = 0; at < numbers.length; at += COLUMNS.length) {
    rows.push(
      Object.fromEntries(COLUMNS.map((name, column) => [name, numbers[at + column] ?? -1])),
    );
  }
  return rows;
}

/** An htb with the handle 8001: at the root of `uplink`. */
function newTree(): Tree {
  const [here, there] = [newNamespace(), newNamespace()];
  connect(here, there);
  type(here, 'tc qdisc add dev uplink root handle 8001: htb default 10');
  const [addon, ifindex] = [addonIn(here), indexOf(here, 'uplink')];
  const classes = () => readClasses(addon, ifindex);
  return {
    here,
    there,
    add: (classid, settings) =>
      void type(here, `tc class add dev uplink parent 8001: classid ${classid} htb ${settings}`),
    classes,
    one: async (wanted) => {
      const found = (await classes()).find(({ minor }) => minor === wanted);
      if (found === undefined) throw new Error(`there is no class ${wanted}`);
      return found;
    },
  };
}

/** Gives both ends addresses, so that what is sent to 10.9.0.2 goes through the tree. */
function bringUp({ here, there }: Tree): void {
  type(here, 'ip address add 10.9.0.1/24 dev uplink');
  type(there, 'ip address add 10.9.0.2/24 dev far');
  type(there, 'ip link set far up');
  type(here, 'ip link set uplink up');
}

const SEND = `
  const socket = require('dgram').createSocket('udp4');
  const send = (left) => left === 0 ? socket.close()
    : socket.send(Buffer.alloc(1000), 9, '10.9.0.2', () => send(left - 1));
  send(Number(process.argv[1]));
`;

/** Sends datagrams of 1000 bytes: 1042 on the wire. */
function send({ here }: Tree, count: number): void {
  here.run(process.execPath, '-e', SEND, String(count));
}

const { missing, note } = needs('a kernel with network namespaces, htb and nftables');

describe.skipIf(missing)(`the classes of an htb${note}`, () => {
  it.each([
    ['8bit', 1],
    ['1kbit', 125],
    ['20mbit', 2_500_000],
    ['34359738360bit', 2 ** 32 - 1],
    ['34359738368bit', 2 ** 32],
    ['100gbit', 12_500_000_000],
  ])('a rate and a ceiling of %s are read as %d bytes a second', async (rate, bytes) => {
    const tree = newTree();
    tree.add('8001:10', `rate ${rate} quantum 1500`);
    tree.add('8001:11', `rate 8bit ceil ${rate} quantum 1500`);
    expect(await tree.one(0x10)).toMatchObject({ rate: bytes, ceil: bytes });
    expect(await tree.one(0x11)).toMatchObject({ rate: 1, ceil: bytes });
  });

  it('what a class was set to is read back, bursts as ticks of 64 ns', async () => {
    const tree = newTree();
    tree.add('8001:ffff', 'rate 8mbit ceil 16mbit burst 64000 cburst 32000 quantum 3000 prio 5');
    expect(await tree.classes()).toEqual([
      {
        ...{ major: 0x8001, minor: 0xffff, parent: 0xffff_ffff, rate: 1e6, ceil: 2e6 },
        ...{ buffer: 1e6, cbuffer: 250_000, quantum: 3000, priority: 5, level: 0 },
        ...{ sentBytes: 0, sentPackets: 0, drops: 0, overlimits: 0 },
        ...{ backlogBytes: 0, queueLength: 0 },
      },
    ]);
  });

  it('a class below another names its parent, and its parent is no leaf any more', async () => {
    const tree = newTree();
    tree.add('8001:1', 'rate 8mbit');
    type(tree.here, 'tc class add dev uplink parent 8001:1 classid 8001:2 htb rate 1mbit');
    expect((await tree.one(1))['level']).toBeGreaterThan(0);
    expect(await tree.one(2)).toMatchObject({ level: 0, parent: 0x8001_0001 });
  });

  it('of 2000 classes none is left out and none comes twice', async () => {
    const tree = newTree();
    const minors = Array.from({ length: 2000 }, (_, index) => index + 16);
    const lines = minors.map(
      (minor) =>
        `class add dev uplink parent 8001: classid 8001:${minor.toString(16)} htb rate ${minor * 8}bit quantum 1500\n`,
    );
    const batch = join(temporaryFolder(), 'batch');
    writeFileSync(batch, lines.join(''));
    type(tree.here, `tc -batch ${batch}`);
    const classes = await tree.classes();
    const byMinor = (a: Reading, b: Reading) => Number(a['minor']) - Number(b['minor']);
    expect(classes.sort(byMinor).map(({ minor }) => minor)).toEqual(minors);
    expect(classes.every(({ minor, rate }) => rate === minor)).toBe(true);
  });

  it('the classes of a qdisc below ours are not ours', async () => {
    const tree = newTree();
    tree.add('8001:10', 'rate 8mbit');
    type(tree.here, 'tc qdisc add dev uplink parent 8001:10 handle 9: htb');
    type(tree.here, 'tc class add dev uplink parent 9: classid 9:1 htb rate 1mbit');
    expect((await tree.classes()).map(({ major }) => major)).toEqual([0x8001]);
  });

  it('there are none where the root is another discipline', async () => {
    const tree = newTree();
    type(tree.here, 'tc qdisc delete dev uplink root');
    type(tree.here, 'tc qdisc add dev uplink root handle 8001: tbf rate 1mbit burst 9k limit 9k');
    expect(await tree.classes()).toEqual([]);
  });

  it('what is sent is counted in its class and in no other', async () => {
    const tree = newTree();
    tree.add('8001:10', 'rate 800mbit');
    tree.add('8001:11', 'rate 800mbit');
    bringUp(tree);
    send(tree, 100);
    await expect
      .poll(async () => (await tree.one(0x10))['sentPackets'])
      .toBeGreaterThanOrEqual(100);
    expect((await tree.one(0x10))['sentBytes']).toBeGreaterThanOrEqual(100 * 1042);
    expect(await tree.one(0x11)).toMatchObject({ sentBytes: 0, sentPackets: 0 });
  });

  it('what waits is told in bytes and packets, and what was thrown away is counted', async () => {
    const tree = newTree();
    tree.add('8001:10', 'rate 8bit burst 1 cburst 1 quantum 1500');
    type(tree.here, 'tc qdisc add dev uplink parent 8001:10 handle 9: pfifo limit 7');
    bringUp(tree);
    type(
      tree.here,
      'ip neighbour replace 10.9.0.2 dev uplink lladdr 02:00:00:00:00:01 nud permanent',
    );
    send(tree, 50);
    const { queueLength, backlogBytes, drops, overlimits } = await tree.one(0x10);
    expect(queueLength).toBe(7);
    expect(backlogBytes).toBeGreaterThan(0);
    expect(drops).toBeGreaterThanOrEqual(40);
    expect(overlimits).toBeGreaterThan(0);
  });
});
