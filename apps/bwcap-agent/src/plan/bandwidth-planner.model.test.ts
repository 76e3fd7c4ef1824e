/**
 * The planner that plans for what has changed, against its model: a planner that is told everything at once
 * and meets a kernel with nothing in it.
 */
import { type AccountName, accountName, bitsPerSecond, type Rspec } from '@nodemgr/records';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { NodeDemand } from '../desired/node-demand.ts';
import type { SliverDemand } from '../desired/sliver-demand.ts';
import { bytes } from '../limits/htb-class.ts';
import { classMinor } from '../limits/htb-tree.ts';
import {
  type BandwidthState,
  NOTHING_INSTALLED,
  withoutClasses,
} from '../observed/bandwidth-state.ts';
import { aDemand, aNode, plannerOf } from '../test-support/builders.test-support.ts';
import { applyChanges } from './apply-changes.ts';
import { BandwidthPlanner } from './bandwidth-planner.ts';
import type { BandwidthStep } from './bandwidth-steps.ts';

const NAMES = ['a', 'b', 'c', 'd', 'e', 'f'].map((letter) => accountName(`site_${letter}`));
const NO_NETWORKS = NOTHING_INSTALLED.networks;

/** What is asked, what the kernel has, and the planner that brings the two together. */
class World {
  node: NodeDemand = aNode();
  readonly demands = new Map<AccountName, SliverDemand>();
  kernel: BandwidthState = NOTHING_INSTALLED;
  planner = new BandwidthPlanner(aNode());
  /** Whether this planner has been told what the kernel has. */
  #isRead = false;

  constructor() {
    this.planner.nodeAsked(this.node);
  }

  /** Another planner is asked for the same. It has not looked at the kernel yet. */
  restart(): void {
    this.planner = new BandwidthPlanner(this.node);
    this.planner.nodeAsked(this.node);
    this.planner.sliversAsked(this.demands);
    this.#isRead = false;
  }

  ask(...changes: readonly (readonly [AccountName, SliverDemand | undefined])[]): void {
    for (const [name, demand] of changes) {
      if (demand === undefined) this.demands.delete(name);
      else this.demands.set(name, demand);
    }
    this.planner.sliversAsked(changes);
  }

  askNode(changes: Partial<NodeDemand>): void {
    this.node = { ...this.node, ...changes };
    this.planner.nodeAsked(this.node);
  }

  read(): void {
    this.planner.found(this.kernel);
    this.#isRead = true;
  }

