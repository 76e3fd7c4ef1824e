/** All that a bandwidth test needs, made before the tests of a file and taken away after them. */
import { needs, type Wanting } from '@nodemgr/testkit';
import { afterAll, afterEach, beforeAll } from 'vitest';
import { BandwidthNode, type NodeSettings } from './bandwidth-node.ts';
import { FarMeter, FIRST_PORT } from './far-meter.ts';
import { userOf } from './node-records.ts';
import {
  type Protocol,
  type Sending,
  type TrafficProgram,
  TrafficPrograms,
} from './traffic-programs.ts';
import { FAR, TwoNetworks, UPLINK } from './two-networks.ts';

/** What is missing here to test bandwidth. */
export const bandwidthNeeds = (): Wanting =>
  needs('a kernel with network namespaces, htb and nftables');

/** What a program of a sliver sends, as far as a test cares. */
export type Load = Partial<Sending> & {
  /** Which of the node's slivers. */
  readonly place: number;
  /** Bit/s; as much as it can where absent. */
  readonly rate?: number;
};

export class TestBed {
  readonly networks = TwoNetworks.make();
  readonly programs = new TrafficPrograms();
  readonly #meters = new TrafficPrograms();
  #node: BandwidthNode | undefined;
  #meter: FarMeter | undefined;

  get node(): BandwidthNode {
    if (this.#node === undefined) throw new Error('the node has not been started');
    return this.#node;
  }

  get meter(): FarMeter {
    if (this.#meter === undefined) throw new Error('the meter has not been started');
    return this.#meter;
  }

  async start(settings: NodeSettings): Promise<void> {
    await this.showFrames();
    this.#meter = await FarMeter.start(this.networks, this.#meters);
    this.#node = await BandwidthNode.start(this.networks, settings);
  }

  /** showFrames has the uplink put frames on the wire as they are counted; it still takes large packets. */
  async showFrames(): Promise<void> {
    const { node } = this.networks;
    await this.programs.start(node, { do: 'real_frames', device: UPLINK }).said();
  }

  /** flood has a program of a sliver send, and waits until it does. */
  async flood({ place, ...load }: Load): Promise<TrafficProgram> {
    const sending = { ...this.#sendingOf(place), ...load };
    const program = this.programs.start(this.networks.node, { do: 'flood', ...sending });
    await program.said();
    return program;
  }

  /** leave has one hand data over and end at once; returns the port that it sent from. */
  async leave({ place, ...load }: Load, bytes: number): Promise<number> {
    const sending = { ...this.#sendingOf(place), ...load };
    const order = { do: 'leave', bytes, ...sending } as const;
    const { from_port } = await this.programs.start(this.networks.node, order).said();
    return Number(from_port);
  }

  #sendingOf(place: number): Sending {
    const protocol: Protocol = 'tcp';
    return { uid: userOf(place), protocol, to: FAR.v4, port: FIRST_PORT + place };
  }

  async end(): Promise<void> {
    try {
      await this.programs.end();
      await this.#meters.end();
      await this.#node?.end();
    } finally {
      this.networks.remove();
    }
  }
}

/** useTestBed makes one for the tests of this file; programs end with the test that started them. */
export function useTestBed(settings: NodeSettings = {}): () => TestBed {
  let bed: TestBed | undefined;
  beforeAll(async () => {
    bed = new TestBed();
    await bed.start(settings);
  });
  afterEach(() => bed?.programs.end());
  afterAll(() => bed?.end());
  return () => {
    if (bed === undefined) throw new Error('outside a test');
    return bed;
  };
}
