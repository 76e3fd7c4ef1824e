import { formatCommand } from '@nodemgr/agent';
import { type AccountName, accountName, bitsPerSecond } from '@nodemgr/records';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { NodeDemand } from '../desired/node-demand.ts';
import type { SliverDemand } from '../desired/sliver-demand.ts';
import { renderChanges, renderRemoval } from '../execute/render-changes.ts';
import { BRANCHES, classMinor, minorOf } from '../limits/htb-tree.ts';
import { type BandwidthState, NOTHING_INSTALLED } from '../observed/bandwidth-state.ts';
import {
  aDemand,
  aNode,
  demandsOf,
  EISENTEST,
  plannerOf,
  SIRIUS,
} from '../test-support/builders.test-support.ts';
import { applyChanges } from './apply-changes.ts';

type Demands = ReadonlyMap<AccountName, SliverDemand>;

const changesOf = (node: NodeDemand, demands: Demands, observed = NOTHING_INSTALLED) =>
  plannerOf(node, demands, observed).changes();
const settle = (node: NodeDemand, demands: Demands, observed = NOTHING_INSTALLED) =>
  applyChanges(observed, changesOf(node, demands, observed));
const namesOf = (steps: ReturnType<typeof changesOf>) =>
  steps.map((step) => ('name' in step ? `${step.step} ${step.name}` : step.step));

const two: Demands = new Map([
  [SIRIUS, aDemand(0)],
  [EISENTEST, aDemand(1)],
]);

test('an unchanged plan is no change, and no change is no command', () => {
  const changes = changesOf(aNode(), two, settle(aNode(), two));
  expect(changes).toEqual([]);
  expect(renderChanges(changes)).toEqual([]);
});

test('the first application is one nft and one tc, and these are their texts', () => {
  const node = aNode({
    cap: bitsPerSecond(10_000_000),
    exemptIps: ['192.0.2.0/24', '2001:db8::/32'],
  });
  const demand = aDemand(0, { nm_net_min_rate: 1000, nm_net_max_rate: 5_000_000, nm_net_share: 3 });
  const commands = renderChanges(changesOf(node, new Map([[SIRIUS, demand]])));
  expect(commands.map((command) => formatCommand(command)).join('\n')).toMatchInlineSnapshot(`
    "nft -f - <<'EOF'
    add table inet nodemgr
    delete table inet nodemgr
    table inet nodemgr {
      map ordinary {
        type uid : classid
        flags interval
      }
      map exempt {
        type uid : classid
        flags interval
      }
      map ordinary_logins {
        type mark : classid
      }
      map exempt_logins {
        type mark : classid
      }
      set exempt4 {
        type ipv4_addr
        flags interval
      }
      map flows4 {
        typeof ip saddr . th sport . ip daddr . th dport : meta priority
        flags dynamic,timeout
        timeout 3m
        size 65536
      }
      set exempt6 {
        type ipv6_addr
        flags interval
      }
      map flows6 {
        typeof @nh,160,32 . @nh,256,64 . @th,0,32 : meta priority
        flags dynamic,timeout
        timeout 3m
        size 65536
      }
      chain sent_by_sliver {
        meta l4proto != { tcp, sctp } return
        meta nfproto ipv4 tcp flags syn delete @flows4 { ip saddr . th sport . ip daddr . th dport : meta priority }
        meta nfproto ipv6 tcp flags syn delete @flows6 { @nh,160,32 . @nh,256,64 . @th,0,32 : meta priority }
        meta nfproto ipv4 update @flows4 { ip saddr . th sport . ip daddr . th dport : meta priority }
        meta nfproto ipv6 update @flows6 { @nh,160,32 . @nh,256,64 . @th,0,32 : meta priority }
      }
      chain sent_by_other {
        meta skuid != 4294967295 return
        meta l4proto != { tcp, sctp } return
        meta nfproto ipv4 meta priority set ip saddr . th sport . ip daddr . th dport map @flows4 update @flows4 { ip saddr . th sport . ip daddr . th dport : meta priority }
        meta nfproto ipv6 meta priority set @nh,160,32 . @nh,256,64 . @th,0,32 map @flows6 update @flows6 { @nh,160,32 . @nh,256,64 . @th,0,32 : meta priority }
      }
      chain to_exempt {
        meta priority set 4e4d:11
        meta priority set meta skuid map @exempt goto sent_by_sliver
        meta priority set meta mark map @exempt_logins goto sent_by_sliver
        goto sent_by_other
      }
      chain out {
        type filter hook output priority mangle; policy accept;
        oifname "lo" return
        ip daddr @exempt4 goto to_exempt
        ip6 daddr @exempt6 goto to_exempt
        meta priority set meta skuid map @ordinary goto sent_by_sliver
        meta priority set meta mark map @ordinary_logins goto sent_by_sliver
        goto sent_by_other
      }
      chain version_24a1c2d0f805 {
      }
    }
    add element inet nodemgr exempt4 { 192.0.2.0/24 }
    add element inet nodemgr exempt6 { 2001:db8::/32 }
    add element inet nodemgr ordinary { 1879048192-1879113727 comment "princeton_sirius" : 4e4d:1000 }
    add element inet nodemgr ordinary_logins { 1879048192 comment "princeton_sirius" : 4e4d:1000 }
    add element inet nodemgr exempt { 1879048192-1879113727 comment "princeton_sirius" : 4e4d:8000 }
    add element inet nodemgr exempt_logins { 1879048192 comment "princeton_sirius" : 4e4d:8000 }
    EOF
    tc -batch - <<'EOF'
    qdisc add dev eth0 root handle 4e4d: htb default 10
    class replace dev eth0 parent 4e4d: classid 4e4d:1 htb rate 1000000000bit ceil 1000000000bit burst 500000b cburst 500000b quantum 70000
    class replace dev eth0 parent 4e4d:1 classid 4e4d:2 htb rate 10000000bit ceil 10000000bit burst 5000b cburst 5000b quantum 25000
    class replace dev eth0 parent 4e4d:1 classid 4e4d:3 htb rate 990000000bit ceil 1000000000bit burst 495000b cburst 500000b quantum 70000
    class replace dev eth0 parent 4e4d:2 classid 4e4d:10 htb rate 100000bit ceil 10000000bit burst 3028b cburst 5000b quantum 25000
    class replace dev eth0 parent 4e4d:3 classid 4e4d:11 htb rate 9900000bit ceil 1000000000bit burst 4950b cburst 500000b quantum 70000
    class replace dev eth0 parent 4e4d:2 classid 4e4d:1000 htb rate 1000bit ceil 5000000bit burst 3028b cburst 3028b quantum 75000
    class replace dev eth0 parent 4e4d:3 classid 4e4d:8000 htb rate 8bit ceil 1000000000bit burst 200b cburst 500000b quantum 210000
    EOF"
  `);
});

