/** The units against the design: who runs as whom, and who may connect to whom. */
import { dirname, join } from 'node:path';
import { apiSocketOf, INSTALLED_CONFIG, parseConfig } from '@nodemgr/config';
import { COUNTING_AGENTS, DAEMONS, type DaemonName, endpointsBelow } from '@nodemgr/contracts';
import { nodeFlagsOf } from '@nodemgr/daemon';
import { describe, expect, test } from 'vitest';
import { readFolders, readUnit, readUsers, type Unit, unitFiles, wordsOf } from './read-units.ts';

/** The configuration of a node that sets nothing that it need not. */
const config = parseConfig('[node]\nid = 1\n[plc]\nurl = "https://plc.example/"\n', {}, 'test');
const { state_dir: STATE, runtime_dir: RUNTIME } = config.node;
const endpoints = endpointsBelow(RUNTIME);
const folders = readFolders();
const { users, groups } = readUsers();

const serviceOf = (name: DaemonName): Unit => readUnit(`nodemgr-${name}.service`);
const userOf = (name: DaemonName): string => serviceOf(name).get('Service.User')?.at(-1) ?? 'root';

describe.each(DAEMONS)('%s', (name) => {
  const unit = serviceOf(name);

  test('runs its bundle with the installed configuration', () => {
    const [command = ''] = unit.get('Service.ExecStart') ?? [];
    expect(command).toMatch(/^\/usr\/bin\/node /);
    expect(
      command.endsWith(` /usr/lib/nodemgr/${name}/main.cjs --config ${INSTALLED_CONFIG}`),
    ).toBe(true);
  });

  test('is started with the flags of Node.js that the demo starts it with', () => {
    const [command = ''] = unit.get('Service.ExecStart') ?? [];
    const flags = command.split(' ').slice(1, command.split(' ').indexOf('--config') - 1);
    expect(flags).toEqual(nodeFlagsOf(name));
  });

  test('has memory that is writable and executable only if its JavaScript is compiled', () => {
    const [command = ''] = unit.get('Service.ExecStart') ?? [];
    const interpreted = command.includes(' --jitless --no-expose-wasm ');
    expect(unit.get('Service.MemoryDenyWriteExecute')).toEqual([interpreted ? 'yes' : 'no']);
  });

  test('is not restarted when only an operator can put right what is wrong', () => {
    // EX_CONFIG, with which libs/daemon ends then.
    expect(unit.get('Service.RestartPreventExitStatus')).toEqual(['78']);
  });

  test('says when it is ready, is watched, and is restarted for ever', () => {
    expect(unit.get('Service.Type')).toEqual(['notify']);
    expect(Number(unit.get('Service.WatchdogSec'))).toBeGreaterThan(0);
    expect(unit.get('Service.Restart')).toEqual(['always']);
    expect(unit.get('Unit.StartLimitIntervalSec')).toEqual(['0']);
  });

  test('is killed no earlier than it cuts its own stop, and says why', () => {
    // STOP_MS of libs/daemon, and a second for the end itself.
    expect(Number(unit.get('Service.TimeoutStopSec'))).toBeGreaterThanOrEqual(5);
  });

  test('comes and goes with the target, and needs none of the others', () => {
    expect(unit.get('Unit.PartOf')).toEqual(['nodemgr.target']);
    expect(unit.get('Install.WantedBy')).toEqual(['nodemgr.target']);
    for (const key of [
      'Requires',
      'Requisite',
      'BindsTo',
      'Conflicts',
      'Upholds',
      'PropagatesStopTo',
    ]) {
      expect(unit.has(`Unit.${key}`), key).toBe(false);
    }
  });

  test('may write in the runtime folder only what it serves', () => {
    const served = name === 'db-service' ? ['deliver', 'write', 'feed'] : [];
    const writable = wordsOf(unit, 'Service.ReadWritePaths').filter((path) =>
      path.startsWith('/run/'),
    );
    const counts = COUNTING_AGENTS.some((agent) => agent === name);
    const all = [...served, `op/${name}`, ...(counts ? [`use/${name}`] : [])];
    const expected = all.map((path) => join(RUNTIME, path));
    expect(writable).toEqual(expected);
    for (const path of writable) expect(folders.has(path), path).toBe(true);
  });

  test('can gain no privilege, and sees a file system that it cannot change', () => {
    expect(unit.get('Service.NoNewPrivileges')).toEqual(['yes']);
    expect(unit.get('Service.ProtectSystem')).toEqual(['strict']);
    expect(unit.has('Service.CapabilityBoundingSet')).toBe(true);
    expect(unit.has('Service.SystemCallFilter')).toBe(true);
  });
});

