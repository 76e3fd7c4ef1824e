import type { LimitDecision } from '@nodemgr/contracts';
import { bitsPerSecond, DEFAULT_RSPEC, revision } from '@nodemgr/records';
import { beforeEach, expect, test } from 'vitest';
import { NOTHING_INSTALLED } from '../observed/bandwidth-state.ts';
import { aDemand, aNode, plannerOf, SIRIUS } from '../test-support/builders.test-support.ts';
import type { BandwidthPlanner } from './bandwidth-planner.ts';
import { LeafDecisions } from './leaf-decisions.ts';

const decisionOf = (at: number): LimitDecision => ({
  at,
  revision: revision(at),
  why: 'record of plc',
  by: { kind: 'plc' },
});

let planner: BandwidthPlanner;
let decisions: LeafDecisions;

/** Carries out what is planned now, as decided under revision `at`. */
function settle(at: number): void {
  const before = planner.observed.slivers;
  const steps = planner.changes();
  planner.applied(steps);
  decisions.done(steps, before, () => decisionOf(at));
  planner.settled();
}

const revisionOf = (branch: 'ordinary' | 'exempt', parameter: 'rate' | 'ceil' | 'quantum') =>
  decisions.on(SIRIUS, branch, parameter)?.revision;

beforeEach(() => {
  decisions = new LeafDecisions();
  planner = plannerOf(aNode(), new Map([[SIRIUS, aDemand()]]), NOTHING_INSTALLED);
  settle(1);
});

test('all parameters of a sliver that has been added were decided when it was', () => {
  expect(revisionOf('ordinary', 'rate')).toBe(1);
  expect(revisionOf('exempt', 'quantum')).toBe(1);
});

test('a change of one parameter is a decision on that one alone', () => {
  const nm_net_max_rate = DEFAULT_RSPEC.nm_net_max_rate / 2;
  planner.sliversAsked([[SIRIUS, aDemand(0, { nm_net_max_rate })]]);
  settle(2);
  expect(planner.observed.slivers.get(SIRIUS)?.ordinary?.ceil).toBe(bitsPerSecond(nm_net_max_rate));
  expect(revisionOf('ordinary', 'ceil')).toBe(2);
  expect(revisionOf('ordinary', 'rate')).toBe(1);
  expect(revisionOf('exempt', 'ceil')).toBe(1);
});

test('nothing is remembered of a sliver that has gone', () => {
  planner.sliversAsked([[SIRIUS, undefined]]);
  settle(3);
  expect(revisionOf('ordinary', 'rate')).toBe(undefined);
});

test('nothing was decided on what was found in the kernel', () => {
  decisions = new LeafDecisions();
  planner = plannerOf(aNode(), new Map([[SIRIUS, aDemand()]]), planner.observed);
  settle(4);
  expect(revisionOf('ordinary', 'rate')).toBe(undefined);
});
