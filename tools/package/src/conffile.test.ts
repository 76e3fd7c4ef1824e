/** The installed configuration file and its manual page, against the keys that there are. */
import { ConfigError, configKeys, parseConfig } from '@nodemgr/config';
import { describe, expect, test } from 'vitest';
import { describeTables } from './config-tables.ts';
import { KEY_WORDS, TABLE_WORDS } from './config-words.ts';
import { renderConffile } from './render-conffile.ts';
import { renderConfigManual } from './render-man-config.ts';

const tables = describeTables(configKeys());
const installed = renderConffile(tables);
/** The file with every key and table in effect: what looks like one behind its '#'. */
const everything = installed.replaceAll(/^#(?=\[|\w+ = )/gm, '');

function problemsOf(text: string): readonly string[] {
  try {
    parseConfig(text, {}, 'nodemgr.toml');
  } catch (error) {
    if (error instanceof ConfigError) return error.problems.map(({ key }) => key);
    throw error;
  }
  return [];
}

test('every key that there is has its words, and no words are left over', () => {
  expect(Object.keys(KEY_WORDS).sort()).toEqual(
    configKeys()
      .map(({ key }) => key)
      .sort(),
  );
  expect(Object.keys(TABLE_WORDS).sort()).toEqual(tables.map(({ table }) => table).sort());
});

describe('the installed file', () => {
  test('names every key', () => {
    for (const { table, keys } of tables) {
      const [, section = ''] = everything.split(`[${table.replace('[]', '')}]`);
      for (const { name } of keys) expect(section, table).toMatch(new RegExp(`^${name} = `, 'm'));
    }
  });

  test('lacks only what nobody can know beforehand', () => {
    expect(problemsOf(installed)).toEqual(['node.id', 'plc.url']);
  });

  test('is for a real node', () => {
    const complete = installed.replace('#id =', 'id =').replace('#url =', 'url =');
    expect(parseConfig(complete, {}, 'test').node.driver).toBe('linux');
  });

  test('shows values that are allowed, and the defaults where there are any', () => {
    const shown = parseConfig(everything, {}, 'test');
    const minimal = '[node]\nid = 17\ndriver = "linux"\n[plc]\nurl = "https://plc.example.org/"\n';
    const { bandwidth, plc, api, delegates, ...defaults } = parseConfig(minimal, {}, 'test');
    expect(shown).toMatchObject(defaults);
    expect(shown.bandwidth).toMatchObject({ ...bandwidth });
    expect(shown.api).toMatchObject({ ...api });
    expect(shown.plc).toMatchObject({ ...plc, url: expect.any(String) });
    expect(delegates).toEqual([]);
  });

  test('has no line that an editor would wrap', () => {
    expect(installed.split('\n').filter((line) => line.length > 100)).toEqual([]);
  });
});

test('nodemgr.toml(5) has every key with its default', () => {
  const page = renderConfigManual(tables, { version: '1', date: 0 });
  for (const { name, default: fallback } of tables.flatMap(({ keys }) => keys)) {
    const text = page.split(`\\fB${name}\\fR\n`)[1]?.split('\n')[0];
    expect(text, name).toBeDefined();
    if (fallback !== undefined) expect(text?.replaceAll('\\-', '-')).toContain(fallback);
  }
});
