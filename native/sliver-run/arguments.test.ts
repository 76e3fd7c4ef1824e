// What sliver-run takes from its unit. All of it is checked before anything is touched.
import { spawnSync } from 'node:child_process';
import { resolve } from 'node:path';
import { describe, expect, it } from 'vitest';

const PROGRAM = resolve(__dirname, '../../dist/native/sliver-run');
const RIGHT = {
  NODEMGR_MACHINE: 'princeton-sirius',
  NODEMGR_BASE: '1879048192',
  NODEMGR_IMAGE: 'default@1',
};

function complaint(values: readonly string[], env: NodeJS.ProcessEnv = RIGHT): string {
  const { status, stdout, stderr } = spawnSync(PROGRAM, values, { env, encoding: 'utf8' });
  expect([status, stdout]).toEqual([2, '']);
  expect(stderr).toMatch(/^sliver-run: [^\n]*\n$/);
  return stderr.replace('sliver-run: ', '').trim();
}

describe('sliver-run', () => {
  it.each([
    ['no name', []],
    ['two names', ['a_b', 'c_d']],
    ['another option', ['--stop', 'a_b']],
    ['more than the option and a name', ['--start-scripts', 'a_b', 'c_d']],
    ['less than a warning needs', ['--warn', 'a_b', '1879048192']],
  ])('says how it is used when it is given %s', (_what, values) => {
    expect(complaint(values)).toBe(
      'usage: sliver-run [--start-scripts] NAME, or --warn NAME BASE SECONDS',
    );
  });

  it.each([
    '',
    'princeton',
    '_sirius',
    'princeton_',
    'Princeton_sirius',
    '../a_b',
    'a_b/c',
    'a-b_c',
    'a.B_c',
    '.a_b',
    '._b',
    'a_b.',
    'a_.',
    'a..b_c',
    'a_b..c',
    'a_é',
    `a_${'b'.repeat(31)}`,
  ])("refuses what is no sliver's name: '%s'", (name) => {
    expect(complaint([name])).toBe(`not a sliver's name: '${name}'`);
    expect(complaint(['--start-scripts', name])).toBe(`not a sliver's name: '${name}'`);
    const warning = ['--warn', name, RIGHT.NODEMGR_BASE, '60'];
    expect(complaint(warning)).toBe(`not a sliver's name: '${name}'`);
  });

  it.each(['', '-1', '+5', ' 5', '5s', '2147483648', '99999999999999999999'])(
    "refuses what are no seconds until a stop: '%s'",
    (seconds) => {
      const warning = ['--warn', 'a_b', RIGHT.NODEMGR_BASE, seconds];
      expect(complaint(warning)).toBe(`not seconds: '${seconds}'`);
    },
  );

  it("refuses a warning to a sliver of the node's own ids, and to one that does not run", () => {
    expect(complaint(['--warn', 'a_b', '0', '60'])).toBe("not a first id: '0'");
    const values = ['--warn', 'no_such', RIGHT.NODEMGR_BASE, '2147483647'];
    const { status, stderr } = spawnSync(PROGRAM, values, { encoding: 'utf8' });
    expect([status, stderr]).toEqual([1, 'sliver-run: no_such is not running\n']);
  });

  it.each([
    'a_b',
    '0_0',
    'a__',
    'upmc.lip6_x.Nightly',
    'a._b',
    'a_.B',
    'a_b.service',
    `a.b_${'C.'.repeat(13)}d_`,
  ])("takes a sliver's name: '%s'", (name) => {
    expect(complaint([name], {})).toBe('the environment has no NODEMGR_MACHINE');
  });

  it.each(Object.keys(RIGHT))('says so when its environment has no %s', (variable) => {
    const env = Object.fromEntries(Object.entries(RIGHT).filter(([name]) => name !== variable));
    expect(complaint(['a_b'], env)).toBe(`the environment has no ${variable}`);
  });

  it.each([
    ['NODEMGR_MACHINE', ['', 'a_b', '-a', 'a-', 'a.b', 'a/b', 'a b', 'a'.repeat(65)]],
    ['NODEMGR_BASE', ['', '0', '65535', '-1', '1e9', ' 65536', '4294901760', '99999999999']],
    [
      'NODEMGR_IMAGE',
      [
        '',
        'default',
        'default@',
        'default@0',
        'default@01',
        'default@1/..',
        '../x@1',
        '.@1',
        'A@1',
        `${'a'.repeat(65)}@1`,
      ],
    ],
  ])('refuses a %s that is not right, and names it', (variable, values) => {
    for (const value of values)
      expect(complaint(['a_b'], { ...RIGHT, [variable]: value })).toBe(
        `${variable} is not right: '${value}'`,
      );
  });

  it.each([
    ['the longest name', `a_${'b'.repeat(30)}`, RIGHT],
    ["the first ids after the node's own", 'a_b', { ...RIGHT, NODEMGR_BASE: '65536' }],
    ['the last ids there are', 'a_b', { ...RIGHT, NODEMGR_BASE: '4294901759' }],
    [
      'an image name with all that one may have',
      'a_b',
      { ...RIGHT, NODEMGR_IMAGE: '0a._-b@999999999' },
    ],
  ])('takes %s', (_what, name, env) => {
    // It has no container to send a signal to, which it notices only then.
    const { status, stderr } = spawnSync(PROGRAM, ['--start-scripts', name], {
      env,
      encoding: 'utf8',
    });
    expect([status, stderr]).toEqual([1, `sliver-run: ${name} is not running\n`]);
  });
});
