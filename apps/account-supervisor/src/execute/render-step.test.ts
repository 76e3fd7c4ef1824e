import { formatCommand } from '@nodemgr/agent';
import { accountName, epochSeconds, isSliceName, kib } from '@nodemgr/records';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { contentOf } from '../desired/desired-account.ts';
import type { Limits } from '../limits/table.ts';
import { UNDATED } from '../observed/observed-account.ts';
import type { AccountStep } from '../plan/account-steps.ts';
import { idsOf, slot } from '../slots/account-ids.ts';
import { IMAGE, NODE, POLICY, SIRIUS, WEIGHT } from '../test-support/builders.test-support.ts';
import { type MachineLayout, machineNameOf } from './layout.ts';
import { renderStep } from './render-step.ts';

const LAYOUT: MachineLayout = {
  ...NODE,
  sliverShell: '/usr/lib/nodemgr/sliver-shell',
  delegateShell: '/usr/lib/nodemgr/forward_api_calls',
};
const ids = idsOf(slot(1), POLICY);
const { base, project } = ids;
const since = epochSeconds(1_700_000_000);
const limits = { cpuWeight: WEIGHT, memoryMax: 1024, tasksMax: 512 };

const STEPS: readonly AccountStep[] = [
  { step: 'create-user', type: 'sliver', ids, range: true, login: true },
  { step: 'create-user', type: 'sliver', ids, range: false, login: false },
  { step: 'set-id-range', base },
  { step: 'create-filesystem', base, project, image: IMAGE },
  { step: 'set-disk-quota', project, quota: kib(5_000_000) },
  { step: 'install-initscript', initscript: contentOf('#!/bin/sh\necho up\n') },
  { step: 'install-keys', keys: contentOf('ssh-ed25519 AAAA one@host') },
  { step: 'write-unit', base, image: IMAGE },
  { step: 'set-limits', limits },
  { step: 'start-unit', starts: 3, limits },
  { step: 'run-start-scripts', starts: 4 },
  { step: 'tell-stop', at: since, left: 60, base, by: ['file', 'signal'] },
  { step: 'untell-stop' },
  { step: 'remove-keys' },
  { step: 'tell-logins', note: { cause: 'removal', since, line: 'is being removed' } },
  { step: 'untell-logins' },
  { step: 'allow-login' },
  { step: 'deny-login' },
  { step: 'free-id-range', ids },
  { step: 'stop-unit' },
  { step: 'keep-files', since },
  { step: 'date-files', from: UNDATED, since },
  { step: 'restore-files', since },
  { step: 'purge-files', since },
  { step: 'reset-disk-quota', project },
  { step: 'remove-user', type: 'sliver', ids },
  { step: 'discard-user' },
  { step: 'discard-files' },
];

