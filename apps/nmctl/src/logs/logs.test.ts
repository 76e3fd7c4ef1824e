/** `nmctl logs` with a journalctl that prints what a journal has. */
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { accountName } from '@nodemgr/records';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeNode } from '../test-support/fake-node.ts';
import { entryIn, isAbout, journalctlArguments } from './journal-entries.ts';

const SIRIUS = accountName('princeton_sirius');
const AT = { __REALTIME_TIMESTAMP: '1795000000123456' };
const text = (fields: object): string => JSON.stringify({ ...AT, ...fields });

test('journalctl is asked for the daemons and the unit of that sliver alone, and follows when told to', () => {
  const asked = journalctlArguments({ name: SIRIUS, since: 1_795_000_000_999, follow: false });
  expect(asked).toEqual([
    '--output=json',
    '--all',
    '--no-pager',
    '--quiet',
    '--since=@1795000000',
    '--unit=nodemgr-plc-fetcher.service',
    '--unit=nodemgr-db-service.service',
    '--unit=nodemgr-account-supervisor.service',
    '--unit=nodemgr-bwcap-agent.service',
    '--unit=nodemgr-api-gateway.service',
    '--unit=nodemgr-sliver@princeton_sirius.service',
  ]);
  const followed = journalctlArguments({ name: SIRIUS, since: 0, follow: true });
  expect(followed.slice(-2)).toEqual(['--follow', '--no-tail']);
});

describe('an entry is about an account', () => {
  const about = (fields: object) => {
    const entry = entryIn(text(fields));
    return entry !== undefined && isAbout(SIRIUS, entry);
  };

  test('that it names, and not about one whose name is longer', () => {
    expect(about({ MESSAGE: '{"subject":"princeton_sirius","msg":"failed"}' })).toBe(true);
    expect(about({ MESSAGE: 'princeton_sirius2 failed' })).toBe(false);
    expect(about({ MESSAGE: 'a_princeton_sirius failed' })).toBe(false);
    expect(about({ MESSAGE: 'a.princeton_sirius failed' })).toBe(false);
    expect(about({ MESSAGE: 'princeton_sirius.b failed' })).toBe(false);
    expect(about({ MESSAGE: 'nothing is kept of princeton_sirius.' })).toBe(true);
  });

  test('of whose sliver’s unit it is, whatever it says', () => {
    const unit = 'nodemgr-sliver@princeton_sirius.service';
    expect(about({ MESSAGE: 'Started.', UNIT: unit, _SYSTEMD_UNIT: 'init.scope' })).toBe(true);
    expect(about({ MESSAGE: [104, 105], _SYSTEMD_UNIT: unit })).toBe(true);
  });

  test('what is no entry is none', () => {
    expect(entryIn('-- No entries --')).toBeUndefined();
    expect(entryIn('{"MESSAGE":null}')).toBeUndefined();
  });
});

describe('logs', () => {
  let node: FakeNode;
  beforeEach(() => {
    node = new FakeNode();
  });
  afterEach(() => node.stop());

  /** Has journalctl be a program that does `script`. */
  function journalctl(script: string): void {
    const program = join(node.folder, 'journalctl');
    writeFileSync(program, `#!/bin/sh\n${script}\n`);
    chmodSync(program, 0o755);
    node.env['PATH'] = `${node.folder}:/usr/bin:/bin`;
  }

  const LINES = [
    text({
      MESSAGE: '{"subject":"princeton_sirius","attempts":2,"msg":"failed\\u001b[31m"}',
      SYSLOG_IDENTIFIER: 'nodemgr-account-supervisor',
      PRIORITY: '4',
    }),
    text({ MESSAGE: '{"subject":"mit_dht","msg":"failed"}' }),
  ].join('\n');

  test('shows what is about the account in sentences, and nothing that could steer a terminal', async () => {
    journalctl(`cat <<'END'\n${LINES}\nEND`);
    const { code, out } = await node.run('logs', 'princeton_sirius');
    expect({ code, out }).toEqual({
      code: 0,
      out: '2026-11-18T11:06:40.123Z nodemgr-account-supervisor: failed\\x1b[31m (subject princeton_sirius, attempts 2)\n',
    });
  });

  test('says so where there is nothing, with where a demo’s daemons log', async () => {
    journalctl('true');
    const { code, out } = await node.run('logs', 'princeton_sirius', '--since', '2h');
    expect(code).toBe(0);
    expect(out).toContain(`nothing about princeton_sirius since `);
    expect(out).toContain(`${node.folder}/log`);
  });

  test('exits 1 with what journalctl complains of', async () => {
    journalctl('echo no access >&2; exit 1');
    const { code, err } = await node.run('logs', 'princeton_sirius');
    expect(code).toBe(1);
    expect(err).toContain('no access');
  });

  test('exits 2 for what is no name or no time', async () => {
    expect(await node.run('logs', 'a b')).toMatchObject({ code: 2 });
    expect(await node.run('logs', 'a_a', '--since', 'noon')).toMatchObject({ code: 2 });
    expect(await node.run('--json', 'logs', 'a_a', '--follow')).toMatchObject({ code: 2 });
  });
});
