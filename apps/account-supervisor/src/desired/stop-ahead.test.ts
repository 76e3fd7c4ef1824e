import { checkConfig } from '@nodemgr/config';
import type { FeedItem } from '@nodemgr/contracts';
import { accountName, epochSeconds, LEASES_KEY, type RecordKey } from '@nodemgr/records';
import { expect, test } from 'vitest';
import { aSliver, keyed, SIRIUS } from '../test-support/builders.test-support.ts';
import { judgeStopAhead, LeasesHere } from './stop-ahead.ts';

const NOW = 1_000_000;
const OTHER = accountName('site_other');
const HOLDS = { standing: 'holds', until: epochSeconds(NOW + 100) } as const;

function termsOf(leases: Readonly<Record<string, unknown>> = {}) {
  const tree = { node: { id: 1 }, plc: { url: 'https://plc.example/' } };
  return checkConfig({ ...tree, leases: { warn_seconds: 60, ...leases } }, 'test').leases;
}

/** SIRIUS has the node until 100 s from now, and OTHER after it. */
function theItems(policy: 'lease_or_idle' | 'lease_or_shared'): ReadonlyMap<RecordKey, FeedItem> {
  const lease = (slice: typeof SIRIUS, from: number, until: number) => ({
    slice,
    from: epochSeconds(NOW + from),
    until: epochSeconds(NOW + until),
  });
  const record = {
    record_key: LEASES_KEY,
    timestamp: epochSeconds(0),
    policy,
    leases: [lease(SIRIUS, -100, 100), lease(OTHER, 100, 200), lease(accountName('x_x'), 0, 50)],
  };
  const others: (readonly [RecordKey, FeedItem])[] = [
    keyed(aSliver(SIRIUS, { lease: HOLDS })),
    keyed(aSliver(OTHER)),
  ];
  return new Map([...others, [LEASES_KEY, { kind: 'leases', source: 'plc', record }]]);
}

function judge(
  seconds: number,
  {
    policy = 'lease_or_idle' as 'lease_or_idle' | 'lease_or_shared',
    trusted = true,
    terms = {},
  } = {},
) {
  const clock = { now: epochSeconds(NOW + seconds), clockTrusted: trusted };
  const grounds = { here: new LeasesHere(theItems(policy)), terms: termsOf(terms), clock };
  return judgeStopAhead(aSliver(SIRIUS, { lease: HOLDS }), grounds);
}

test('tenants are told of a stop for as long before it as the configuration has it', () => {
  expect(judge(0)).toEqual({ later: NOW + 40 });
  expect(judge(39)).toEqual({ later: NOW + 40 });
  expect(judge(40)).toEqual({ stop: { at: NOW + 100, left: 60 } });
  expect(judge(99)).toEqual({ stop: { at: NOW + 100, left: 1 } });
});

test('tenants are told of nothing where the sliver runs on, or nobody is to be told', () => {
  expect(judge(50, { policy: 'lease_or_shared' })).toBe('none');
  expect(judge(50, { terms: { warn_seconds: 0 } })).toBe('none');
  expect(judge(50, { terms: { warn_by: [] } })).toBe('none');
});

test('tenants are told of a stop for another slice’s lease', () => {
  const stopped = { policy: 'lease_or_shared', terms: { beside_holder: 'stop' } } as const;
  expect(judge(50, stopped)).toEqual({ stop: { at: NOW + 100, left: 50 } });
});

test('what was told of a stop stands while the sliver is being stopped', () => {
  expect(judge(100)).toBe('unknown');
});

test('a clock that is not trusted says nothing of a stop', () => {
  expect(judge(50, { trusted: false })).toBe('unknown');
});

test('a sliver that does not run is to be told of nothing', () => {
  const clock = { now: epochSeconds(NOW + 50), clockTrusted: true };
  const here = new LeasesHere(theItems('lease_or_idle'));
  const grounds = { here, terms: termsOf(), clock };
  const rests = aSliver(SIRIUS, { lease: { standing: 'rests' } });
  expect(judgeStopAhead(rests, grounds)).toBe('none');
  expect(judgeStopAhead(undefined, grounds)).toBe('none');
});

test('a thousand slivers are judged for a thousand leases without going through all leases for each', () => {
  let looks = 0;
  const names = Array.from({ length: 1000 }, (_, n) => accountName(`site_${n}`));
  const leases = names.map((slice) => ({
    slice,
    until: epochSeconds(NOW + 100),
    get from() {
      looks += 1;
      return epochSeconds(NOW - 100);
    },
  }));
  const record = {
    ...{ record_key: LEASES_KEY, timestamp: epochSeconds(0), policy: 'lease_or_idle' as const },
    leases,
  };
  const slivers = names.map((name) => aSliver(name, { lease: HOLDS }));
  const reserved = [LEASES_KEY, { kind: 'leases', source: 'plc', record }] as const;
  const here = new LeasesHere(new Map([...slivers.map(keyed), reserved]));
  const grounds = {
    here,
    terms: termsOf(),
    clock: { now: epochSeconds(NOW + 50), clockTrusted: true },
  };
  for (const sliver of slivers) {
    expect(judgeStopAhead(sliver, grounds)).toEqual({ stop: { at: NOW + 100, left: 50 } });
  }
  expect(looks).toBeLessThan(10 * leases.length);
});
