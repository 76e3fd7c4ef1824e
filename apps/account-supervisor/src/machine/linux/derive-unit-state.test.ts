import { expect, test } from 'vitest';
import { NODE } from '../../test-support/builders.test-support.ts';
import { unitStatesIn } from './derive-unit-state.ts';

const UNIT = 'nodemgr-sliver@a_one.service';
const RUNNING = `Id=${UNIT}
ActiveState=active
SubState=running
Result=success
ExecMainStatus=0
CPUWeight=64
CPUQuotaPerSecUSec=1s
AllowedCPUs=2-3
MemoryMin=0
IOWeight=[not set]
MemoryMax=infinity
TasksMax=4096
IOWriteBandwidthMax=/var/lib/nodemgr 1000000
`;
const stateOf = (text: string) => unitStatesIn(text, NODE).get(UNIT);

test('a unit that runs is active, with the limits that systemd was told', () => {
  expect(stateOf(RUNNING)).toEqual({
    active: true,
    ailing: undefined,
    limits: {
      cpuWeight: 64,
      cpuMax: 250,
      cpuCores: 2 * 2 ** 16 + 2,
      memoryMax: 0,
      memoryMin: 0,
      tasksMax: 4096,
      ioWeight: 100,
      ioReadMax: 0,
      ioWriteMax: 1_000_000,
    },
  });
});

test('memory is counted in KiB', () => {
  const text = RUNNING.replace('MemoryMax=infinity', 'MemoryMax=20480000');
  expect(stateOf(text)?.limits?.memoryMax).toBe(20_000);
});

test('limits that nobody has set are none', () => {
  expect(stateOf(RUNNING.replace('CPUWeight=64', 'CPUWeight=[not set]'))?.limits).toBeUndefined();
});

test('a unit that failed or never ran can be started; one that is about to change can be stopped', () => {
  const active = (state: string) => stateOf(RUNNING.replace('=active', `=${state}`))?.active;
  expect(['inactive', 'failed'].map(active)).toEqual([false, false]);
  expect(['activating', 'deactivating', 'reloading'].map(active)).toEqual([true, true, true]);
});

test('a unit that systemd starts again and again is ailing, and says how it ended', () => {
  const text = RUNNING.replace('SubState=running', 'SubState=auto-restart')
    .replace('=active', '=activating')
    .replace('Result=success', 'Result=exit-code')
    .replace('ExecMainStatus=0', 'ExecMainStatus=1');
  expect(stateOf(text)?.ailing).toMatch(/ends by itself \(exit-code, exit status 1\)/);
});

test('several units are told apart', () => {
  const other = RUNNING.replace('a_one', 'b_two').replace('=active', '=failed');
  const states = unitStatesIn(`${RUNNING}\n${other}`, NODE);
  expect([...states.values()].map(({ active }) => active)).toEqual([true, false]);
});