test('every step stands for exactly these commands', () => {
  const text = STEPS.map((step) =>
    [
      `# ${step.step}`,
      ...renderStep(step, SIRIUS, LAYOUT).map((command) => formatCommand(command)),
    ].join('\n'),
  ).join('\n');
  expect(text).toMatchInlineSnapshot(`
    "# create-user
    install -m 0600 /dev/stdin /var/lib/nodemgr/accounts/princeton_sirius.json <<'EOF'
    {"type":"sliver","slot":1}
    EOF
    useradd --uid 30001 --no-user-group --gid nodemgr-accounts --no-create-home --home-dir / --shell /usr/lib/nodemgr/sliver-shell --expiredate '' --key SUB_UID_MIN=1879113728 --key SUB_UID_MAX=1879179263 --key SUB_UID_COUNT=65536 --key SUB_GID_MIN=1879113728 --key SUB_GID_MAX=1879179263 --key SUB_GID_COUNT=65536 princeton_sirius
    # create-user
    install -m 0600 /dev/stdin /var/lib/nodemgr/accounts/princeton_sirius.json <<'EOF'
    {"type":"sliver","slot":1}
    EOF
    useradd --uid 30001 --no-user-group --gid nodemgr-accounts --no-create-home --home-dir / --shell /usr/lib/nodemgr/sliver-shell --expiredate 1 --key SUB_UID_COUNT=0 --key SUB_GID_COUNT=0 princeton_sirius
    # set-id-range
    usermod --add-subuids 1879113728-1879179263 --add-subgids 1879113728-1879179263 princeton_sirius
    # create-filesystem
    install -d -m 0755 /var/lib/nodemgr/slivers/princeton_sirius
    install -d -m 0755 /var/lib/nodemgr/slivers/princeton_sirius/boot
    install -m 0644 /dev/stdin /var/lib/nodemgr/slivers/princeton_sirius/image <<'EOF'
    default@1
    EOF
    stat --terse -- /var/lib/nodemgr/images/default@1/root
    install -d -m 0700 /var/lib/nodemgr/slivers/princeton_sirius/work
    install -d -m 0755 -o 1879113728 -g 1879113728 /var/lib/nodemgr/slivers/princeton_sirius/upper
    chattr +P -p 30001 /var/lib/nodemgr/slivers/princeton_sirius/work
    chattr +P -p 30001 /var/lib/nodemgr/slivers/princeton_sirius/upper
    # set-disk-quota
    setquota -P 30001 0 5000000 0 312500 /var/lib/nodemgr
    # install-initscript
    install -m 0755 /dev/stdin /var/lib/nodemgr/slivers/princeton_sirius/boot/rc.vinit <<'EOF'
    #!/bin/sh
    echo up
    EOF
    # install-keys
    printf %s 'ssh-ed25519 AAAA one@host' | install -m 0644 /dev/stdin /var/lib/nodemgr/keys/princeton_sirius
    # write-unit
    install -m 0644 /dev/stdin /var/lib/nodemgr/slivers/princeton_sirius/unit.env <<'EOF'
    NODEMGR_MACHINE=princeton-sirius
    NODEMGR_BASE=1879113728
    NODEMGR_IMAGE=default@1
    EOF
    # set-limits
    systemctl set-property nodemgr-sliver@princeton_sirius.service CPUWeight=256 MemoryMax=1024K TasksMax=512
    # start-unit
    rm --recursive --force -- /etc/systemd/system.control/nodemgr-sliver@princeton_sirius.service.d
    rm --recursive --force -- /var/lib/nodemgr/slivers/princeton_sirius/boot/stopping
    systemctl set-property nodemgr-sliver@princeton_sirius.service CPUWeight=256 MemoryMax=1024K TasksMax=512
    systemctl start nodemgr-sliver@princeton_sirius.service
    rm --recursive --force -- /var/lib/nodemgr/accounts/princeton_sirius.login
    install -m 0600 /dev/stdin /var/lib/nodemgr/accounts/princeton_sirius.starts <<'EOF'
    3
    EOF
    # run-start-scripts
    systemctl reload nodemgr-sliver@princeton_sirius.service
    install -m 0600 /dev/stdin /var/lib/nodemgr/accounts/princeton_sirius.starts <<'EOF'
    4
    EOF
    # tell-stop
    /usr/lib/nodemgr/sliver-run --warn princeton_sirius 1879113728 60
    install -m 0644 /dev/stdin /var/lib/nodemgr/slivers/princeton_sirius/boot/stopping <<'EOF'
    at 1700000000
    left 60
    EOF
    # untell-stop
    rm --recursive --force -- /var/lib/nodemgr/slivers/princeton_sirius/boot/stopping
    # remove-keys
    rm --recursive --force -- /var/lib/nodemgr/keys/princeton_sirius
    # tell-logins
    install -m 0644 /dev/stdin /var/lib/nodemgr/accounts/princeton_sirius.login <<'EOF'
    is being removed
    removal 1700000000
    EOF
    # untell-logins
    rm --recursive --force -- /var/lib/nodemgr/accounts/princeton_sirius.login
    # allow-login
    usermod --expiredate '' princeton_sirius
    # deny-login
    usermod --expiredate 1 princeton_sirius
    # free-id-range
    systemctl stop user-30001.slice
    pkill --signal KILL --uid 30001
    usermod --del-subuids 1879113728-1879179263 --del-subgids 1879113728-1879179263 princeton_sirius
    # stop-unit
    systemctl stop nodemgr-sliver@princeton_sirius.service
    # keep-files
    install -d -m 0700 /var/lib/nodemgr/kept
    mv --no-target-directory -- /var/lib/nodemgr/slivers/princeton_sirius /var/lib/nodemgr/kept/princeton_sirius@1700000000
    # date-files
    mv --no-target-directory -- /var/lib/nodemgr/kept/princeton_sirius@0 /var/lib/nodemgr/kept/princeton_sirius@1700000000
    # restore-files
    mv --no-target-directory -- /var/lib/nodemgr/kept/princeton_sirius@1700000000 /var/lib/nodemgr/slivers/princeton_sirius
    # purge-files
    rm --recursive --force -- /var/lib/nodemgr/kept/princeton_sirius@1700000000/image
    rm --recursive --force -- /var/lib/nodemgr/kept/princeton_sirius@1700000000/unit.env
    rm --recursive --force -- /var/lib/nodemgr/kept/princeton_sirius@1700000000/boot
    rm --recursive --force -- /var/lib/nodemgr/kept/princeton_sirius@1700000000/work
    rm --recursive --force --one-file-system -- /var/lib/nodemgr/kept/princeton_sirius@1700000000
    # reset-disk-quota
    setquota -P 30001 0 0 0 0 /var/lib/nodemgr
    # remove-user
    rm --recursive --force -- /etc/systemd/system.control/nodemgr-sliver@princeton_sirius.service.d
    rm --recursive --force -- /var/lib/nodemgr/keys/princeton_sirius
    systemctl stop user-30001.slice
    pkill --signal KILL --uid 30001
    usermod --del-subuids 1879113728-1879179263 --del-subgids 1879113728-1879179263 princeton_sirius
    userdel --force princeton_sirius
    rm --recursive --force -- /var/lib/nodemgr/accounts/princeton_sirius.starts
    rm --recursive --force -- /var/lib/nodemgr/accounts/princeton_sirius.login
    rm --recursive --force -- /var/lib/nodemgr/accounts/princeton_sirius.json
    # discard-user
    userdel --force princeton_sirius
    # discard-files
    rm --recursive --force --one-file-system -- /var/lib/nodemgr/slivers/princeton_sirius"
  `);
});

