/**
 * The kernel of this machine. What is ours is read and changed; what is someone else's is left alone.
 */
import { readdir } from 'node:fs/promises';
import { runChecked } from '@nodemgr/agent';
import { fileSign, type Logger } from '@nodemgr/daemon';
import { htbClasses, type NetworkEventSockets, native } from '@nodemgr/native';
import type { AccountName } from '@nodemgr/records';
import { renderChanges } from '../../execute/render-changes.ts';
import { TABLE_NAME } from '../../execute/render-nft.ts';
import { type ClassMinor, classMinor } from '../../limits/htb-tree.ts';
import {
  type BandwidthState,
  NOTHING_INSTALLED,
  type ObservedLeaves,
} from '../../observed/bandwidth-state.ts';
import { type BandwidthStep, isLarge } from '../../plan/bandwidth-steps.ts';
import type { ClassCounters, Happenings, Kernel } from '../port.ts';
import { type FoundUplink, findUplink, type Uplink } from '../uplink.ts';
import { straysIn } from './derive-tree.ts';
import { readTable } from './read-table.ts';
import { readTrees } from './read-tree.ts';

const QUIET: Happenings = { uplink: false, limits: false };

export class LinuxKernel implements Kernel {
  readonly driver = 'linux';
  readonly signs = {
    programs: fileSign('/usr/sbin', '/usr/bin', '/sbin', '/bin'),
    modules: async () => (await readdir('/sys/module')).join(),
    // Nothing is written.
    room: async () => '',
    writable: async () => '',
  };
  readonly #events: NetworkEventSockets;
  /** Read from the sockets, and not reported yet. */
  #happened = QUIET;

  /** `configured` is the uplink's name; undefined: whatever the default route's interface is. */
  constructor(
    private readonly configured: string | undefined,
    private readonly log: Pick<Logger, 'warn'>,
  ) {
    this.#events = native().openNetworkEvents();
  }

  findUplink(): Promise<FoundUplink> {
    return findUplink(this.configured);
  }

  happened(): Happenings {
    this.#readEvents();
    const happened = this.#happened;
    this.#happened = QUIET;
    return happened;
  }

  async read(uplink: Uplink): Promise<BandwidthState> {
    const { table, mappings, networks } = await readTable(this.log);
    const { classes, elsewhere, inTheWay } = await readTrees(uplink);
    const slivers = new Map<AccountName, ObservedLeaves>();
    for (const [name, mapping] of mappings) {
      slivers.set(name, { ...mapping, ...classes?.leaves.get(mapping.index) });
    }
    const used = new Set([...mappings.values()].map(({ index }) => index));
    return {
      tree: classes === undefined ? undefined : { interface: uplink.name, ...classes.fixed },
      table,
      slivers,
      networks,
      strays: classes === undefined ? NOTHING_INSTALLED.strays : straysIn(classes.leaves, used),
      elsewhere,
      ...(inTheWay === undefined ? {} : { inTheWay }),
    };
  }

  async apply(steps: readonly BandwidthStep[]): Promise<void> {
    const { limits } = this.#readEvents();
    for (const command of renderChanges(steps)) await runChecked(command);
    // The kernel reports no other steps: what it has reported meanwhile somebody else did.
    if (!steps.some(isLarge)) return;
    this.#readEvents();
    this.#happened = { ...this.#happened, limits };
  }

  counters({ ifindex }: Uplink): ReadonlyMap<ClassMinor, ClassCounters> {
    const readings = htbClasses(ifindex);
    return new Map(
      readings.map(({ minor, sentBytes, sentPackets, drops: dropped, backlogBytes }) => [
        classMinor(minor),
        { sentBytes, sentPackets, dropped, backlogBytes },
      ]),
    );
  }

  close(): void {
    native().closeNetworkEvents(this.#events);
  }

  #readEvents(): Happenings {
    const { links, routes, qdiscs, table, lost } = native().readNetworkEvents(
      this.#events,
      TABLE_NAME,
    );
    this.#happened = {
      uplink: this.#happened.uplink || links || routes || lost,
      limits: this.#happened.limits || qdiscs || table || lost,
    };
    return this.#happened;
  }
}
