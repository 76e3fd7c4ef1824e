import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { findConfig, INSTALLED_CONFIG, isPartial, loadConfig } from './load-config.ts';
import { ConfigError } from './parse-config.ts';

let workingDir: string;
beforeEach(() => {
  workingDir = mkdtempSync(join(tmpdir(), 'config-'));
});
afterEach(() => rmSync(workingDir, { recursive: true }));

function errorOf(text: string): ConfigError | undefined {
  const file = join(workingDir, 'own.toml');
  writeFileSync(file, text);
  try {
    loadConfig(file, {});
  } catch (error) {
    if (error instanceof ConfigError) return error;
    throw error;
  }
  return undefined;
}

test('the file of the state folder goes before the one that is named, which may be partial', () => {
  const both = { config: 'own.toml', state: '/srv/demo' };
  expect(findConfig(both)).toBe('/srv/demo/nodemgr.toml');
  expect(findConfig({ config: 'own.toml' })).toBe(resolve('own.toml'));
});

test('without options a demo below the working directory goes before the installed file', () => {
  expect(findConfig({ workingDir })).toBe(INSTALLED_CONFIG);
  mkdirSync(join(workingDir, '.nodemgr'));
  writeFileSync(join(workingDir, '.nodemgr/nodemgr.toml'), '');
  expect(findConfig({ workingDir })).toBe(join(workingDir, '.nodemgr/nodemgr.toml'));
});

test('a file is partial when keys are missing, not when one of them is wrong', () => {
  const errors = ['[api]\ntcp_port = 8813\n', '[api]\ntcp_port = -1\n', 'x =\n'].map(errorOf);
  expect(errors.map((error) => error && isPartial(error))).toEqual([true, false, false]);
});
