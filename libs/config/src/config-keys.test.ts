import { expect, test } from 'vitest';
import { configKeys, wantsAt } from './config-keys.ts';

test('every key is listed with what is allowed and its default', () => {
  const keys = new Map(configKeys().map((key) => [key.key, key]));
  expect(keys.get('node.id')).toEqual({
    key: 'node.id',
    allowed: 'integer, at least 0',
    default: undefined,
    required: true,
  });
  expect(keys.get('api.tcp_port')).toMatchObject({
    allowed: 'integer, 0 to 65535',
    default: '812',
  });
  expect(keys.get('log.level')).toMatchObject({ default: '"info"' });
  expect(keys.get('plc.ca_file')).toMatchObject({ allowed: 'absolute path', required: false });
});

test('tables within tables and lists of tables are followed', () => {
  const names = configKeys().map(({ key }) => key);
  expect(names).toContain('rspec_defaults.nm_disk_quota');
  expect(names).toContain('delegates[].ssh_keys');
});

test('what is allowed is told in the words of the schema, with its bounds', () => {
  const allowed = new Map(configKeys().map((key) => [key.key, key.allowed]));
  expect(allowed.get('plc.url')).toBe('URL that begins with https: or file:');
  expect(allowed.get('api.root_uids')).toBe('list of 1 to 100: integer, at least 0');
  expect(allowed.get('delegates[].methods')).toContain('string that matches ^[A-Za-z]{1,64}$');
});

test('a complaint can say what is wanted at a path, through lists too', () => {
  expect(wantsAt(['api', 'tcp_port'])).toBe('wants an integer, 0 to 65535');
  expect(wantsAt(['log', 'level'])).toMatch(/^wants one of "trace" \| "debug"/);
  expect(wantsAt(['plc'])).toBe('wants a table');
  expect(wantsAt(['delegates', 3, 'name'])).toMatch(/^wants a name like site_project/);
});
