/**
 * The network of a bandwidth test: a namespace for the node and one for the far end (ip-netns(8)), with
 * a wire between them and a second one for an uplink that moves. Only what is in them is touched.
 *
 *   node: uplink0 10.77.0.1, fd77::1 ──── far0 10.77.0.2, fd77::2, and the exempt addresses
 *   node: other0  10.78.0.1, fd78::1 ──── faroth0 10.78.0.2, fd78::2
 */
import { execFileSync } from 'node:child_process';

/** What the node sends to, by the family of the address. */
export const FAR = { v4: '10.77.0.2', v6: 'fd77::2' } as const;
export const FAR_BY_OTHER = { v4: '10.78.0.2', v6: 'fd78::2' } as const;
/** Addresses of the far end that are reached by the default route. */
export const EXEMPT = { v4: '198.51.100.2', v6: '2001:db8:51::2' } as const;
export type Family = keyof typeof FAR;
export const FAMILIES: readonly Family[] = ['v4', 'v6'];

export const UPLINK = 'uplink0';
/** Its other end. */
export const FAR_DEVICE = 'far0';
export const OTHER = 'other0';
const NODE_ADDRESSES = ['10.77.0.1/24', 'fd77::1/64'];
const OTHER_ADDRESSES = ['10.78.0.1/24', 'fd78::1/64'];

/** run runs a program of the machine; throws with what it complained of. */
export function run(program: string, ...args: readonly string[]): string {
  return execFileSync(program, args, {
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 << 20,
  });
}

export class TwoNetworks {
  readonly node: string;
  readonly far: string;

  private constructor(name: string) {
    this.node = `${name}-node`;
    this.far = `${name}-far`;
  }

  /** make makes both namespaces and the wires between them; `remove` takes all of it away again. */
  static make(): TwoNetworks {
    const networks = new TwoNetworks(`nodemgr-bw-${process.pid}`);
    try {
      for (const space of [networks.node, networks.far]) {
        run('ip', 'netns', 'add', space);
        run('ip', '-n', space, 'link', 'set', 'lo', 'up');
      }
      networks.connect();
      networks.#wire(OTHER, 'faroth0', OTHER_ADDRESSES, ['10.78.0.2/24', 'fd78::2/64']);
      networks.#exec(networks.far, 'sysctl', '-qw', 'net.ipv4.conf.all.rp_filter=0');
    } catch (error) {
      networks.remove();
      throw error;
    }
    return networks;
  }

  /** connect makes the wire of the uplink, and the default routes by it. */
  connect(): void {
    const exempt = [`${EXEMPT.v4}/32`, `${EXEMPT.v6}/128`];
    this.#wire(UPLINK, FAR_DEVICE, NODE_ADDRESSES, ['10.77.0.2/24', 'fd77::2/64', ...exempt]);
    this.routeBy(UPLINK);
  }

  /** routeBy leads the default routes over `device`. */
  routeBy(device: string): void {
    const to = device === OTHER ? FAR_BY_OTHER : FAR;
    this.ip('route', 'replace', 'default', 'via', to.v4, 'dev', device);
    this.ip('-6', 'route', 'replace', 'default', 'via', to.v6, 'dev', device);
  }

  #wire(near: string, far: string, nearBy: readonly string[], farBy: readonly string[]): void {
    const peer = ['peer', 'name', far, 'netns', this.far];
    this.ip('link', 'add', near, 'type', 'veth', ...peer);
    this.#bringUp(this.node, near, nearBy);
    this.#bringUp(this.far, far, farBy);
  }

  #bringUp(space: string, device: string, addresses: readonly string[]): void {
    for (const address of addresses) {
      const nodad = address.includes(':') ? ['nodad'] : [];
      run('ip', '-n', space, 'address', 'add', address, 'dev', device, ...nodad);
    }
    run('ip', '-n', space, 'link', 'set', device, 'up');
  }

  #exec(space: string, program: string, ...args: readonly string[]): string {
    return run('ip', 'netns', 'exec', space, program, ...args);
  }

  /** ip runs ip(8) on the node. */
  ip(...args: readonly string[]): string {
    return run('ip', '-n', this.node, ...args);
  }

  /** inNode runs a program on the node. */
  inNode(program: string, ...args: readonly string[]): string {
    return this.#exec(this.node, program, ...args);
  }

  inFar(program: string, ...args: readonly string[]): string {
    return this.#exec(this.far, program, ...args);
  }

  /** remove takes the namespaces away, with the wires between them. */
  remove(): void {
    const have = new Set(
      run('ip', 'netns', 'list')
        .split('\n')
        .map((line) => line.split(' ')[0]),
    );
    for (const space of [this.node, this.far])
      if (have.has(space)) run('ip', 'netns', 'del', space);
  }
}
