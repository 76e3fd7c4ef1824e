import { epochSeconds } from '@nodemgr/records';
import { expect, test } from 'vitest';
import type { SliverSummary } from '../ask/sliver-summary.ts';
import { aFailure, aPage, aSliver, linesOf, MINUTE, NOW } from '../test-support/builders.ts';
import { renderSlivers } from './render-slivers.ts';

function aSummary(changes: Partial<SliverSummary> = {}): SliverSummary {
  const item = aSliver();
  return {
    name: item.record.name,
    item,
    lacks: undefined,
    state: 'running',
    failures: [],
    ...changes,
  };
}

const shown = (slivers: readonly SliverSummary[]) =>
  linesOf(renderSlivers(slivers, aPage())).join('\n');

test('slivers of every kind in one table', () => {
  const failure = { daemon: 'account-supervisor', ...aFailure() } as const;
  const waiting = aSliver({
    name: 'mit_chord',
    record: { plc_instantiated: false, expiry: undefined },
  });
  const lent = aSliver({
    name: 'a_b',
    local: { stopped: true },
    effective: { nm_cpu_share: 56, nm_cpu_guaranteed_share: 200, nm_net_max_rate: 5e8 },
  });
  const slivers = [
    aSummary(),
    aSummary({ name: 'a_b', item: lent, state: 'stopped' }),
    aSummary({ name: 'mit_chord', item: waiting, state: 'absent' }),
    aSummary({ name: 'utah_lab', failures: [failure], state: 'stopped' }),
    aSummary({ name: 'w_gone', item: undefined, lacks: 'no record', state: 'kept' }),
    aSummary({ name: 'x_y', item: undefined, lacks: 'no record' }),
    aSummary({ name: 'z_z', item: undefined }),
  ];
  expect(shown(slivers)).toMatchInlineSnapshot(`
    "NAME              STATE    ORIGIN       EXPIRES     CPU  CPU MIN      DISK      NET MAX  NOTE
    princeton_sirius  running  plc          in 20 days   64       0%  4.77 GiB     1 Gbit/s
    a_b               stopped  plc          in 20 days  *56     *20%  4.77 GiB  *500 Mbit/s  stopped by the API
    mit_chord         absent   not created  never        64       0%  4.77 GiB     1 Gbit/s  waits for CreateSliver
    utah_lab          stopped  plc          in 20 days   64       0%  4.77 GiB     1 Gbit/s  start fails (again in 30 s): no image
    w_gone            kept                                                                   removed; its files are kept
    x_y               running                                                                no record
    z_z               running

    7 slivers, 1 failing, * changed by loans or a lease"
  `);
});

test('an expiry that has passed is behind us', () => {
  const item = aSliver({ record: { expiry: epochSeconds((NOW - 2 * MINUTE) / 1000) } });
  expect(shown([aSummary({ item })])).toContain('2 min ago');
});

test('a node without slivers says so', () => {
  expect(shown([])).toBe('no slivers');
});
