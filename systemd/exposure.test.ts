/**
 * How exposed each daemon is, as systemd reckons it (`systemd-analyze security`, 0 to 10), without anything
 * being installed. What keeps them from less is said beside the options, in the units.
 */
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { DAEMONS, type DaemonName } from '@nodemgr/contracts';
import { needs } from '@nodemgr/testkit';
import { describe, expect, test } from 'vitest';

/** The release of Debian 13, by which the goals are measured. */
const MEASURED_BY = 257;

const GOALS: Readonly<Record<DaemonName, number>> = {
  'db-service': 0.5,
  'api-gateway': 1.0,
  'plc-fetcher': 1.5,
  'bwcap-agent': 1.5,
  'account-supervisor': 2.5,
};

/** An older release counts some options that a newer one takes for granted. */
const OLDER_ADDS = 0.3;

function analyze(...args: readonly string[]): string {
  const { stdout, stderr } = spawnSync('systemd-analyze', args, { encoding: 'utf8' });
  return `${stdout ?? ''}${stderr ?? ''}`;
}

const [, version] = /^systemd (\d+)/.exec(analyze('--version')) ?? [];

function exposureOf(name: DaemonName): number {
  const unit = resolve(`systemd/nodemgr-${name}.service`);
  const said = analyze('security', '--offline=true', '--no-pager', unit);
  return Number(/Overall exposure level for \S+: ([\d.]+)/.exec(said)?.[1]);
}

const { missing, note } = needs('systemd');

describe.skipIf(missing)(`by systemd ${version ?? ''}${note}`, () => {
  const slack = Number(version) < MEASURED_BY ? OLDER_ADDS : 0;

  test.each(DAEMONS)('%s is no more exposed than its work demands', (name) => {
    const exposure = exposureOf(name);
    process.stdout.write(`exposure of ${name}: ${exposure} (goal: ${GOALS[name]})\n`);
    expect(exposure).toBeLessThanOrEqual(GOALS[name] + slack);
  });
});
