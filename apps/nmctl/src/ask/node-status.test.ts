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
} from '../test-support/builders.ts';
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
    failures: [aFailure({ code: 'update-held', source: 'plc', subject: 'guard: plc' })],
  };
  const refused = aFailure({
    code: 'update-held',
    source: 'plc',
    subject: 'slices.xml',
    action: 'deliver',
  });
  const unfetched = aFailure({ code: 'document', subject: 'slices.xml', action: 'fetch' });
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

test('a clock that is not trusted is shown, but is no trouble', () => {
  const clock = { trusted: false, reason: 'it has jumped' };
  const status = aNodeStatus({ 'db-service': answered(aDbStatus({ clock })) });
  expect(troublesOf(status)).toEqual([]);
});

test('whatever a source says in a way that does not count is a trouble, with where, whom and why', () => {
  const troubles = [
    { source: 'plc' as const, text: 'line 3: slice "../etc": bad name' },
    { source: 'config' as const, record_key: 'delegate_del_snoop', text: 'key 0 is broken' },
  ];
  const status = aNodeStatus({ 'db-service': answered(aDbStatus({ troubles })) });
  expect(troublesOf(status)).toEqual([
    'slices.xml: line 3: slice "../etc": bad name',
    'configuration: del_snoop: key 0 is broken',
  ]);
});

test('a key that is broken is one trouble, in however many slices its person is', () => {
  const of = (name: string) =>
    ({ source: 'plc', record_key: `sliver_${name}`, text: 'line 9: key of person 5' }) as const;
  const status = (more_troubles: number) => {
    const troubles = ['a_a', 'b_b', 'c_c', 'd_d', 'e_e'].map(of);
    return aNodeStatus({ 'db-service': answered(aDbStatus({ troubles, more_troubles })) });
  };
  const line = 'slices.xml: a_a, b_b, c_c and 2 more: line 9: key of person 5';
  expect(troublesOf(status(0))).toEqual([line]);
  expect(troublesOf(status(7))).toEqual([line, 'and 7 more of this kind']);
});

test('a database that was set aside is a trouble until it is taken away', () => {
  const salvage = { at: 0, reason: 'malformed', set_aside: '/db/x.damaged-1' };
  const [trouble] = troublesOf(aNodeStatus({ 'db-service': answered(aDbStatus({ salvage })) }));
  expect(trouble).toMatch(/set aside as damaged; look at it, and remove \/db\/x.damaged-1/);
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
