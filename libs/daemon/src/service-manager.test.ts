import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { type Notify, ServiceManager } from './service-manager.ts';

const SOCKET = '/run/systemd/notify';
let sent: [socket: string, message: string][];
let logged: string[];
const log = pino({}, { write: (line: string) => logged.push(line) });
const send: Notify = (socket, message) => sent.push([socket, message]);
const messages = () => sent.map(([, message]) => message);

beforeEach(() => {
  vi.useFakeTimers();
  sent = [];
  logged = [];
});
afterEach(() => vi.useRealTimers());

const manager = (env: Record<string, string>, notify = send) =>
  new ServiceManager(env, notify, log);

describe('the service manager', () => {
  test('is told nothing when there is none', () => {
    for (const env of [{}, { NOTIFY_SOCKET: '' }]) {
      const systemd = manager({ ...env, WATCHDOG_USEC: '1000000' });
      systemd.ready();
      vi.advanceTimersByTime(5000);
      systemd.stopping();
    }
    expect(sent).toEqual([]);
  });

  test('hears when the daemon is ready and when it stops', () => {
    const systemd = manager({ NOTIFY_SOCKET: SOCKET });
    systemd.ready();
    systemd.stopping();
    expect(sent).toEqual([
      [SOCKET, 'READY=1'],
      [SOCKET, 'STOPPING=1'],
    ]);
  });

  test('shows a status, on one line, until it is taken back', () => {
    const systemd = manager({ NOTIFY_SOCKET: SOCKET });
    systemd.status('no room\nREADY=1');
    systemd.status('');
    expect(messages()).toEqual(['STATUS=no room READY=1', 'STATUS=']);
  });

  test('hears twice in its patience that the loop turns, from ready until stopping', () => {
    const systemd = manager({ NOTIFY_SOCKET: SOCKET, WATCHDOG_USEC: '10000000' });
    vi.advanceTimersByTime(60_000);
    expect(messages()).toEqual([]);
    systemd.ready();
    vi.advanceTimersByTime(15_000);
    systemd.stopping();
    vi.advanceTimersByTime(60_000);
    const ping = 'WATCHDOG=1';
    expect(messages()).toEqual(['READY=1', ping, ping, ping, 'STOPPING=1']);
  });

  test.each([
    ['is not asked for', {}],
    ['is asked of another process', { WATCHDOG_USEC: '1000000', WATCHDOG_PID: '1' }],
    ['has no meaning', { WATCHDOG_USEC: 'soon' }],
    ['is off', { WATCHDOG_USEC: '0' }],
  ])('gets no pings when the watchdog %s', (_what, env) => {
    const systemd = manager({ NOTIFY_SOCKET: SOCKET, ...env });
    systemd.ready();
    vi.advanceTimersByTime(60_000);
    systemd.stopping();
    expect(messages()).toEqual(['READY=1', 'STOPPING=1']);
  });

  test('gets pings when the watchdog names this process', () => {
    const env = { WATCHDOG_USEC: '1000000', WATCHDOG_PID: String(process.pid) };
    const systemd = manager({ NOTIFY_SOCKET: SOCKET, ...env });
    systemd.ready();
    vi.advanceTimersByTime(500);
    systemd.stopping();
    expect(messages()).toEqual(['READY=1', 'WATCHDOG=1', 'STOPPING=1']);
  });

  test('with the patience of a year does not get a ping every millisecond', () => {
    const year = String(365 * 86_400 * 1_000_000);
    const systemd = manager({ NOTIFY_SOCKET: SOCKET, WATCHDOG_USEC: year });
    systemd.ready();
    vi.advanceTimersByTime(60_000);
    systemd.stopping();
    expect(messages()).toEqual(['READY=1', 'STOPPING=1']);
  });

  test('that cannot be told stops nobody: the reason is logged', () => {
    const systemd = manager({ NOTIFY_SOCKET: SOCKET }, () => {
      throw new Error('ECONNREFUSED');
    });
    systemd.ready();
    expect(logged.join()).toContain('ECONNREFUSED');
    expect(logged.join()).toContain('systemd could not be notified');
  });
});
