import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Fault } from '@nodemgr/faults';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { EXIT_MEANINGS } from './exit-codes.ts';
import {
  aDbStatus,
  aFailure,
  aFetcherStatus,
  aSupervisorStatus,
  NOW,
} from './test-support/builders.ts';
import { FakeNode, theDaemons } from './test-support/fake-node.ts';

let node: FakeNode;
beforeEach(() => {
  node = new FakeNode();
});
afterEach(() => node.stop());

describe('status', () => {
  test('of a node that is well exits 0', async () => {
    await node.start(theDaemons());
    const { code, out, err } = await node.run('status');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^api-gateway +up +105 /m);
    expect(out).toMatch(/all is well\n$/);
  });

  test('shows a daemon that is away as down beside the others, and exits 1', async () => {
    const { 'db-service': _, ...others } = theDaemons();
    await node.start(others);
    const { code, out } = await node.run('status');
    expect(code).toBe(1);
    expect(out).toMatch(/^db-service +down +it is not running$/m);
    expect(out).toMatch(/^plc-fetcher +up /m);
  });

  test('is not held up for long by a daemon that never answers', async () => {
    const daemons = theDaemons();
    const supervisor = {
      ...daemons['account-supervisor'],
      status: () => new Promise<never>(() => {}),
    };
    await node.start({ ...daemons, 'account-supervisor': supervisor });
    const { code, out } = await node.run('status');
    expect(code).toBe(1);
    expect(out).toMatch(/^account-supervisor +down +no answer to status in 3000 ms$/m);
    expect(out).toMatch(/^bwcap-agent +up /m);
  });

  test('shows a daemon that was killed as down at once, though its socket is still there', async () => {
    const { 'db-service': _, ...others } = theDaemons();
    await node.start(others);
    await node.leaveSocketOf('db-service');
    const { out } = await node.run('status');
    expect(out).toMatch(/^db-service +down +it is not running$/m);
  });

  test('tells a daemon that answers with an error from one that is away', async () => {
    const daemons = theDaemons();
    const database = {
      ...daemons['db-service'],
      status: () => {
        throw new Error('disk I/O error');
      },
    };
    await node.start({ ...daemons, 'db-service': database });
    const { code, out } = await node.run('status');
    expect(code).toBe(1);
    expect(out).toMatch(/^db-service +fails +disk I\/O error$/m);
  });

  test('of a node on which something fails exits 1', async () => {
    const daemons = theDaemons();
    const status = () => aSupervisorStatus([aFailure()]);
    await node.start({
      ...daemons,
      'account-supervisor': { ...daemons['account-supervisor'], status },
    });
    const { code, out } = await node.run('status');
    expect(code).toBe(1);
    expect(out).toMatch(/princeton_sirius +start +3× +2 min ago +in 30 s +no image/);
  });

  test('of a node where nothing runs exits 3', async () => {
    const { code, err } = await node.run('status');
    expect({ code, err }).toEqual({
      code: 3,
      err: 'nmctl: nothing answers: is the node manager running?\n',
    });
  });

  test('as JSON is one document with a verdict and every daemon', async () => {
    const { 'bwcap-agent': _, ...others } = theDaemons();
    await node.start(others);
    const { code, out } = await node.run('status', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject({
      well: false,
      troubles: ['bwcap-agent: down'],
      processes: {
        'plc-fetcher': { state: 'up', pid: 101, detail: { document: { ours: 7 } } },
        'bwcap-agent': { state: 'down', reason: 'it is not running' },
      },
    });
  });
});

