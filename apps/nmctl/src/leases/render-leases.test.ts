import type { LeasesView } from '@nodemgr/contracts';
import { accountName, epochSeconds } from '@nodemgr/records';
import { expect, test } from 'vitest';
import { aPage, linesOf, NOW } from '../test-support/builders.ts';
import { renderLeases } from './render-leases.ts';

const SECOND = NOW / 1000;
const lease = (from: number, until: number, state: LeasesView['leases'][number]['state']) => ({
  slice: accountName('princeton_sirius'),
  from: epochSeconds(SECOND + from),
  until: epochSeconds(SECOND + until),
  state,
});
const aView = (changes: Partial<LeasesView> = {}): LeasesView => ({
  policy: 'lease_or_idle',
  beside_holder: 'raise',
  now: epochSeconds(SECOND),
  clock_trusted: true,
  leases: [],
  ...changes,
});

test('leases are a row each, below what they mean on this node', () => {
  const leases = [lease(-60, 300, 'in force'), lease(300, 600, 'elsewhere')];
  expect(linesOf(renderLeases(aView({ leases }), aPage()))).toEqual([
    'lease_or_idle: nobody runs but holders of a lease and slices of the system',
    '',
    expect.stringMatching(/^SLICE +FROM +UNTIL +STATE$/),
    expect.stringMatching(/^princeton_sirius +2023-11-14 22:12:20Z \(1 min ago\) .* in force$/),
    expect.stringMatching(/no such sliver here$/),
  ]);
});

test('a clock that is not trusted is told, for it begins no lease', () => {
  expect(linesOf(renderLeases(aView({ clock_trusted: false }), aPage()))[1]).toMatch(/not trusted/);
});

test('a node that is not reservable says so', () => {
  expect(linesOf(renderLeases(aView({ policy: 'none' }), aPage()))).toEqual([
    'the node is not reservable: leases mean nothing',
  ]);
});