test('ZeroMQ may set the scheduling of its threads, as far as it can see: it aborts where it may not', () => {
  for (const name of DAEMONS) {
    const filter = wordsOf(serviceOf(name), 'Service.SystemCallFilter');
    const pretended = filter.indexOf('~sched_setscheduler:0');
    expect(pretended, name).toBeGreaterThan(filter.indexOf('@resources'));
  }
});

test('the daemons that go by the clock may ask the kernel whether it is synchronised, and not set it', () => {
  for (const name of ['db-service', 'account-supervisor', 'bwcap-agent'] as const) {
    const service = serviceOf(name);
    expect(service.get('Service.ProtectClock'), name).toEqual(['no']);
    const filter = wordsOf(service, 'Service.SystemCallFilter');
    for (const call of ['adjtimex', 'clock_adjtime']) {
      expect(filter.lastIndexOf(call), name).toBeGreaterThan(filter.indexOf('~@privileged'));
    }
    expect(wordsOf(service, 'Service.CapabilityBoundingSet'), name).not.toContain('CAP_SYS_TIME');
  }
});

test('every daemon but account-supervisor has a user of its own', () => {
  const own = DAEMONS.filter((name) => name !== 'account-supervisor').map(userOf);
  expect(userOf('account-supervisor')).toBe('root');
  expect(new Set(own)).toEqual(users);
  expect(own).toHaveLength(users.size);
});

test('only bwcap-agent and account-supervisor have capabilities', () => {
  const capabilities = DAEMONS.map((name) => [
    name,
    wordsOf(serviceOf(name), 'Service.CapabilityBoundingSet').length,
  ]);
  expect(capabilities).toEqual([
    ['plc-fetcher', 0],
    ['db-service', 0],
    ['account-supervisor', expect.any(Number)],
    ['bwcap-agent', 1],
    ['api-gateway', 0],
  ]);
});

test('state folders lie below the one that the configuration names', () => {
  for (const name of DAEMONS) {
    for (const folder of wordsOf(serviceOf(name), 'Service.StateDirectory')) {
      expect(join('/var/lib', folder)).toMatch(new RegExp(`^${STATE}(/|$)`));
    }
  }
});

describe('the bus', () => {
  /** Who may connect: the owner serves. account-supervisor follows the feed as root. */
  const trust = [
    [dirname(endpoints.deliver), 'db-service', ['plc-fetcher']],
    [dirname(endpoints.write), 'db-service', ['api-gateway']],
    [dirname(endpoints.feedChanges), 'db-service', ['bwcap-agent', 'api-gateway']],
    [dirname(endpoints.feedSnapshot), 'db-service', ['bwcap-agent', 'api-gateway']],
    [dirname(endpoints.usage['account-supervisor']), 'account-supervisor', ['api-gateway']],
    [dirname(endpoints.usage['bwcap-agent']), 'bwcap-agent', ['api-gateway']],
  ] as const;

  test.each(trust)('%s is served by %s and may be entered by %j', (path, server, clients) => {
    const folder = folders.get(path);
    expect(folder?.owner).toBe(userOf(server));
    expect(groups.get(folder?.group ?? '')).toEqual(clients.map(userOf));
    // A client that could write could put a socket of its own in the server's place.
    expect(folder?.mode).toBe(0o750);
  });

  test.each(DAEMONS)('the operator socket of %s is for it and root alone', (name) => {
    const user = userOf(name);
    const path = dirname(endpoints.operator[name]);
    expect(folders.get(path)).toEqual({ path, mode: 0o700, owner: user, group: user });
  });

  test('a folder that anyone may enter belongs to root, and is no endpoint', () => {
    const open = [...folders.values()].filter(({ mode }) => (mode & 0o007) !== 0);
    expect(open.map(({ path, mode, owner }) => [path, mode, owner])).toEqual([
      [RUNTIME, 0o755, 'root'],
      [join(RUNTIME, 'use'), 0o755, 'root'],
      [join(RUNTIME, 'op'), 0o755, 'root'],
      [join(RUNTIME, 'api'), 0o755, 'root'],
      [STATE, 0o755, 'root'],
      [join(STATE, 'keys'), 0o755, 'root'],
      [join(STATE, 'images'), 0o755, 'root'],
    ]);
  });
});