describe('slivers', () => {
  test('shows records and states together', async () => {
    await node.start(theDaemons());
    const { code, out } = await node.run('slivers');
    expect(code).toBe(0);
    expect(out).toMatch(/^princeton_sirius +running +plc +in 20 days +64 /m);
    expect(out).not.toContain('del_snoop');
  });

  test('with db-service away shows states, and says on stderr what is missing', async () => {
    const { 'db-service': _, ...others } = theDaemons();
    await node.start(others);
    const { code, out, err } = await node.run('slivers');
    expect(code).toBe(1);
    expect(out).toMatch(/^princeton_sirius +running/m);
    expect(err).toBe('nmctl: db-service: it is not running; records are not shown\n');
  });

  test('with the supervisor away shows records', async () => {
    const { 'account-supervisor': _, ...others } = theDaemons();
    await node.start(others);
    const { code, out, err } = await node.run('slivers', '--json');
    expect(code).toBe(1);
    expect(JSON.parse(out)).toMatchObject([
      { name: 'princeton_sirius', state: 'unknown', origin: 'plc', rspec: { nm_cpu_share: 64 } },
    ]);
    expect(err).toContain('states are not known');
  });

  test('with both away exits 3', async () => {
    expect((await node.run('slivers')).code).toBe(3);
  });
});

describe('sliver', () => {
  test('shows its page', async () => {
    await node.start(theDaemons());
    const { code, out } = await node.run('sliver', 'princeton_sirius');
    expect(code).toBe(0);
    expect(out).toMatch(/^record +sliver_princeton_sirius from plc/m);
    expect(out).toMatch(/^observed +running$/m);
  });

  test('that is unknown exits 1 and suggests names that are near', async () => {
    await node.start(theDaemons());
    const { code, out, err } = await node.run('sliver', 'princton_sirius');
    expect({ code, out, err }).toEqual({
      code: 1,
      out: '',
      err: "nmctl: no sliver 'princton_sirius' on this node; did you mean princeton_sirius?\n",
    });
  });

  test('that is a delegate is shown as one', async () => {
    const daemons = theDaemons();
    const observed = () => [{ name: 'del_snoop', state: 'delegate', detail: { uid: 30_000 } }];
    const supervisor = { ...daemons['account-supervisor'], observed };
    await node.start({ ...daemons, 'account-supervisor': supervisor });
    const { code, out, err } = await node.run('sliver', 'del_snoop');
    expect({ code, err }).toEqual({ code: 0, err: '' });
    expect(out).toMatch(/^record +delegate_del_snoop from config/m);
    expect(out).toMatch(/^observed +delegate, uid 30000$/m);
    const { out: json } = await node.run('sliver', 'del_snoop', '--json');
    expect(JSON.parse(json)).toMatchObject({ name: 'del_snoop', grants: [], failures: [] });
  });

  test('that only the machine has left is shown as far as it is known', async () => {
    const daemons = theDaemons();
    const observed = () => [{ name: 'left_over', state: 'removing', detail: {} }];
    await node.start({
      ...daemons,
      'account-supervisor': { ...daemons['account-supervisor'], observed },
    });
    const { code, out } = await node.run('sliver', 'left_over');
    expect(code).toBe(1);
    expect(out).toMatch(/^observed +removing$/m);
  });
});

describe('plan', () => {
  test('of agents that have nothing to do says so', async () => {
    await node.start(theDaemons());
    const { code, out } = await node.run('plan');
    expect({ code, out }).toEqual({
      code: 0,
      out: 'account-supervisor (dry-run): nothing to do\nbwcap-agent (dry-run): nothing to do\n',
    });
  });

  test('shows one agent when the other is away', async () => {
    const { 'bwcap-agent': _, ...others } = theDaemons();
    await node.start(others);
    const { code, out, err } = await node.run('plan', '--json');
    expect(code).toBe(1);
    expect(Object.keys(JSON.parse(out))).toEqual(['account-supervisor']);
    expect(err).toContain('bwcap-agent: it is not running');
  });
});

