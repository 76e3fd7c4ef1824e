/** Asks the real tc and nft whether they take what we render. Needs root, and the programs. */
import { spawnSync } from 'node:child_process';
import { type Command, formatCommand } from '@nodemgr/agent';
import {
  type AccountName,
  accountName,
  bitsPerSecond,
  epochSeconds,
  RESOURCE_NAMES,
  RESOURCES,
  type Rspec,
} from '@nodemgr/records';
import { needs } from '@nodemgr/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { dayAt } from '../../desired/node-day.ts';
import type { NodeDemand } from '../../desired/node-demand.ts';
import type { SliverDemand } from '../../desired/sliver-demand.ts';
import { renderChanges, renderRemoval } from '../../execute/render-changes.ts';
import { bytes } from '../../limits/htb-class.ts';
import type { NetResource } from '../../limits/limit.ts';
import { LIMITS } from '../../limits/limits.ts';
import { type BandwidthState, NOTHING_INSTALLED } from '../../observed/bandwidth-state.ts';
import { DayCounts } from '../../observed/day-counts.ts';
import { applyChanges } from '../../plan/apply-changes.ts';
import { DayBook } from '../../plan/day-book.ts';
import { wantedReadings } from '../../report/in-force.ts';
import {
  aDemand,
  aNode,
  demandsOf,
  plannerOf,
  SIRIUS,
} from '../../test-support/builders.test-support.ts';

const SPACE = `nodemgr-test-${process.pid}`;
const ip = (...args: readonly string[]) => spawnSync('ip', args, { encoding: 'utf8' });
function inside(command: Command): { readonly ok: boolean; readonly said: string } {
  if (!('run' in command)) throw new Error(`not to be run: ${formatCommand(command)}`);
  const { run, stdin = '' } = command;
  const { status, stderr, stdout } = spawnSync('ip', ['netns', 'exec', SPACE, ...run], {
    input: stdin,
    encoding: 'utf8',
  });
  return { ok: status === 0, said: stderr + stdout };
}

const { missing, note } = needs('a kernel with network namespaces, htb and nftables');
beforeAll(() => {
  if (missing) return;
  ip('netns', 'add', SPACE);
  ip('-n', SPACE, 'link', 'add', 'eth0', 'type', 'veth', 'peer', 'name', 'far0');
});
afterAll(() => void ip('netns', 'del', SPACE));

const said = (...words: readonly [string, ...string[]]) => inside({ run: words }).said;

const exemptIps = ['192.0.2.0/24', '10.0.0.0/8', '10.1.0.0/16', '2001:db8::/32', '::1'];
const first = aNode({ exemptIps, cap: bitsPerSecond(20_000_000) });
const second = aNode({ cap: bitsPerSecond(99), exemptIps: ['0.0.0.0/0', '::/0'] });
const fewer = new Map([
  [SIRIUS, aDemand(7, { nm_net_max_rate: 8, nm_net_share: 1000 })],
  ...demandsOf(1),
]);
/** HTB keeps bytes a second: 32 bits of them end at 34.4 Gbit/s. */
const rates = [8, 9, 1000, 1_000_001, 1e9, 34_359_738_360, 34_359_738_368, 100e9];
const everyRate = new Map([
  ...demandsOf(2),
  ...rates.map((rate, i) => {
    const rspec = { nm_net_max_rate: rate, nm_net_min_rate: Math.min(rate, 10e9) };
    return [accountName(`site_r${i}`), aDemand(100 + i, rspec)] as const;
  }),
]);

function steps(): readonly { readonly name: string; readonly commands: readonly Command[] }[] {
  let state: BandwidthState = NOTHING_INSTALLED;
  const to = (name: string, node: NodeDemand, demands: ReadonlyMap<AccountName, SliverDemand>) => {
    const changes = plannerOf(node, demands, state).changes();
    state = applyChanges(state, changes);
    return { name, commands: renderChanges(changes) };
  };
  return [
    to('the first application', first, demandsOf(3)),
    to('a change of everything', second, fewer),
    to('every rate', aNode({ link: bitsPerSecond(100e9) }), everyRate),
    to('very fast', aNode({ link: bitsPerSecond(100e9) }), demandsOf(2)),
  ];
}

describe.skipIf(missing)(`tc${note}`, () => {
  test('takes every batch without a word, and has the rates that were asked for', () => {
    for (const { name, commands } of steps()) {
      for (const command of commands.filter((c) => 'run' in c && c.run[0] === 'tc')) {
        expect({ name, ...inside(command) }).toEqual({ name, ok: true, said: '' });
      }
    }
    const { said } = inside({ run: ['tc', 'class', 'show', 'dev', 'eth0'] });
    expect(said).toMatch(/class htb 4e4d:1000 parent 4e4d:2 .*rate 8bit ceil 1Gbit/);
    expect(said).toMatch(/class htb 4e4d:1 root rate 100Gbit ceil 100Gbit/);
    expect(said).not.toContain('4e4d:1003');
  });
});

describe.skipIf(missing)(`nft${note}`, () => {
  test('takes every text', () => {
    for (const { name, commands } of steps()) {
      for (const command of commands.filter((c) => 'run' in c && c.run[0] === 'nft')) {
        expect({ name, ...inside(command) }).toEqual({ name, ok: true, said: '' });
      }
    }
  });
});