  /** changes returns what a pass of the agent's loop plans: the kernel has been read before the first one. */
  changes(): readonly BandwidthStep[] {
    if (!this.#isRead) this.read();
    return this.planner.changes();
  }

  apply(steps: readonly BandwidthStep[]): void {
    this.kernel = applyChanges(this.kernel, steps);
    this.planner.applied(steps);
  }

  settle(): void {
    this.apply(this.changes());
    expect(this.planner.changes()).toEqual([]);
    this.planner.settled();
  }
}

type Act = (world: World) => void;
/** An act that a failing run prints. */
const told = (text: string, act: Act): Act => Object.assign(act, { toString: () => text });
const json = JSON.stringify;

const rate = fc.constantFrom(0, 8, 1000, 5_000_000, 700_000_000, 2 ** 40);
const rspec: fc.Arbitrary<Rspec> = fc.record(
  {
    nm_net_min_rate: rate,
    nm_net_max_rate: rate,
    nm_net_exempt_min_rate: rate,
    nm_net_exempt_max_rate: rate,
    nm_net_share: fc.nat({ max: 3 }),
  },
  { requiredKeys: [] },
);
const name = fc.constantFrom(...NAMES);

/** Rates that are cut for the rest of the day. */
const cutRate = fc.constantFrom(8, 1000, 5_000_000).map(bitsPerSecond);
const dayRates = fc.option(
  fc.record({ ordinary: cutRate, exempt: cutRate }, { requiredKeys: [] }),
  {
    nil: undefined,
  },
);

/** A sliver comes, or gets another RSpec or other user ids; no two have the same. */
const comes = fc
  .tuple(name, fc.nat({ max: 7 }), fc.option(rspec), dayRates)
  .map(([who, place, given, rates]) =>
    told(`${who} has place ${place}, ${json(given)}, cut to ${json(rates)}`, (world) => {
      const asked =
        given === null ? { ...aDemand(place), rspec: undefined } : aDemand(place, given);
      const demand = { ...asked, dayRates: rates };
      const isTaken = [...world.demands].some(
        ([other, { first }]) => other !== who && first === demand.first,
      );
      if (!isTaken) world.ask([who, demand]);
    }),
  );
const goes = name.map((who) => told(`${who} goes`, (world) => world.ask([who, undefined])));
/** Both RSpecs change together, and what they add up to stays. */
const loan = fc
  .tuple(name, name, fc.constantFrom('nm_net_max_rate', 'nm_net_share', 'nm_net_exempt_max_rate'))
  .map(([lender, recipient, resource]) =>
    told(`${lender} lends half its ${resource} to ${recipient}`, (world) => {
      const [from, to] = [world.demands.get(lender), world.demands.get(recipient)];
      if (lender === recipient || from?.rspec === undefined || to?.rspec === undefined) return;
      const amount = Math.floor((from.rspec[resource] ?? 0) / 2);
      const moved = (demand: SliverDemand, by: number): SliverDemand => ({
        ...demand,
        rspec: { ...demand.rspec, [resource]: (demand.rspec?.[resource] ?? 0) + by },
      });
      world.ask([lender, moved(from, -amount)], [recipient, moved(to, amount)]);
    }),
  );
const node = fc
  .record(
    {
      interface: fc.constantFrom('eth0', 'eth1'),
      mtu: fc.constantFrom(1500, 9000).map(bytes),
      cap: fc.constantFrom(undefined, 99, 1_000_000, 2e9).map((cap) => cap && bitsPerSecond(cap)),
      exemptIps: fc.subarray(['10.0.0.0/8', '10.1.0.0/16', '2001:db8::/32', '192.0.2.1']),
    },
    { requiredKeys: [] },
  )
  .map((changes) => told(`node ${json(changes)}`, (world) => world.askNode(changes)));

const settle = fc.constant(told('settle', (world) => world.settle()));
/** A batch of which a part was carried out: after a failure the kernel is read again. */
const fail = fc.nat({ max: 6 }).map((count) =>
  told(`${count} steps, then a failure`, (world) => {
    world.kernel = applyChanges(world.kernel, world.changes().slice(0, count));
    world.read();
  }),
);
/** A sliver goes while the kernel is at work. */
const late = name.map((who) =>
  told(`${who} goes while steps are carried out`, (world) => {
    const steps = world.changes();
    world.ask([who, undefined]);
    world.apply(steps);
  }),
);
/** An operator asks for the plan, and for what one sliver ought to have. */
const look = name.map((who) =>
  told(`a look at the plan and at ${who}`, (world) => {
    const before = world.planner.changes();
    world.planner.wantedFor(who);
    expect(world.planner.changes()).toEqual(before);
  }),
);
const lost = fc.constant(
  told('the uplink is lost, and found', (world) => {
    world.planner.nodeAsked(undefined);
    expect(world.planner.changes()).toEqual([]);
    world.askNode({});
  }),
);
const restart = fc.constant(told('restart', (world) => world.restart()));
const damage = fc
  .constantFrom<readonly [string, (state: BandwidthState) => BandwidthState]>(
    [
      'the tree',
      (state) => ({ ...state, tree: undefined, slivers: withoutClasses(state.slivers) }),
    ],
    [
      'the table',
      (state) => ({ ...state, table: false, slivers: new Map(), networks: NO_NETWORKS }),
    ],
    ['all leaves', (state) => ({ ...state, slivers: withoutClasses(state.slivers) })],
    ['nothing, and adds a stray', (state) => ({ ...state, strays: new Set([classMinor(0x7fff)]) })],
  )
  .map(([what, harm]) =>
    told(`somebody deletes ${what}`, (world) => {
      if (world.kernel.tree === undefined) return;
      world.kernel = harm(world.kernel);
      world.read();
    }),
  );

const asking = [comes, comes, goes, loan, node];
const acts = (...of: readonly fc.Arbitrary<Act>[]) =>
  fc.array(fc.oneof(...of), { maxLength: 25, size: 'max' });

/** The limits in force, whatever the places of the slivers' leaves. */
function limitsIn({ tree, table, slivers, networks, strays, elsewhere }: BandwidthState) {
  const leaves = [...slivers].map(([who, { index: _, ...limits }]) => [who, limits] as const);
  return {
    ...{ tree, table, strays, elsewhere, slivers: new Map(leaves) },
    networks: { v4: [...networks.v4].sort(), v6: [...networks.v6].sort() },
  };
}

function expectAsPlannedAtOnce(world: World): void {
  // A sliver that no record names keeps the limits that it has: these are in no plan.
  for (const [who, demand] of world.demands) {
    if (demand.rspec === undefined) world.ask([who, { ...demand, rspec: {} }]);
  }
  world.settle();
  const model = plannerOf(world.node, world.demands, NOTHING_INSTALLED);
  const planned = applyChanges(NOTHING_INSTALLED, model.changes());
  expect(limitsIn(world.kernel)).toEqual(limitsIn(planned));
  expect(plannerOf(world.node, world.demands, world.kernel).changes()).toEqual([]);
  const places = [...world.kernel.slivers.values()].map(({ index }) => index);
  expect(new Set(places).size).toBe(world.demands.size);
}

test('changes that are applied one by one end in what planning all at once gives', () => {
  fc.assert(
    fc.property(acts(...asking), (changes) => {
      const world = new World();
      for (const change of changes) {
        change(world);
        world.settle();
      }
      expectAsPlannedAtOnce(world);
    }),
  );
});

test('changes end in what planning all at once gives, whatever fails, is restarted or damaged on the way', () => {
  const all = acts(...asking, settle, settle, fail, late, look, lost, restart, damage);
  fc.assert(
    fc.property(all, (changes) => {
      const world = new World();
      for (const change of changes) change(world);
      expectAsPlannedAtOnce(world);
    }),
    { numRuns: 300 },
  );
});

test.each([
  ['the agent is restarted', restart],
  ['somebody else does damage', damage],
])('a sliver keeps its place while it exists, also when %s', (_, worst) => {
  const all = acts(...asking, settle, settle, fail, late, look, lost, worst);
  fc.assert(
    fc.property(all, (changes) => {
      const world = new World();
      const places = new Map<AccountName, number>();
      for (const change of changes) {
        const { planner } = world;
        change(world);
        // Another planner knows the places that the kernel has, and no others: one whose user ids were just
        // being changed when the agent died may get another.
        const isKnown = (who: AccountName) =>
          world.planner === planner || world.kernel.slivers.has(who);
        for (const who of places.keys()) {
          if (!world.demands.has(who) || !isKnown(who)) places.delete(who);
        }
        for (const [who, { index }] of world.kernel.slivers) {
          if (!world.demands.has(who)) continue;
          expect(places.get(who) ?? index).toBe(index);
          places.set(who, index);
        }
      }
    }),
    { numRuns: 300 },
  );
});
