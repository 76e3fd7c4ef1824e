/**
 * Measures what arrives at the far end, apart from anything that the node says of itself: counters of
 * nftables there for each port that is sent to, and what the interface has received, every few
 * milliseconds. Packets are counted as they are on the wire, each frame with its headers.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import { kernelThreads, type Waits, waitsOf } from './kernel-waits.ts';
import type { TrafficProgram, TrafficPrograms } from './traffic-programs.ts';
import { FAR_DEVICE, type TwoNetworks } from './two-networks.ts';

/** Ports with a counter; datagrams to them are counted and thrown away. */
export const FIRST_PORT = 5000;
const LAST_PORT = 5099;
/** Ports without one, whose datagrams are taken and counted by their numbers. */
export const NUMBERED_PORTS: readonly number[] = [6000, 6001];
const FRAME_HEADER = 14;
const SETTLE_MS = 1000;
const SAMPLE_SECONDS = 0.002;
/** HTB makes up for a wake-up that comes as late as this: its bursts are of this length. */
const BURST_SECONDS = 0.004;
/** Above this share of lost time nothing can be said about a rate to 3%. */
const MAX_LOST = 0.015;
const MAX_TRIES = 5;

/** What an interface had received at a time: seconds of the machine's clock, bytes. */
export type Sample = readonly [at: number, bytes: number];

interface Reading {
  readonly at: number;
  /** On the wire, by port. */
  readonly bytes: ReadonlyMap<number, number>;
}

interface CounterListing {
  readonly nftables: readonly {
    readonly counter?: { readonly name: string; readonly bytes: number; readonly packets: number };
  }[];
}

const PORTS = Array.from({ length: LAST_PORT - FIRST_PORT + 1 }, (_, i) => FIRST_PORT + i);
const RULES = `table inet arrivals {
${PORTS.map((port) => `  counter p${port} { }`).join('\n')}
  chain in {
    type filter hook prerouting priority raw;
    meta l4proto { tcp, udp } counter name th dport map { ${PORTS.map((port) => `${port} : "p${port}"`).join(', ')} }
    udp dport ${FIRST_PORT}-${LAST_PORT} drop
  }
}`;

/**
 * lostTime returns the share of time that was lost to a process that wants to be woken all the time, at
 * real-time priority: the kernel's timers were late then too.
 */
export function lostTime(samples: readonly Sample[]): number {
  const gaps = samples.slice(1).map(([at], i) => at - (samples[i]?.[0] ?? at));
  const late = gaps.map((gap) => Math.max(0, gap - SAMPLE_SECONDS - BURST_SECONDS));
  const total = gaps.reduce((sum, gap) => sum + gap, 0);
  return total === 0 ? 0 : late.reduce((sum, one) => sum + one, 0) / total;
}

/** What was waited between two readings, less what a burst makes up for at every turn. Seconds. */
function longWaits(before: Waits, after: Waits): number {
  const turns = after.turns - before.turns;
  return Math.max(0, after.seconds - before.seconds - turns * BURST_SECONDS);
}

export class FarMeter {
  readonly #threads = kernelThreads();

  private constructor(
    private readonly networks: TwoNetworks,
    private readonly sink: TrafficProgram,
    private readonly sampler: TrafficProgram,
  ) {}

  /** start begins to count, and to take what is sent. */
  static async start(networks: TwoNetworks, programs: TrafficPrograms): Promise<FarMeter> {
    networks.inFar('nft', RULES);
    const [first, last] = [FIRST_PORT, LAST_PORT];
    const taken = { do: 'sink', first, last, datagrams: NUMBERED_PORTS } as const;
    const sampled = { do: 'sample', device: FAR_DEVICE, every: SAMPLE_SECONDS } as const;
    const sink = programs.start(networks.far, taken);
    const sampler = programs.start(networks.far, sampled);
    await Promise.all([sink.said(), sampler.said()]);
    return new FarMeter(networks, sink, sampler);
  }

  /** read returns what has arrived so far. */
  read(): Reading {
    const before = performance.now();
    const listing = this.networks.inFar(
      'nft',
      '-j',
      'list',
      'counters',
      'table',
      'inet',
      'arrivals',
    );
    const at = (before + performance.now()) / 2;
    const { nftables } = JSON.parse(listing) as CounterListing;
    const counted = nftables.flatMap(({ counter }) => counter ?? []);
    return {
      at,
      bytes: new Map(
        counted.map(({ name, bytes, packets }) => [
          Number(name.slice(1)),
          bytes + FRAME_HEADER * packets,
        ]),
      ),
    };
  }

  /** samples returns those that were taken since it was last asked. */
  async samples(): Promise<readonly Sample[]> {
    return (await this.sampler.ask())['samples'] as readonly Sample[];
  }

  /** numbered returns how many datagrams have come to a port, and the number of the newest. */
  async numbered(port: number): Promise<{ readonly taken: number; readonly newest: number }> {
    const counts = (await this.sink.ask())['datagrams'] as Record<string, never>;
    const count = counts[String(port)];
    if (count === undefined) throw new Error(`datagrams to port ${port} are not counted`);
    return count;
  }

  /**
   * rates returns what arrives at each port in bit/s, over `seconds`. Where the machine had no time for the
   * kernel it measures again, and says so: never because of what has come out.
   */
  async rates(seconds = 4): Promise<ReadonlyMap<number, number>> {
    await sleep(SETTLE_MS);
    let best = await this.#measure(seconds);
    for (let tried = 1; best.lost > MAX_LOST && tried < MAX_TRIES; tried += 1) {
      const percent = (best.lost * 100).toFixed(1);
      console.log(`measured again: the kernel had to wait for ${percent}% of the time`);
      const next = await this.#measure(seconds);
      if (next.lost < best.lost) best = next;
    }
    return best.rates;
  }

  async #measure(seconds: number) {
    await this.samples();
    const before = waitsOf(this.#threads);
    const start = this.read();
    await sleep(seconds * 1000);
    const end = this.read();
    const rates = new Map<number, number>();
    for (const [port, bytes] of end.bytes) {
      const came = bytes - (start.bytes.get(port) ?? 0);
      if (came > 0) rates.set(port, (came * 8000) / (end.at - start.at));
    }
    const wait = longWaits(before, waitsOf(this.#threads));
    return { rates, lost: lostTime(await this.samples()) + wait / seconds };
  }
}
