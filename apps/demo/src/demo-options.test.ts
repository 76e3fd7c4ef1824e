import { expect, test } from 'vitest';
import { demoDefaults, flagOverrides, ownPlc, withoutOverrides } from './demo-config.ts';
import { parseDemoOptions, UsageError } from './demo-options.ts';

function options(...args: readonly string[]) {
  const parsed = parseDemoOptions(args);
  if (parsed === 'help') throw new Error('help');
  return parsed;
}

test('without flags the state is .nodemgr and nothing overrides the configuration', () => {
  expect(options()).toMatchObject({ state: '.nodemgr', plain: false });
  expect(flagOverrides(options())).toEqual({});
});

test('each flag sets its own key', () => {
  const flags = options(
    '--node-id',
    '5',
    '--tcp-port',
    '9000',
    '--poll',
    '0.5',
    '--slices',
    'a.xml',
  );
  expect(flags.slices).toBe('a.xml');
  expect(flagOverrides(flags)).toEqual({
    node: { id: 5 },
    plc: { poll_seconds: 0.5, max_backoff_seconds: 0.5 },
    api: { tcp_port: 9000 },
  });
});

test('what PLC speaks, and how it goes wrong, is demo-plc’s to hear', () => {
  expect(options()).toMatchObject({ plcKind: 'slices-xml', plcFaults: undefined });
  const flags = options('--plc', 'getslivers', '--plc-faults', '103,cut');
  expect(flags).toMatchObject({ plcKind: 'getslivers', plcFaults: '103,cut' });
  expect(flagOverrides(flags)).toEqual({});
});

test.each([
  [['--tcp-port', '65536'], /--tcp-port 65536: wants a whole number from 0 to 65535/],
  [['--node-id', '-1'], /node-id/],
  [['--node-id', '1.5'], /--node-id 1.5: wants a whole number/],
  [['--poll', ''], /--poll/],
  [['--polls', '1'], /--polls/],
  [['--without', 'gateway'], /--without gateway: wants one of plc-fetcher/],
  [['--state', ''], /--state: wants a path/],
  [['--plc', 'sfa'], /--plc sfa: wants one of slices-xml, getslivers/],
  [['--plc-faults', 'cut'], /--plc-faults: wants --plc getslivers beside it/],
  [['extra'], /extra/],
])('%j is refused by its name', (args, message) => {
  expect(() => parseDemoOptions(args)).toThrow(UsageError);
  expect(() => parseDemoOptions(args)).toThrow(message);
});

test('the demo pretends below its own folder, and whoever runs it counts as root', () => {
  const tree = demoDefaults({ stateDir: '/s', runtimeDir: '/r', uid: 1000 });
  expect(tree).toMatchObject({
    node: { driver: 'dry-run', state_dir: '/s', runtime_dir: '/r' },
    accounts: { passwd_file: '/s/machine/etc/passwd' },
    api: { root_uids: [0, 1000] },
  });
});

test('what the environment sets is in the file by then: the processes do not hear of it again', () => {
  expect(withoutOverrides({ PATH: '/bin', NODEMGR_API__TCP_PORT: '1' })).toEqual({ PATH: '/bin' });
});

test("a user's own PLC takes the place of demo-plc", () => {
  expect(ownPlc({ plc: { url: 'https://plc.example/' } })).toBe(true);
  expect(ownPlc({ plc: { poll_seconds: 3 } })).toBe(false);
  expect(ownPlc({})).toBe(false);
});