test('a rate that changes is one line of tc', () => {
  const changed = new Map(two).set(SIRIUS, aDemand(0, { nm_net_max_rate: 5_000_000 }));
  const changes = changesOf(aNode(), changed, settle(aNode(), two));
  expect(namesOf(changes)).toEqual(['change-leaf princeton_sirius']);
  const [command] = renderChanges(changes);
  expect(command).toMatchObject({ run: ['tc', '-batch', '-'] });
  expect(command !== undefined && 'stdin' in command && command.stdin?.split('\n')).toHaveLength(2);
});

test('a cap that changes is a change of classes alone, and of none that stays as it was', () => {
  const capped = aNode({ cap: bitsPerSecond(500_000_000) });
  const names = namesOf(changesOf(capped, two, settle(aNode(), two)));
  expect(new Set(names)).toEqual(new Set(['change-class']));
  const slow = aNode({ cap: bitsPerSecond(1_000_000) });
  expect(namesOf(changesOf(slow, two, settle(aNode(), two)))).toContain(
    'change-leaf princeton_sirius',
  );
});

test('a sliver that goes is unmapped before its classes are taken away', () => {
  const changes = changesOf(aNode(), new Map([[EISENTEST, aDemand(1)]]), settle(aNode(), two));
  expect(namesOf(changes)).toEqual(['remove-sliver princeton_sirius']);
  const texts = renderChanges(changes).map((command) => formatCommand(command));
  expect(texts[0]).toContain('delete element inet nodemgr ordinary');
  expect(texts[1]).toContain('class del dev eth0 classid 4e4d:');
});