describe('guard', () => {
  const hold = { source: 'plc', reason: 'too much', would_remove: ['sliver_a_b'], since: NOW };

  test('that is open says so, and so does allow', async () => {
    await node.start(theDaemons());
    expect(await node.run('guard')).toMatchObject({ code: 0, out: 'open: nothing is held back\n' });
    expect(await node.run('guard', 'allow')).toMatchObject({ out: 'nothing is held back\n' });
  });

  test('that holds something back exits 1', async () => {
    const daemons = theDaemons();
    const status = () => aDbStatus({ guard: [hold] });
    await node.start({ ...daemons, 'db-service': { ...daemons['db-service'], status } });
    const { code, out } = await node.run('guard');
    expect(code).toBe(1);
    expect(out).toContain('let it through with: nmctl guard allow');
  });

  test('allow tells what was removed and written', async () => {
    const daemons = theDaemons();
    const guard_allow = () => [{ source: 'plc', written: 2, removed: 5 }];
    await node.start({ ...daemons, 'db-service': { ...daemons['db-service'], guard_allow } });
    expect(await node.run('guard', 'allow')).toMatchObject({
      code: 0,
      out: 'let through an update from plc: 5 records removed, 2 written\n',
    });
  });

  test('without db-service exits 3, and nothing was let through', async () => {
    const { 'db-service': _, ...others } = theDaemons();
    await node.start(others);
    expect(await node.run('guard', 'allow')).toMatchObject({
      code: 3,
      err: 'nmctl: db-service: it is not running; nothing was let through\n',
    });
  });

  test('allow that db-service does not answer may still happen, and says so', async () => {
    const daemons = theDaemons();
    const guard_allow = () => new Promise<never>(() => {});
    await node.start({ ...daemons, 'db-service': { ...daemons['db-service'], guard_allow } });
    expect(await node.run('guard', 'allow')).toMatchObject({
      code: 3,
      err: expect.stringMatching(
        /no answer to guard_allow in 5000 ms; it may still let .* through/,
      ),
    });
  }, 10_000);
});

describe('fetch', () => {
  test('tells how it ended', async () => {
    await node.start(theDaemons());
    expect(await node.run('fetch')).toMatchObject({ code: 0, out: 'unchanged\n' });
  });

  test('that failed exits 1', async () => {
    const daemons = theDaemons();
    const failure = aFailure({ subject: 'slices.xml', action: 'fetch' });
    const fetcher = {
      ...daemons['plc-fetcher'],
      status: () => ({ ...aFetcherStatus(), failures: [failure] }),
      fetch_now: () => ({ outcome: 'failed' as const, reason: 'no such host' }),
    };
    await node.start({ ...daemons, 'plc-fetcher': fetcher });
    expect(await node.run('fetch')).toMatchObject({ code: 1, out: 'failed: no such host\n' });
  });
});

describe('retry', () => {
  test('asks every daemon that something may wait for, and says what was tried and how it stands', async () => {
    const daemons = theDaemons();
    const asked: unknown[] = [];
    await node.start({
      ...daemons,
      'account-supervisor': {
        ...daemons['account-supervisor'],
        retry: (params) => {
          asked.push(params);
          return { tried: [{ subject: 'mit_dht', outcome: 'works' }] };
        },
      },
    });
    const { code, out } = await node.run('retry', 'mit_dht');
    expect(code).toBe(0);
    expect(out).toMatch(/^mit_dht +works +account-supervisor *$/m);
    expect(asked).toEqual([{ name: 'mit_dht' }]);
  });

  test('exits 1 where something still fails, with the reason', async () => {
    const daemons = theDaemons();
    const reason = 'create: image default is not on this node';
    const tried = [{ subject: 'mit_dht', outcome: 'fails' as const, reason }];
    const supervisor = { ...daemons['account-supervisor'], retry: () => ({ tried }) };
    await node.start({ ...daemons, 'account-supervisor': supervisor });
    expect(await node.run('retry')).toMatchObject({
      code: 1,
      out: expect.stringContaining(reason),
    });
    expect(JSON.parse((await node.run('--json', 'retry')).out)).toEqual({
      'plc-fetcher': [],
      'db-service': [],
      'account-supervisor': tried,
      'bwcap-agent': [],
    });
  });

  test('of a node where nothing fails says so, and of a name that nobody knows too', async () => {
    await node.start(theDaemons());
    expect(await node.run('retry')).toMatchObject({
      code: 0,
      out: expect.stringMatching(/nothing fails/),
    });
    expect(await node.run('retry', 'no_such')).toMatchObject({
      code: 1,
      out: expect.stringMatching(/no_such/),
    });
  });

  test('of a daemon that is away says that nothing was tried there', async () => {
    const { 'bwcap-agent': _away, ...others } = theDaemons();
    await node.start(others);
    expect(await node.run('retry')).toMatchObject({
      code: 1,
      err: expect.stringMatching(/bwcap-agent: .*; what waits there was not tried$/m),
    });
  });
});

