import type { PollEnd } from '@nodemgr/contracts';
import { expect, test } from 'vitest';
import type { NodeStatus } from '../ask/node-status.ts';
import { textOf } from '../render/render-line.ts';
import {
  AWAY,
  aDbStatus,
  aFailure,
  aFetcherStatus,
  aNodeStatus,
  answered,
  aPage,
  aSupervisorStatus,
  linesOf,
  MINUTE,
  NOW,
} from '../test-support/builders.ts';
import { renderStatus } from './render-status.ts';

const shown = (status: NodeStatus) => linesOf(renderStatus(status, aPage())).join('\n');

test('a node that is well', () => {
  expect(shown(aNodeStatus())).toMatchInlineSnapshot(`
    "PROCESS             STATE  PID  SINCE                             DETAIL
    plc-fetcher         up     101  2023-11-14 22:10:20Z (3 min ago)  https://plc.example/slices.xml
    db-service          up     102  2023-11-14 22:10:20Z (3 min ago)  revision 12
    account-supervisor  up     103  2023-11-14 22:10:20Z (3 min ago)  dry-run, feed live at revision 12
    bwcap-agent         up     104  2023-11-14 22:10:20Z (3 min ago)  dry-run, feed live at revision 12
    api-gateway         up     105  2023-11-14 22:10:20Z (3 min ago)  127.0.0.1:812, 120 calls, 1 fault, 2 connections, feed live at revision 12

    last update   2023-11-14 22:10:20Z (3 min ago) from https://plc.example/slices.xml: 7 of 42 slices are ours
                  last poll 1 min ago: unchanged
                  next poll in 5 min
    guard         open: nothing is held back
    clock         trusted
    accounts      7 slivers and 1 delegate have a record, 8 accounts desired, 7 running, 1 stopped

    all is well"
  `);
});

test('a node with everything wrong says what, why, since when and what is done about it', () => {
  const guard = [
    {
      source: 'plc',
      reason: 'the update would remove 5 of 7 running slivers',
      would_remove: ['sliver_a_b', 'sliver_c_d'],
      since: NOW - 4 * MINUTE,
    },
  ];
  const database = aDbStatus({
    guard,
    sources: { plc: { timestamp: NOW / 1000 - 600, since_boot: true, vouched_at: NOW / 1000 } },
    clock: { trusted: false, reason: 'the clock has jumped' },
    salvage: { at: NOW - MINUTE, reason: 'malformed page 3', set_aside: '/var/lib/nodemgr/db/x' },
    troubles: [
      { source: 'plc', text: 'line 7: slice "../etc": bad name' },
      { source: 'plc', record_key: 'sliver_x_y', text: 'line 9: its expiry is no time' },
    ],
    records: { slivers: 1, delegates: 0, removed: 2 },
  });
  const later = aFailure({ subject: 'mit_chord', attempts: 1 });
  const { retry_at: _, ...unretried } = later;
  expect(
    shown(
      aNodeStatus({
        'db-service': answered(database),
        'account-supervisor': answered(aSupervisorStatus([aFailure(), unretried])),
        'bwcap-agent': AWAY,
      }),
    ),
  ).toMatchInlineSnapshot(`
    "PROCESS             STATE  PID  SINCE                             DETAIL
    plc-fetcher         up     101  2023-11-14 22:10:20Z (3 min ago)  https://plc.example/slices.xml
    db-service          up     102  2023-11-14 22:10:20Z (3 min ago)  revision 12
    account-supervisor  up     103  2023-11-14 22:10:20Z (3 min ago)  dry-run, feed live at revision 12
    bwcap-agent         down                                          it is not running
    api-gateway         up     105  2023-11-14 22:10:20Z (3 min ago)  127.0.0.1:812, 120 calls, 1 fault, 2 connections, feed live at revision 12

    last update   accepted 2023-11-14 22:03:20Z (10 min ago)
                  held back by the guard: that of 2023-11-14 22:10:20Z (3 min ago) from https://plc.example/slices.xml: 7 of 42 slices are ours
                  last poll 1 min ago: unchanged
                  next poll in 5 min
    guard         holds back an update from plc since 2023-11-14 22:09:20Z (4 min ago)
                    why           the update would remove 5 of 7 running slivers
                    would remove  sliver_a_b, sliver_c_d
                    let it through with: nmctl guard allow
    clock         not trusted: the clock has jumped; nothing expires meanwhile
    accounts      1 sliver and 0 delegates have a record, 8 accounts desired, 7 running, 1 stopped; 2 removed, files kept
    database      set aside as damaged 2023-11-14 22:12:20Z (1 min ago): malformed page 3; kept as /var/lib/nodemgr/db/x

    left out, ignored or cut
      slices.xml: line 7: slice "../etc": bad name
      slices.xml: x_y: line 9: its expiry is no time

    failing
      SUBJECT           ACTION  TRIED  SINCE      NEXT TRY                REASON
      princeton_sirius  start      3×  2 min ago  in 30 s                 no image
      mit_chord         start      1×  2 min ago  when something changes  no image

    7 troubles: bwcap-agent: down; princeton_sirius: start fails; mit_chord: start fails; the guard holds back an update from plc; the database was set aside as damaged; look at it, and remove /var/lib/nodemgr/db/x; and 2 more"
  `);
});

