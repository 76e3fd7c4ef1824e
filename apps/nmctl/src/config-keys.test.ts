import { expect, test } from 'vitest';
import { configKeys } from './config-keys.ts';

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