describe('call', () => {
  beforeEach(() => mkdirSync(join(node.folder, 'run')));

  test('sends bare words as strings and JSON as JSON, and prints the result', async () => {
    let seen = '';
    await node.startApi((request) => {
      seen = request;
      return { nm_cpu_share: 64 };
    });
    const ran = await node.run(
      'call',
      'SetLoans',
      'princeton_sirius',
      '[["a_b", "nm_cpu_share", -8]]',
      '-5',
    );
    expect(ran).toEqual({ code: 0, out: 'nm_cpu_share  64\n', err: '' });
    expect(seen).toMatch(/<methodName>SetLoans<.*princeton_sirius.*a_b.*-8.*-5/s);
  });

  test('prints JSON where asked to', async () => {
    await node.startApi(() => [['a_b', 'nm_cpu_share', 5e9]]);
    const { out } = await node.run('call', 'GetLoans', 'c_d', '--json');
    expect(JSON.parse(out)).toEqual([['a_b', 'nm_cpu_share', 5e9]]);
  });

  test('tells a fault on stderr and exits 4', async () => {
    await node.startApi(() => {
      throw new Fault('bad-argument', 'no such sliver');
    });
    expect(await node.run('call', 'GetRSpec', 'a_b')).toEqual({
      code: 4,
      out: '',
      err: 'nmctl: fault 102: no such sliver\n',
    });
  });

  test('of an API that is away exits 3', async () => {
    const { code, err } = await node.run('call', 'Help');
    expect(code).toBe(3);
    expect(err).toContain('nobody answers there');
  });

  test('of an API that never answers ends at the deadline', async () => {
    await node.startApi(() => new Promise<never>(() => {}));
    const { code, err } = await node.run('call', 'Help', '--timeout', '0.2');
    expect(code).toBe(3);
    expect(err).toContain('no answer in 200 ms');
  });

  test('with JSON that has gone wrong is a usage error', async () => {
    expect((await node.run('call', 'SetLoans', '[["a_b"]')).code).toBe(2);
  });
});

describe('config', () => {
  test('check says that a file is valid', async () => {
    expect(await node.run('config', 'check')).toMatchObject({
      code: 0,
      out: `${node.configFile}: valid\n`,
    });
  });

  test('check tells every problem and exits 1', async () => {
    const file = join(node.folder, 'bad.toml');
    writeFileSync(file, '[node]\nid = -1\n[plc]\nurl = "ftp://x"\npol = 1\n');
    const { code, out } = await node.run('config', 'check', file);
    expect(code).toBe(1);
    expect(out).toContain(`${file}: node.id: -1 is not allowed`);
    expect(out).toContain(`${file}: plc.pol: no such key`);
  });

  test('show prints what is in effect, as TOML that can be read again', async () => {
    const { code, out } = await node.run('config', 'show');
    expect(code).toBe(0);
    const again = join(node.folder, 'again.toml');
    writeFileSync(again, out);
    expect(await node.run('config', 'check', again)).toMatchObject({ code: 0 });
    expect(out).toContain('poll_seconds = 600');
  });

  test('keys lists every key', async () => {
    expect((await node.run('config', 'keys')).out).toMatch(/^plc.poll_seconds +600 +number/m);
  });

  test('that cannot be used makes every other command exit 2', async () => {
    const { code, err } = await node.run('--state', join(node.folder, 'none'), 'status');
    expect(code).toBe(2);
    expect(err).toMatch(/nodemgr\.toml: cannot be read: .*\n.*--config FILE or --state DIR/);
  });
});