test('a node that has heard nothing from its authority yet says so', () => {
  const { last_attempt: _, document: __, ...silent } = aFetcherStatus().detail;
  const status = { ...aFetcherStatus(), detail: silent };
  expect(shown(aNodeStatus({ 'plc-fetcher': answered(status) }))).toContain(
    'last update   none yet from https://plc.example/slices.xml\n              next poll in 5 min',
  );
});

test('how the last poll ended and when the next one comes are sentences', () => {
  const polled = (last_poll: PollEnd) =>
    shown(
      aNodeStatus({
        'plc-fetcher': answered(
          aFetcherStatus({ last_attempt: NOW, next_attempt: NOW + 500, last_poll }),
        ),
      }),
    );
  expect(polled({ outcome: 'failed', reason: 'no such host' })).toContain(
    'last poll just now failed: no such host\n',
  );
  expect(polled({ outcome: 'malformed', reason: 'cut short' })).toContain(
    'last poll just now brought a document that is malformed: cut short\n',
  );
  expect(polled({ outcome: 'unchanged' })).toContain(
    'last poll just now: unchanged\n              next poll is due',
  );
});

test('on a terminal every fact is there, folded', () => {
  const dense = (lines: readonly string[]) => lines.join('').replace(/\s/g, '');
  const narrow = linesOf(renderStatus(aNodeStatus(), aPage({ width: 80 })));
  for (const text of narrow) expect([...text].length).toBeLessThanOrEqual(80);
  const wide = linesOf(renderStatus(aNodeStatus(), aPage({ width: 1000 })));
  expect(dense(narrow)).toBe(dense(wide));
});

test('what nobody can tell is called unknown', () => {
  const away = {
    'plc-fetcher': AWAY,
    'db-service': AWAY,
    'account-supervisor': AWAY,
    'bwcap-agent': AWAY,
    'api-gateway': AWAY,
  };
  expect(shown(away)).toMatchInlineSnapshot(`
    "PROCESS             STATE  DETAIL
    plc-fetcher         down   it is not running
    db-service          down   it is not running
    account-supervisor  down   it is not running
    bwcap-agent         down   it is not running
    api-gateway         down   it is not running

    last update   unknown
    guard         unknown
    clock         unknown
    accounts      unknown

    5 troubles: plc-fetcher: down; db-service: down; account-supervisor: down; bwcap-agent: down; api-gateway: down"
  `);
});

test('a reason that holds escape sequences cannot send them', () => {
  const failing = answered(aSupervisorStatus([aFailure({ reason: '\x1b[2Jgone' })]));
  const lines = renderStatus(aNodeStatus({ 'account-supervisor': failing }), aPage());
  expect(textOf(lines, { colours: false })).toContain('\\x1b[2Jgone');
  expect(textOf(lines, { colours: false })).not.toContain('\x1b');
});
