import type { DbStatus, Failure, FetcherStatus, SupervisorStatus } from '@nodemgr/contracts';
import { amountText, revision } from '@nodemgr/records';
import { expect, test } from 'vitest';
import { describeEvent } from './describe-event.ts';
import { staysAway } from './kept-process.ts';
import { judgeReadiness, type NodeLook, renderProgress } from './node-look.ts';
import { renderReady } from './render-ready.ts';
import { renderSlivers } from './render-slivers.ts';
import { Screen } from './screen.ts';

const common = { process: 'x', pid: 1, version: '1', started_at: 0, failures: [] };
const NEWEST = revision(7);
const feed = { state: 'live', revision: NEWEST } as const;

function aLook(changed: Partial<NodeLook> = {}): NodeLook {
  const fetcher: FetcherStatus = {
    ...common,
    detail: { url: 'u', kind: 'slices-xml', last_poll: { outcome: 'new document' } },
  };
  const db: DbStatus = {
    ...common,
    detail: {
      revision: NEWEST,
      records: { slivers: 2, delegates: 0, removed: 0 },
      sources: { plc: { timestamp: 1, since_boot: true, vouched_at: 1 } },
      guard: [],
      clock: { trusted: true },
      troubles: [],
      more_troubles: 0,
    },
  };
  const supervisor: SupervisorStatus = {
    ...common,
    detail: {
      driver: 'dry-run',
      feed,
      accounts: { desired: 4, running: 2, stopped: 1, busy: 0 },
      converged_revision: NEWEST,
    },
  };
  return {
    fetcher,
    db,
    supervisor,
    bandwidth: {
      ...common,
      detail: { driver: 'dry-run', feed, interface: 'eth0', leaves: 0, converged_revision: NEWEST },
    },
    gateway: {
      ...common,
      detail: { feed, socket: '/s', calls: 0, faults: 0, connections: 0 },
    },
    ...changed,
  };
}

test('the node is ready when all have caught up with what db-service holds', () => {
  expect(judgeReadiness(aLook())).toEqual({ ready: true });
});

test('it is not ready while a process is silent, and says which', () => {
  expect(judgeReadiness(aLook({ gateway: undefined }))).toEqual({
    ready: false,
    waitsFor: 'gateway to start',
  });
});

test('without any document it waits for PLC, with the reason of the last failure', () => {
  const look = aLook();
  const failing: Failure = {
    outcome: 'failing',
    code: 'document',
    subject: 'slices.xml',
    action: 'fetch',
    reason: 'refused',
    attempts: 1,
    since: 0,
  };
  const db = look.db && { ...look.db, detail: { ...look.db.detail, sources: {} } };
  const fetcher = look.fetcher && { ...look.fetcher, failures: [failing] };
  expect(judgeReadiness({ ...look, db, fetcher })).toMatchObject({
    waitsFor: 'a document from PLC (refused)',
  });
});

test('it waits for slivers that lag behind', () => {
  const { supervisor } = aLook();
  const behind = supervisor && {
    ...supervisor,
    detail: { ...supervisor.detail, converged_revision: revision(6) },
  };
  const look = aLook({ supervisor: behind });
  expect(judgeReadiness(look)).toMatchObject({ waitsFor: 'the slivers' });
  expect(renderProgress(look, judgeReadiness(look))).toBe(
    'accounts [##################......] 2 up, 1 stopped of 4, waiting for the slivers',
  );
});

test('slivers are shown by name, with effective amounts', () => {
  const item = {
    kind: 'account',
    source: 'plc',
    record: { account_type: 'sliver', name: 'site_a', id: 3 },
    local: { loans: [['site_b', 'nm_cpu_share', 1]] },
    rspec: {},
    effective: { nm_cpu_guaranteed_share: 200, nm_net_max_rate: 2_500_000 },
  };
  const lines = renderSlivers({
    accounts: [{ name: 'site_a', item }],
    observed: [{ name: 'site_a', state: 'running', detail: {} }],
  });
  expect(lines).toEqual([
    'sliver  state    id  CPU share  guaranteed  disk      net max     loans',
    'site_a  running  3   32         20%         4883 MiB  2.5 Mbit/s  1',
  ]);
});

test('the ready line names the TCP address and the socket, and the examples a sliver that exists', () => {
  const item = (name: string) => ({
    kind: 'account',
    record: { account_type: 'sliver', name, id: 3 },
    local: { loans: [] },
    effective: {},
  });
  const ready = (tcpPort: number, ...names: readonly string[]) =>
    renderReady({
      tcpPort,
      apiSocket: '/s/run/api.sock',
      stateFlag: '--state /s',
      slivers: { accounts: names.map((name) => ({ name, item: item(name) })), observed: [] },
    });
  expect(ready(8812, 'b_b', 'a_a')).toContain('ready tcp 127.0.0.1:8812 unix /s/run/api.sock');
  expect(ready(8812, 'b_b', 'a_a')).toContain('  npx nmctl --state /s call GetRSpec a_a');
  expect(ready(0)).toContain('ready tcp none unix /s/run/api.sock');
  expect(ready(0)).toContain('  npx nmctl --state /s call Help');
  expect(ready(0).join()).not.toContain('python3');
});

test('rates are written with the unit that people would use', () => {
  expect([8, 1000, 1e9, 1e11].map((rate) => amountText('nm_net_max_rate', rate))).toEqual([
    '8 bit/s',
    '1 kbit/s',
    '1 Gbit/s',
    '100 Gbit/s',
  ]);
});

test('a log line becomes a line for people; control characters in it become blanks', () => {
  const line = JSON.stringify({
    level: 40,
    time: '2026-01-02T03:04:05.678Z',
    pid: 1,
    name: 'db-service',
    msg: 'refused',
    reason: 'red\u001b[31m\u202e',
    err: { message: 'boom' },
  });
  expect(describeEvent(line)).toBe('03:04:05 ! db-service: refused (reason red [31m ; boom)');
  expect(describeEvent(line, 50)).toBeUndefined();
  expect(describeEvent('    at stack (file.js:1:1)')).toBeUndefined();
});

test('on a terminal progress is drawn over; without one each new line is printed once', () => {
  const said = (isTTY: boolean) => {
    let text = '';
    const screen = new Screen({ isTTY, columns: 40, write: (more) => (text += more) }, false);
    screen.progress('1/2');
    screen.progress('1/2');
    screen.line('event');
    screen.progress('2/2');
    screen.endProgress();
    return text;
  };
  expect(said(false)).toBe('1/2\nevent\n2/2\n');
  const erase = '\r\x1b[2K';
  expect(said(true)).toBe(`${erase}1/2${erase}event\n1/2${erase}2/2\n`);
});

test('a process that may stop stays away when it was told to, and comes back when it failed', () => {
  const told = { code: 0, signal: null };
  expect(staysAway({ mayStop: true }, told)).toBe(true);
  expect(staysAway({ mayStop: false }, told)).toBe(false);
  expect(staysAway({ mayStop: true }, { code: 1, signal: null })).toBe(false);
  expect(staysAway({ mayStop: true }, { code: null, signal: 'SIGKILL' })).toBe(false);
});