test('class ids stay while slivers come and go, and are not given on in the same breath', () => {
  const before = settle(aNode(), two);
  const index = before.slivers.get(SIRIUS)?.index;
  const others: Demands = new Map([
    [SIRIUS, aDemand(0)],
    [accountName('a_new'), aDemand(7)],
  ]);
  const after = settle(aNode(), others, before);
  expect(after.slivers.get(SIRIUS)?.index).toBe(index);
  expect(after.slivers.get(accountName('a_new'))?.index).not.toBe(
    before.slivers.get(EISENTEST)?.index,
  );
});

test('a sliver that no record names keeps the limits that it has; a new one gets the defaults', () => {
  const before = settle(aNode(), new Map([[SIRIUS, aDemand(0, { nm_net_max_rate: 776 })]]));
  const nameless = { ...aDemand(0), rspec: undefined };
  expect(changesOf(aNode(), new Map([[SIRIUS, nameless]]), before)).toEqual([]);
  const fresh = settle(aNode(), new Map([[SIRIUS, nameless]]));
  expect(fresh.slivers.get(SIRIUS)?.ordinary?.ceil).toBe(1_000_000_000);
});

test('min rates beyond the cap are cut in proportion, so that the cap holds', () => {
  const node = aNode({ cap: bitsPerSecond(1_000_000) });
  const greedy: Demands = new Map([
    [SIRIUS, aDemand(0, { nm_net_min_rate: 3_000_000 })],
    [EISENTEST, aDemand(1, { nm_net_min_rate: 1_000_000 })],
  ]);
  const { slivers, tree } = settle(node, greedy);
  const rates = [SIRIUS, EISENTEST].map((name) => slivers.get(name)?.ordinary?.rate ?? 0);
  expect((rates[0] ?? 0) / (rates[1] ?? 1)).toBeCloseTo(3, 2);
  expect((rates[0] ?? 0) + (rates[1] ?? 0)).toBeLessThanOrEqual(tree?.cap?.ceil ?? 0);
});

test('another uplink takes everything along, and leaves nothing on the old one', () => {
  const moved = changesOf(aNode({ interface: 'eth1' }), two, settle(aNode(), two));
  expect(namesOf(moved)).toEqual([
    'remove-tree',
    'install-tree',
    'change-leaf princeton_eisentest',
    'change-leaf princeton_eisentest',
    'change-leaf princeton_sirius',
    'change-leaf princeton_sirius',
  ]);
  expect(moved[0]).toEqual({ step: 'remove-tree', interface: 'eth0' });
});

test('four thousand slivers fit, each with classes of its own', () => {
  const { slivers } = settle(aNode(), demandsOf(4000));
  const minors = [...slivers.values()].flatMap(({ index }) => [
    minorOf(index, 'ordinary'),
    minorOf(index, 'exempt'),
  ]);
  expect(new Set(minors).size).toBe(8000);
  expect(Math.max(...minors)).toBeLessThanOrEqual(0xffff);
});

const rate = fc.constantFrom(0, 8, 1000, 5_000_000, 2 ** 40);
const demand = fc
  .tuple(fc.nat({ max: 5 }), rate, rate, fc.nat({ max: 3 }), fc.boolean())
  .map(([place, min, max, share, known]) => {
    const rspec = { nm_net_min_rate: min, nm_net_max_rate: max, nm_net_share: share };
    return known ? aDemand(place, rspec) : { ...aDemand(place), rspec: undefined };
  });
const demands: fc.Arbitrary<Demands> = fc
  .uniqueArray(demand, { selector: ({ first }) => first, maxLength: 6 })
  .chain((list) =>
    fc
      .shuffledSubarray(['a', 'b', 'c', 'd', 'e', 'f'], {
        minLength: list.length,
        maxLength: list.length,
      })
      .map((names) => new Map(list.map((one, i) => [accountName(`site_${names[i]}`), one]))),
  );
const node: fc.Arbitrary<NodeDemand> = fc
  .record({
    interface: fc.constantFrom('eth0', 'eth1'),
    cap: fc.option(rate.filter((bits) => bits >= 8).map(bitsPerSecond), { nil: undefined }),
    exemptIps: fc.subarray(['10.0.0.0/8', '10.1.0.0/16', '2001:db8::/32', '192.0.2.1']),
  })
  .map((changes) => aNode(changes));

