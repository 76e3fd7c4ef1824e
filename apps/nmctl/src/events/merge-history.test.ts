import type { EventSubject, NodeEvent } from '@nodemgr/contracts';
import { accountName } from '@nodemgr/records';
import { expect, test } from 'vitest';
import { mergeHistory } from './merge-history.ts';

function anEvent(at: number, account: EventSubject): NodeEvent {
  return { at, account, what: 'started', why: '', by: { kind: 'plc' } };
}

const said = accountName('said_it');
const done = accountName('done_it');
const told = (...args: Parameters<typeof mergeHistory>) =>
  mergeHistory(...args).events.map(({ at, account }) => `${at} ${account}`);

test('parts are merged by time; of the same moment what was said comes before what was done', () => {
  const parts = [
    { events: [anEvent(1, said), anEvent(3, said)], more: false },
    { events: [anEvent(2, done), anEvent(3, done)], more: false },
  ];
  expect(told(parts, 9)).toEqual(['1 said_it', '2 done_it', '3 said_it', '3 done_it']);
  expect(mergeHistory(parts, 4).more).toBe(false);
});

test('the newest are kept, and that there are more is told', () => {
  const parts = [
    { events: [anEvent(1, said), anEvent(3, said)], more: false },
    { events: [anEvent(2, done)], more: true },
  ];
  expect(told(parts, 2)).toEqual(['2 done_it', '3 said_it']);
  expect(mergeHistory(parts, 2).more).toBe(true);
  expect(mergeHistory(parts, 9).more).toBe(true);
});
