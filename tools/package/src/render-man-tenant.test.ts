/** nodemgr-tenant(7) against what the package installs. */
import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { renderTenantManual } from './render-man-tenant.ts';

describe('nodemgr-tenant(7)', () => {
  let page: string;
  beforeAll(() => {
    page = renderTenantManual({ version: '0.1.0', date: 0 });
  });

  test.each([
    ['the number of terminals', 'native/sliver-run/file_system.c', /TERMINALS_MAX = (\d+)/],
    ['the bytes in queues', 'native/sliver-init/take_limits.c', /RLIMIT_MSGQUEUE, (\d+)/],
    ['the pending signals', 'native/sliver-init/take_limits.c', /RLIMIT_SIGPENDING, (\d+)/],
    ['the locked memory', 'native/sliver-init/take_limits.c', /RLIMIT_MEMLOCK, (\d+) \* 1024/],
    ['the open files', 'systemd/nodemgr-sliver@.service', /^LimitNOFILE=(\d+):/m],
    ['the most open files', 'systemd/nodemgr-sliver@.service', /^LimitNOFILE=\d+:(\d+)$/m],
    [
      'the logins under way',
      'systemd/sshd_config.d/60-nodemgr.conf',
      /^PerSourceMaxStartups (\d+)/m,
    ],
    ['the seconds of start and stop', 'native/sliver-shell/control.c', /FOLLOW_SECONDS = (\d+)/],
  ])('has %s as it is enforced', (_what, file, pattern) => {
    const [, amount = 'none'] = pattern.exec(readFileSync(file, 'utf8')) ?? [];
    expect(page).toMatch(new RegExp(`\\b${amount}\\b`));
  });

  test.each([
    ['apps/account-supervisor/src/plan/plan-login-note.ts', 'is stopped by Stop'],
    ['apps/account-supervisor/src/plan/plan-login-note.ts', 'is disabled by '],
    ['apps/account-supervisor/src/plan/plan-login-note.ts', 'rests'],
    ['apps/account-supervisor/src/plan/plan-login-note.ts', 'cannot be '],
    ['apps/account-supervisor/src/plan/plan-login-note.ts', 'is being removed'],
    ['apps/account-supervisor/src/plan/plan-login-note.ts', 'had expired by '],
    ['native/sliver-shell/login_note.c', 'is being made since '],
    ['native/sliver-shell/login_note.c', '; try again in a moment'],
    ['native/sliver/container.c', 'is not running'],
  ])('explains what %s says of a login: %s', (file, words) => {
    expect(readFileSync(file, 'utf8')).toContain(words);
    expect(page).toContain(words);
  });

  test('is in the see-also of the pages that a tenant finds first', () => {
    const api = readFileSync('tools/package/src/render-man-api.ts', 'utf8');
    expect(api).toContain('.BR nodemgr-tenant (7)');
  });
});
