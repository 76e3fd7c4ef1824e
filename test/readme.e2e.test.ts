/** The README names what there is: its code map, commands and flags are checked against the tree. */
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { FAULT_NAMES, FAULTS } from '@nodemgr/faults';
import { readTicket } from '@nodemgr/tickets';
import { expect, test } from 'vitest';
import { makeMethodTable } from '../apps/api-gateway/src/api/method-table.ts';

const readme = readFileSync('README.md', 'utf8');
const [, codeMap = ''] = /## Where things are\n([\s\S]*?)\n## /.exec(readme) ?? [];
const inCodeMap = [...codeMap.matchAll(/`([a-z][\w./-]*)`/g)].map(([, path = '']) => path);

test('every folder of the code map exists', () => {
  const folders = inCodeMap.filter((path) => /^(apps|libs|native|systemd|test|tools)\b/.test(path));
  expect(folders.length).toBeGreaterThan(20);
  expect(folders.filter((path) => !existsSync(path))).toEqual([]);
});

test('every app and library is in the code map', () => {
  const all = ['apps', 'libs'].flatMap((parent) =>
    readdirSync(parent).map((name) => `${parent}/${name}`),
  );
  expect(all.filter((path) => !inCodeMap.includes(path))).toEqual([]);
});

test('every npm script that it names exists', () => {
  const { scripts } = JSON.parse(readFileSync('package.json', 'utf8')) as {
    scripts: Record<string, string>;
  };
  const named = [...readme.matchAll(/npm run ([a-z:-]+)/g)].map(([, script = '']) => script);
  expect(named.filter((script) => !(script in scripts))).toEqual([]);
});

test('every flag of npm start is in its table, and no other', () => {
  const { stdout } = spawnSync(process.execPath, [resolve('dist/apps/demo/main.cjs'), '--help'], {
    encoding: 'utf8',
  });
  const flags = (text: string) => [...new Set(text.match(/(?<=^\W*)--[a-z][a-z-]+/gm))].sort();
  const [, table = ''] = /Flags, after `npm start --`:\n([\s\S]*?)\n\n[^|]/.exec(readme) ?? [];
  expect(flags(stdout).filter((flag) => flag !== '--help')).toEqual(flags(table));
});

test('it links no file that is not in the repository', () => {
  const links = [...readme.matchAll(/\]\(([^)#]+)\)/g)].map(([, target = '']) => target);
  expect(links.filter((target) => !/^https?:/.test(target) && !existsSync(target))).toEqual([]);
});

const [, apiSection = ''] = /## The API\n([\s\S]*?)\n## /.exec(readme) ?? [];

/** The table of the API's section, a row for each method that a row names. */
function methodRows(): readonly (readonly [string, string, string])[] {
  const rows = [...apiSection.matchAll(/^\| (`.*?`) \| (.*?) ?\| (.*?) \|/gm)];
  return rows.flatMap(([, names = '', given = '', who = '']) =>
    [...names.matchAll(/`(\w+)`/g)].map(([, name = '']) => [name, given, who] as const),
  );
}

test('its table has every method of the API with its arguments and its callers, in their order', () => {
  const methods = [...makeMethodTable().values()].filter(({ name }) => !name.includes('.'));
  const who = { all: 'all', root: 'root', sliver: '*' } as const;
  expect(methodRows()).toEqual(
    methods.map((method) => [
      method.name,
      method.parameters.map(({ name }) => name).join(', '),
      who[method.who],
    ]),
  );
});

test('its section on the API names every system method and every fault', () => {
  const system = [...makeMethodTable().keys()].filter((name) => name.includes('.'));
  expect(system.filter((name) => !apiSection.includes(`\`${name}\``))).toEqual([]);
  const codes = [...new Set(FAULT_NAMES.map((name) => FAULTS[name].code))];
  expect(codes.filter((code) => !new RegExp(`(?<![\\w-])${code}\\s`).test(apiSection))).toEqual([]);
});

test('the ticket that it shows can be signed, and says what the text around it says', () => {
  const [, shown = ''] = /## Tickets\n\n```xml\n([\s\S]*?)```/.exec(readme) ?? [];
  const blob = [
    '0000000b',
    Buffer.from('ssh-ed25519').toString('hex'),
    '00000020',
    '11'.repeat(32),
  ];
  const key = `ssh-ed25519 ${Buffer.from(blob.join(''), 'hex').toString('base64')}`;
  const { content, signed } = readTicket(Buffer.from(shown.replace('ssh-ed25519 AAAA…', key)));
  expect(signed).toBe(undefined);
  expect(content).toMatchObject({
    ssh_keys: key,
    delegations: ['CreateSliver', 'Stop', 'Start'].map((method) => ['del_broker', method]),
  });
});