test('plan, apply, plan again: nothing; from any state to any other', () => {
  fc.assert(
    fc.property(node, demands, node, demands, (nodeA, demandsA, nodeB, demandsB) => {
      const before = settle(nodeA, demandsA);
      const after = settle(nodeB, demandsB, before);
      expect(changesOf(nodeB, demandsB, after)).toEqual([]);
      expect(new Set(after.slivers.keys())).toEqual(new Set(demandsB.keys()));
    }),
  );
});

/** Someone else has been at it: the tree, the table, or classes are gone, or there is more than there was. */
const damage: fc.Arbitrary<(state: BandwidthState) => BandwidthState> = fc.constantFrom(
  (state) => ({ ...state, tree: undefined, slivers: withoutLeaves(state, 'both') }),
  (state) => ({ ...state, table: false, slivers: new Map(), networks: NO_NETWORKS }),
  (state) => ({ ...state, slivers: withoutLeaves(state, 'one') }),
  (state) => ({ ...state, elsewhere: new Set(['eth7']) }),
  (state) => (state.tree === undefined ? state : { ...state, strays: new Set([STRAY]) }),
  (state) => {
    const { cap: _, ...tree } = state.tree ?? { interface: 'eth0' };
    return { ...state, tree };
  },
);
const STRAY = classMinor(0x7fff);
const NO_NETWORKS = NOTHING_INSTALLED.networks;

function withoutLeaves({ slivers }: BandwidthState, which: 'one' | 'both') {
  return new Map(
    [...slivers].map(([name, { index, first, last, exempt }]) => {
      const rest = which === 'one' && exempt !== undefined ? { exempt } : {};
      return [name, { index, first, last, ...rest }];
    }),
  );
}

test('whatever someone else has done to it, one application makes it whole, and nothing more', () => {
  fc.assert(
    fc.property(node, demands, fc.array(damage, { maxLength: 3 }), (nodeA, demandsA, harm) => {
      const known = new Map([...demandsA].filter(([, { rspec }]) => rspec !== undefined));
      const whole = settle(nodeA, known);
      const harmed = harm.reduce((state, one) => one(state), whole);
      const mended = settle(nodeA, known, harmed);
      expect(changesOf(nodeA, known, mended)).toEqual([]);
      expect(mended.strays.size + mended.elsewhere.size).toBe(0);
      for (const leaves of mended.slivers.values()) {
        for (const branch of BRANCHES) expect(leaves[branch]).toBeDefined();
      }
    }),
  );
});

test('a table that is lost while the agent runs comes back with the same class ids', () => {
  const before = settle(aNode(), two);
  const lost = { ...before, table: false, slivers: new Map(), networks: NO_NETWORKS };
  const strays = [...before.slivers.values()].flatMap(({ index }) =>
    BRANCHES.map((branch) => minorOf(index, branch)),
  );
  const planner = plannerOf(aNode(), two, before);
  planner.found({ ...lost, strays: new Set(strays) });
  const changes = planner.changes();
  expect(namesOf(changes)).toEqual([
    'install-table',
    'add-sliver princeton_eisentest',
    'add-sliver princeton_sirius',
  ]);
});

test('no user id is ever mapped twice, not even between two changes', () => {
  fc.assert(
    fc.property(demands, demands, (demandsA, demandsB) => {
      let state = settle(aNode(), demandsA);
      for (const change of changesOf(aNode(), demandsB, state)) {
        state = applyChanges(state, [change]);
        const firsts = [...state.slivers.values()].map(({ first }) => first);
        expect(new Set(firsts).size).toBe(firsts.length);
      }
    }),
  );
});

test('a removal takes away our table, and on each interface the root that has our handle', () => {
  const commands = renderRemoval(['eth0', 'eth1']);
  expect(commands.map((command) => formatCommand(command)).join('\n')).toMatchInlineSnapshot(`
    "nft -f - <<'EOF'
    add table inet nodemgr
    delete table inet nodemgr
    EOF
    tc -batch - <<'EOF'
    qdisc del dev eth0 root handle 4e4d:
    qdisc del dev eth1 root handle 4e4d:
    EOF"
  `);
});

test('many slivers are added on few lines: nft looks at the whole map for each', () => {
  const [nft] = renderChanges(changesOf(aNode(), demandsOf(100)));
  const lines = (nft && 'stdin' in nft ? (nft.stdin ?? '') : '').split('\n');
  expect(lines.filter((line) => line.startsWith('add element'))).toHaveLength(8);
});
