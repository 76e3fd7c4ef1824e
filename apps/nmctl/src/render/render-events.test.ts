import type { NodeEvent } from '@nodemgr/contracts';
import { accountName } from '@nodemgr/records';
import { expect, test } from 'vitest';
import { aPage, linesOf, NOW } from '../test-support/builders.ts';
import { renderEvents } from './render-events.ts';

const SIRIUS = accountName('princeton_sirius');
const EVENTS: readonly NodeEvent[] = [
  {
    at: NOW - 3_600_000,
    account: 'node',
    what: 'update-held',
    why: 'too much',
    by: { kind: 'guard' },
  },
  {
    at: NOW,
    account: SIRIUS,
    what: 'loans-set',
    why: 'lends 8 nm_cpu_share to princeton_eisentest',
    by: { kind: 'api-caller', name: 'sliver princeton_sirius' },
  },
];
const all = { name: undefined, events: [...EVENTS], more: false };

test('an event is a line: when, whose, what, by whom, why', () => {
  expect(linesOf(renderEvents(all, aPage()))).toEqual([
    'TIME                  ACCOUNT           WHAT         BY                                  WHY',
    '2023-11-14 21:13:20Z  node              update-held  guard                               too much',
    '2023-11-14 22:13:20Z  princeton_sirius  loans-set    api-caller sliver princeton_sirius  lends 8 nm_cpu_share to princeton_eisentest',
  ]);
});

test('of one account the account is not told', () => {
  const page = renderEvents({ ...all, name: SIRIUS, events: EVENTS.slice(1) }, aPage());
  expect(linesOf(page).join('\n')).not.toContain('ACCOUNT');
});

test('on a terminal no line is wider than it is, and nothing is cut', () => {
  const lines = linesOf(renderEvents(all, aPage({ width: 80 })));
  for (const line of lines) expect(line.length).toBeLessThanOrEqual(80);
  expect(lines.join(' ').replace(/\s+/g, ' ')).toContain('lends 8 nm_cpu_share to princeton_eisen');
});

test('that older ones are left out is said', () => {
  const lines = linesOf(renderEvents({ ...all, more: true }, aPage()));
  expect(lines.at(-1)).toBe('the newest 2 events; for older ones: --limit');
});

test('none are called none', () => {
  expect(linesOf(renderEvents({ ...all, events: [] }, aPage()))).toEqual(['no events']);
});

test('what a tenant or an authority wrote steers no terminal', () => {
  const [event] = EVENTS;
  if (event === undefined) throw new Error('no event');
  const evil = {
    ...event,
    why: '\x1b[2J',
    by: { kind: 'api-caller' as const, name: '\x1b]0;x\x07' },
  };
  const text = linesOf(renderEvents({ ...all, events: [evil] }, aPage())).join('');
  expect(text).not.toContain('\x1b');
  expect(text).toContain('\\x1b[2J');
});