describe('the API', () => {
  test('is listened for on the path and the port that the configuration has by default', () => {
    const unix = readUnit('nodemgr-api-unix.socket');
    const tcp = readUnit('nodemgr-api-tcp.socket');
    expect(unix.get('Socket.Symlinks')).toEqual([apiSocketOf(config)]);
    expect(unix.get('Socket.ListenStream')).toEqual([join(RUNTIME, 'api/api.sock')]);
    expect(unix.get('Socket.SocketMode')).toEqual(['0666']);
    expect(tcp.get('Socket.ListenStream')).toEqual([`127.0.0.1:${config.api.tcp_port}`]);
  });

  test('has both its sockets handed to the gateway', () => {
    const sockets = unitFiles().filter((name) => name.endsWith('.socket'));
    expect([...wordsOf(serviceOf('api-gateway'), 'Service.Sockets')].sort()).toEqual(
      sockets.sort(),
    );
    for (const name of sockets) {
      expect(readUnit(name).get('Socket.Service')).toEqual(['nodemgr-api-gateway.service']);
    }
  });
});

describe('a sliver', () => {
  const unit = readUnit('nodemgr-sliver@.service');

  test('comes and goes with nothing of ours', () => {
    const ours = unitFiles().filter((name) => !name.startsWith('nodemgr-sliver'));
    for (const key of ['PartOf', 'Requires', 'BindsTo', 'Requisite', 'WantedBy']) {
      expect(unit.has(`Unit.${key}`), key).toBe(false);
    }
    for (const name of ours) {
      expect(wordsOf(readUnit(name), 'Unit.PropagatesStopTo'), name).toEqual([]);
    }
    expect(readUnit('nodemgr.target').has('Unit.Wants')).toBe(false);
  });

  test('is kept by systemd for ever, whatever the kernel kills in it', () => {
    expect(unit.get('Service.Restart')).toEqual(['always']);
    expect(unit.get('Unit.StartLimitIntervalSec')).toEqual(['0']);
    expect(unit.get('Service.OOMPolicy')).toEqual(['continue']);
  });

  test('leaves no unit behind when it is gone, even one that did not end well', () => {
    expect(unit.get('Unit.CollectMode')).toEqual(['inactive-or-failed']);
  });

  test('is told of in a file of its own, and has the limits of all slivers above its own', () => {
    expect(unit.get('Service.EnvironmentFile')).toEqual([join(STATE, 'slivers/%i/unit.env')]);
    expect(unit.get('Service.Slice')).toEqual(['nodemgr-slivers.slice']);
    expect(readUnit('nodemgr-slivers.slice').has('Slice.TasksMax')).toBe(true);
  });

  test('has no limit of what the kernel counts for all slivers together', () => {
    for (const key of ['LimitMEMLOCK', 'LimitMSGQUEUE', 'LimitNPROC', 'LimitSIGPENDING']) {
      expect(unit.get(`Service.${key}`), key).toEqual(['infinity']);
    }
  });

  test('may start as many tasks as one whose record does not say', () => {
    expect(unit.get('Service.TasksMax')).toEqual([`${config.rspec_defaults.nm_tasks_max}`]);
  });
});
