import { expect, test } from 'vitest';
import {
  AWAY,
  aDbStatus,
  aFailure,
  aFetcherStatus,
  aGatewayStatus,
  aNodeStatus,
  answered,
  aSupervisorStatus,
  NOW,
} from './builders.ts';
import { isSilentNode, troublesOf } from './node-status.ts';

test('a node on which everything answers and nothing fails is well', () => {
  expect(troublesOf(aNodeStatus())).toEqual([]);
});

test('a daemon that does not answer is a trouble', () => {
  expect(troublesOf(aNodeStatus({ 'bwcap-agent': AWAY }))).toEqual(['bwcap-agent: down']);
});

test('a daemon that we may not ask is told from one that is away', () => {
  const forbidden = { answered: false, kind: 'permission-denied', reason: '' } as const;
  expect(troublesOf(aNodeStatus({ 'bwcap-agent': forbidden }))).toEqual(['bwcap-agent: no access']);
});

test('something that fails is a trouble', () => {
  const supervisor = answered(aSupervisorStatus([aFailure()]));
  expect(troublesOf(aNodeStatus({ 'account-supervisor': supervisor }))).toEqual([
    'princeton_sirius: start fails',
  ]);
});

test('an update that the guard holds back is a trouble', () => {
  const hold = { source: 'plc', reason: 'too much', would_remove: ['sliver_a_b'], since: NOW };
  expect(troublesOf(aNodeStatus({ 'db-service': answered(aDbStatus({ guard: [hold] })) }))).toEqual(
    ['the guard holds back an update from plc'],
  );
});

test('an update that is held back is one trouble, whoever reports it too', () => {
  const hold = { source: 'plc', reason: 'too much', would_remove: ['sliver_a_b'], since: NOW };
  const database = {
    ...aDbStatus({ guard: [hold] }),
    failures: [aFailure({ subject: 'guard: plc' })],
  };
  const refused = aFailure({ subject: 'slices.xml', action: 'deliver' });
  const unfetched = aFailure({ subject: 'slices.xml', action: 'fetch' });
  const fetcher = { ...aFetcherStatus(), failures: [refused, unfetched] };
  const status = { 'db-service': answered(database), 'plc-fetcher': answered(fetcher) };
  expect(troublesOf(aNodeStatus(status))).toEqual([
    'slices.xml: fetch fails',
    'the guard holds back an update from plc',
  ]);
  expect(troublesOf(aNodeStatus({ 'plc-fetcher': answered(fetcher) }))).toHaveLength(2);
});

test('a daemon that does not hear the feed is a trouble', () => {
  const status = aGatewayStatus();
  const stale = { ...status, detail: { ...status.detail, feed: { state: 'stale' as const } } };
  expect(troublesOf(aNodeStatus({ 'api-gateway': answered(stale) }))).toEqual([
    'api-gateway: its feed is stale',
  ]);
});

test('slices left out and a clock that is not trusted are shown, but are no trouble', () => {
  const status = aNodeStatus({
    'plc-fetcher': answered(aFetcherStatus({ problems: ['slice x: bad name'] })),
    'db-service': answered(aDbStatus({ clock: { trusted: false, reason: 'it has jumped' } })),
  });
  expect(troublesOf(status)).toEqual([]);
});

test('a node is silent only when none of its daemons is there', () => {
  const none = {
    'plc-fetcher': AWAY,
    'db-service': AWAY,
    'account-supervisor': AWAY,
    'bwcap-agent': AWAY,
  };
  expect(isSilentNode(aNodeStatus(none))).toBe(false);
  expect(isSilentNode(aNodeStatus({ ...none, 'api-gateway': AWAY }))).toBe(true);
});