describe('a configuration that is only part of one', () => {
  let part: string;
  beforeEach(() => {
    part = join(node.folder, 'part.toml');
    writeFileSync(part, '[api]\ntcp_port = 8813\n');
  });

  test('is not used where the state folder is named too', async () => {
    await node.start(theDaemons());
    expect(await node.run('--config', part, 'status')).toMatchObject({ code: 0, err: '' });
  });

  test('gives way to that of the demo in the working directory, which is said', async () => {
    await node.start(theDaemons());
    mkdirSync(join(node.folder, '.nodemgr'));
    const whole = join(node.folder, '.nodemgr/nodemgr.toml');
    copyFileSync(node.configFile, whole);
    const { code, err } = await node.runHere('--config', part, 'fetch');
    expect({ code, err }).toEqual({
      code: 0,
      err: `nmctl: ${part} is only part of a configuration; using ${whole}\n`,
    });
  });

  test('is an error without a demo, and where it is wrong', async () => {
    expect(await node.runHere('--config', part, 'status')).toMatchObject({
      code: 2,
      err: expect.stringContaining('part.toml: node.id: missing'),
    });
    mkdirSync(join(node.folder, '.nodemgr'));
    copyFileSync(node.configFile, join(node.folder, '.nodemgr/nodemgr.toml'));
    writeFileSync(part, '[api]\ntcp_port = -1\n');
    expect((await node.runHere('--config', part, 'status')).code).toBe(2);
  });
});

describe('with --json a failure is a document too', () => {
  const documentOf = async (...args: readonly string[]) => {
    const { code, out, err } = await node.run(...args, '--json');
    expect(err).not.toBe('');
    return { code, json: JSON.parse(out) as unknown };
  };

  test('of a fault', async () => {
    mkdirSync(join(node.folder, 'run'));
    await node.startApi(() => {
      throw new Fault('bad-argument', 'no such sliver');
    });
    expect(await documentOf('call', 'GetRSpec', 'a_b')).toEqual({
      code: 4,
      json: { fault: { code: 102, message: 'no such sliver' } },
    });
  });

  test('of a sliver that does not exist', async () => {
    await node.start(theDaemons());
    expect(await documentOf('sliver', 'nope_x')).toEqual({
      code: 1,
      json: { error: "no sliver 'nope_x' on this node; see: nmctl slivers" },
    });
  });

  test('of a node manager that does not run', async () => {
    expect(await documentOf('call', 'Help')).toMatchObject({
      code: 3,
      json: { error: expect.stringContaining('nobody answers there') },
    });
    expect(await documentOf('slivers')).toMatchObject({
      code: 3,
      json: { error: expect.stringContaining('db-service: it is not running') },
    });
    expect(await documentOf('status')).toMatchObject({
      code: 3,
      json: { error: expect.stringContaining('nothing answers'), well: false },
    });
  });

  test('of wrong usage and of a configuration that cannot be used', async () => {
    expect(await documentOf('statsu')).toMatchObject({
      code: 2,
      json: { error: expect.stringContaining("unknown command 'statsu'") },
    });
    expect(await documentOf()).toMatchObject({ code: 2, json: { error: expect.any(String) } });
    writeFileSync(node.configFile, '[node]\n');
    expect(await documentOf('status')).toMatchObject({
      code: 2,
      json: { error: expect.stringContaining('node.id: missing') },
    });
  });
});

describe('the command line', () => {
  test('without a command, with an unknown one or an unknown option is a usage error', async () => {
    expect((await node.run()).code).toBe(2);
    expect(await node.run('sliver')).toMatchObject({ code: 2, out: '' });
    expect(await node.run('statsu')).toMatchObject({
      code: 2,
      err: "nmctl: unknown command 'statsu'\n(Did you mean status?)\n",
    });
    expect((await node.run('status', '--colour')).code).toBe(2);
  });

  test('help documents every exit code and exits 0', async () => {
    const { code, out } = await node.run('--help');
    expect(code).toBe(0);
    for (const [number, meaning] of Object.entries(EXIT_MEANINGS)) {
      expect(out).toContain(`  ${number}  ${meaning}`);
    }
  });
});
