/**
 * `nm_net_max_byte`, `nm_net_max_thresh_byte` and the exempt pair: what a sliver may send in a day, in each branch.
 * Nothing in the kernel has such a limit: past the threshold the leaf's ceiling is brought down. Pure.
 */
import { amountOf, type BitsPerSecond, bitsPerSecond, type Rspec } from '@nodemgr/records';
import { type Bytes, bytes, MIN_RATE } from './htb-class.ts';
import type { Branch } from './htb-tree.ts';
import type { NetResource } from './limit.ts';

const RESOURCES = {
  ordinary: { resource: 'nm_net_max_byte', thresholdResource: 'nm_net_max_thresh_byte' },
  exempt: {
    resource: 'nm_net_max_exempt_byte',
    thresholdResource: 'nm_net_max_thresh_exempt_byte',
  },
} as const satisfies Record<Branch, { resource: NetResource; thresholdResource: NetResource }>;

/** What may be sent in a day. */
export interface DayLimit {
  readonly max: Bytes;
  /** From where on the rate is cut; at most `max`. */
  readonly threshold: Bytes;
}

/** The part of the limit that may be sent at any rate, where no threshold is given: PLC's own. */
const THRESHOLD_PART = 0.8;

/** A limit of a branch that two resources make together. */
export interface DayBytes<
  Name extends NetResource = NetResource,
  Threshold extends NetResource = NetResource,
> {
  readonly resource: Name;
  readonly thresholdResource: Threshold;
  /** wanted returns the limit, given the sliver's effective RSpec; undefined: there is none. */
  readonly wanted: (rspec: Rspec) => DayLimit | undefined;
}

/** dayBytes makes the limit of one branch. A threshold without a limit means nothing. */
export function dayBytes<B extends Branch>(
  branch: B,
): DayBytes<(typeof RESOURCES)[B]['resource'], (typeof RESOURCES)[B]['thresholdResource']> {
  const { resource, thresholdResource } = RESOURCES[branch];
  return {
    resource,
    thresholdResource,
    wanted(rspec) {
      const max = amountOf(rspec, resource);
      if (max <= 0) return undefined;
      const given = amountOf(rspec, thresholdResource);
      const threshold = given > 0 ? Math.min(given, max) : Math.floor(max * THRESHOLD_PART);
      return { max: bytes(max), threshold: bytes(threshold) };
    },
  };
}

/** The rate is never worked out for less than this: at the end of the day it would be without bounds. */
const LEAST_SECONDS = 60;

/** rateForRest returns the rate at which what is left of the limit lasts for the rest of the day. */
export function rateForRest({ max }: DayLimit, sent: Bytes, restSeconds: number): BitsPerSecond {
  const left = Math.max(0, max - sent);
  const rate = (left * 8) / Math.max(LEAST_SECONDS, restSeconds);
  return bitsPerSecond(Math.max(MIN_RATE, Math.floor(rate)));
}