test('without a user of ours a removal touches no user, no process and no login', () => {
  const step: AccountStep = { step: 'remove-user', type: 'sliver', ids: undefined };
  const commands = renderStep(step, SIRIUS, LAYOUT);
  expect(commands).not.toEqual([]);
  for (const command of commands) expect(Object.keys(command)).toEqual(['remove']);
});

test('a purge may take longer than other programs', () => {
  const commands = renderStep({ step: 'purge-files', since }, SIRIUS, LAYOUT);
  expect(commands.at(-1)).toMatchObject({ longestMs: 1_800_000 });
});

test('a delegate has the shell that forwards API calls', () => {
  const step = { step: 'create-user', type: 'delegate', ids, range: false, login: true } as const;
  const [, useradd] = renderStep(step, SIRIUS, LAYOUT);
  expect(useradd).toMatchObject({ run: expect.arrayContaining([LAYOUT.delegateShell]) });
});

test('a limit of the disk or the CPU is written in parts of the machine, and taken away by an empty value', () => {
  const rendered = (limits: Limits) =>
    renderStep({ step: 'set-limits', limits }, SIRIUS, LAYOUT).map(formatCommand);
  expect(rendered({ cpuMax: 250, ioReadMax: 1_000_000 })).toEqual([
    "systemctl set-property nodemgr-sliver@princeton_sirius.service CPUQuota=100% 'IOReadBandwidthMax=/var/lib/nodemgr 1000000'",
  ]);
  expect(rendered({ cpuMax: 0, ioWriteMax: 0 })).toEqual([
    'systemctl set-property nodemgr-sliver@princeton_sirius.service CPUQuota= IOWriteBandwidthMax= IOWriteIOPSMax=',
  ]);
});

test('no memory limit is written as infinity', () => {
  const step: AccountStep = { step: 'set-limits', limits: { ...limits, memoryMax: 0 } };
  expect(renderStep(step, SIRIUS, LAYOUT)[0]).toMatchObject({
    properties: expect.arrayContaining(['MemoryMax=infinity']),
  });
});

test.each([
  ['princeton_sirius', 'princeton-sirius'],
  ['mit_dht_2', 'mit-dht-2'],
  ['upmc.lip6_x', 'upmc-lip6-x--1lc'],
  ['upmc_lip6.x', 'upmc-lip6-x--1z4'],
  ['a_B', 'a-b--c'],
  ['a_b_', 'a-b--g'],
  ['a__b', 'a--b--g'],
  ['a.b__', 'a-b--y'],
])('%s has the machine name %s', (name, machine) =>
  expect(machineNameOf(accountName(name))).toBe(machine),
);

test('no two slivers have one machine name, not even without its capitals, and each is a host name', () => {
  const name = fc
    .oneof(
      fc.stringMatching(/^[ab.]{1,2}_[aAb_.0]{1,4}$/),
      fc.stringMatching(/^[a.]{1,20}_[aA_.]{8,11}$/),
    )
    .filter((text) => isSliceName(text))
    .map(accountName);
  fc.assert(
    fc.property(name, name, (a, b) => {
      fc.pre(a !== b);
      expect(machineNameOf(a).toLowerCase()).not.toBe(machineNameOf(b).toLowerCase());
      expect(machineNameOf(a)).toMatch(/^[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?$/);
    }),
    { numRuns: 2000 },
  );
});

test('what the slices above all slivers need is set for both of them, and not for the next boot', () => {
  const step: AccountStep = { step: 'set-slices', limits: { memoryMin: 64 } };
  expect(renderStep(step, SIRIUS, LAYOUT).map(formatCommand)).toEqual([
    'systemctl set-property --runtime nodemgr.slice MemoryMin=64K',
    'systemctl set-property --runtime nodemgr-slivers.slice MemoryMin=64K',
  ]);
});