/** What tc prints of a class: `rate 1Mbit ceil 8Mbit … quantum 70000`, in bit/s and bytes. */
function amountsOf(id: string): ReadonlyMap<string, number> {
  const shown = said('tc', '-d', 'class', 'show', 'dev', 'eth0');
  const line = shown.split('\n').find((one) => one.startsWith(`class htb ${id} `)) ?? '';
  const factors: Readonly<Record<string, number>> = {
    '': 1,
    bit: 1,
    Kbit: 1e3,
    Mbit: 1e6,
    Gbit: 1e9,
  };
  return new Map(
    [...line.matchAll(/\b(rate|ceil|quantum) (\d+)(\w*)/g)].map(
      ([, part = '', count, unit = '']) => [
        `htb ${id} ${part}`,
        Number(count) * (factors[unit] ?? Number.NaN),
      ],
    ),
  );
}

const AMOUNTS = {
  'bits/s': [1_000_000, 2_000_000],
  share: [1, 2],
  'bytes/day': [1_000_000_000, 2_000_000_000],
} as const;

const SENT_TODAY = bytes(1_900_000_000);
const NOON = epochSeconds(1_700_049_600);
const BY_UTC = { hour: 0, zone: 'UTC' };

/** Returns an RSpec with a daily limit, and how its leaves are cut after they have sent that much by noon. */
function afterADay(own: Rspec) {
  const limits = { nm_net_max_byte: 10e9, nm_net_max_exempt_byte: 10e9 };
  const rspec = {
    ...limits,
    nm_net_max_thresh_byte: 9e9,
    nm_net_max_thresh_exempt_byte: 9e9,
    ...own,
  };
  const leaf = { today: SENT_TODAY };
  const slivers = [[SIRIUS, { ordinary: leaf, exempt: leaf }]] as const;
  const counts = new DayCounts({ day: dayAt(NOON, BY_UTC), readAt: NOON, slivers });
  const book = new DayBook(counts, BY_UTC, aNode().link);
  book.look([], { now: NOON, clockTrusted: true }, () => rspec);
  return { rspec, dayRates: book.ratesOf(SIRIUS) };
}

const NOTHING_TODAY = {
  dayOf: () => ({ sent: bytes(0), limit: undefined, cut: undefined }),
  cutText: () => undefined,
};

/** What is sent in a day is limited by the ceiling of the branch. */
function shownBy(name: string): string {
  const limit = Object.values(LIMITS).find(
    ({ day }) => day.resource === name || day.thresholdResource === name,
  );
  return limit?.ceil.resource ?? name;
}

describe.skipIf(missing)(`the law${note}`, () => {
  const ours = RESOURCE_NAMES.filter(
    (name): name is NetResource => RESOURCES[name].enforcedBy === 'bwcap-agent',
  );
  test.each(ours)(
    '%s, set to two amounts, is two amounts in the kernel, as explain says',
    (name) => {
      const [least, most] = AMOUNTS[RESOURCES[name].unit];
      let state: BandwidthState = NOTHING_INSTALLED;
      for (const command of renderRemoval([])) inside(command);
      inside({ run: ['tc', 'qdisc', 'del', 'dev', 'eth0', 'root'] });
      const inForce = [least, most].map((amount) => {
        const { rspec, dayRates } = afterADay({ [name]: amount });
        const demand = { ...aDemand(0, rspec), dayRates };
        const planner = plannerOf(aNode(), new Map([[SIRIUS, demand]]), state);
        const changes = planner.changes();
        for (const command of renderChanges(changes)) {
          expect(inside(command)).toEqual({ ok: true, said: '' });
        }
        state = applyChanges(state, changes);
        const wanted = wantedReadings(planner.wantedFor(SIRIUS), {
          ...NOTHING_TODAY,
          effective: rspec,
        });
        const explained = wanted.filter(({ resource }) => resource === shownBy(name));
        const found = explained.map(({ from }) => amountsOf(from.split(' ')[1] ?? '').get(from));
        expect(found).toEqual(explained.map((reading) => reading.amount));
        return found;
      });
      const [before = [], after = []] = inForce;
      expect(before.length).toBeGreaterThan(0);
      expect(before.every((amount, i) => amount !== after[i])).toBe(true);
    },
  );
});

describe.skipIf(missing)(`the removal${note}`, () => {
  test('leaves nothing of ours', () => {
    inside({ run: ['tc', 'qdisc', 'del', 'dev', 'eth0', 'root'] });
    for (const { commands } of steps().slice(0, 1)) for (const command of commands) inside(command);
    expect(said('nft', 'list', 'ruleset')).toContain('table inet nodemgr');
    expect(said('tc', 'qdisc', 'show', 'dev', 'eth0')).toContain('htb 4e4d: root');
    for (const command of renderRemoval(['eth0'])) {
      expect(inside(command)).toEqual({ ok: true, said: '' });
    }
    expect(said('nft', 'list', 'ruleset')).toBe('');
    expect(said('tc', 'qdisc', 'show', 'dev', 'eth0')).not.toContain('htb');
  });
});
