import { expect, test } from 'vitest';
import { ConfigError, parseConfig } from './parse-config.ts';

const MINIMAL = '[node]\nid = 17\n[plc]\nurl = "https://plc.example/slices.xml"\n';

function problemsOf(text: string, env: Record<string, string> = {}): readonly string[] {
  try {
    parseConfig(text, env, 'test.toml');
  } catch (error) {
    if (error instanceof ConfigError) {
      return error.problems.map(({ key, message }) => `${key}: ${message}`);
    }
    throw error;
  }
  return [];
}

test('a file with only a node id and a URL is complete; everything else has a default', () => {
  const config = parseConfig(MINIMAL, {}, 'test.toml');
  expect(config.plc.poll_seconds).toBe(600);
  expect(config.api.tcp_port).toBe(812);
  expect(config.rspec_defaults.nm_disk_quota).toBe(5_000_000);
});

test('an error names the key, the value and what is allowed', () => {
  const [problem] = problemsOf(`${MINIMAL}[api]\ntcp_port = 70000\n`);
  expect(problem).toBe('api.tcp_port: 70000 is not allowed; wants an integer, 0 to 65535');
  expect(problemsOf('[node]\nid = "x"\n[plc]\nurl = "ftp://plc"\n')).toEqual([
    'node.id: "x" is not allowed; wants an integer, at least 0',
    'plc.url: "ftp://plc" is not allowed; wants a URL that begins with https: or file:',
  ]);
});

test('a section that is missing is told by the keys that it must have', () => {
  expect(problemsOf('')).toEqual([
    'node.id: missing; wants an integer, at least 0',
    'plc.url: missing; wants a URL that begins with https: or file:',
  ]);
  expect(problemsOf(`${MINIMAL}[[delegates]]\n`)).toEqual([
    expect.stringMatching(/^delegates\.0\.name: missing; wants a name like site_project/),
  ]);
});

test('GetSlivers wants a key of the node, and a PLC that is asked over HTTPS', () => {
  expect(problemsOf(`${MINIMAL}kind = "getslivers"\n`)).toEqual([
    'plc.node_key_file: missing; kind "getslivers" wants the absolute path of the file with the key of this node',
  ]);
  const file = '[node]\nid = 17\n[plc]\nurl = "file:///slices.xml"\n';
  expect(problemsOf(`${file}kind = "getslivers"\nnode_key_file = "/key"\n`)).toEqual([
    'plc.url: "file:///slices.xml" is not allowed; kind "getslivers" wants a URL that begins with https:',
  ]);
  const whole = `${MINIMAL}kind = "getslivers"\nnode_key_file = "/key"\nimages = { "lxc-f27" = "fedora" }\n`;
  expect(parseConfig(whole, {}, 'test.toml').plc).toMatchObject({
    kind: 'getslivers',
    slice_prefix: 'pl',
    images: { 'lxc-f27': 'fedora' },
  });
  expect(problemsOf(whole.replace('"fedora"', '"../etc"'))).toEqual([
    expect.stringMatching(/^plc\.images\.lxc-f27: "\.\.\/etc" is not allowed; wants the name of/),
  ]);
});

test('what is said of signatures wants those who may sign, and a document that can be signed', () => {
  expect(problemsOf(`${MINIMAL}signatures_needed = 2\nmax_age_seconds = 60\n`)).toEqual([
    expect.stringMatching(
      /^plc\.signatures_needed: .*only together with plc\.allowed_signers_file/,
    ),
    expect.stringMatching(/^plc\.max_age_seconds: .*only together with plc\.allowed_signers_file/),
  ]);
  const signed = `${MINIMAL}allowed_signers_file = "/signers"\nrevocation_file = "/revoked"\n`;
  expect(parseConfig(signed, {}, 'test.toml').plc).toMatchObject({ signatures_needed: 1 });
  expect(problemsOf(`${signed}kind = "getslivers"\nnode_key_file = "/key"\n`)).toEqual([
    expect.stringMatching(/^plc\.allowed_signers_file: .*its answers carry no signatures/),
  ]);
});

test('the day of the byte limits is by an hour and a zone that there are', () => {
  const bandwidth = (lines: string) => `${MINIMAL}[bandwidth]\n${lines}`;
  expect(parseConfig(MINIMAL, {}, 'test.toml').bandwidth).toMatchObject({
    day_hour: 0,
    day_zone: 'UTC',
  });
  const paris = bandwidth('day_hour = 4\nday_zone = "Europe/Paris"\n');
  expect(parseConfig(paris, {}, 'test.toml').bandwidth).toMatchObject({ day_hour: 4 });
  expect(problemsOf(bandwidth('day_hour = 24\nday_zone = "Paris"\n'))).toEqual([
    'bandwidth.day_hour: 24 is not allowed; wants an integer, 0 to 23',
    'bandwidth.day_zone: "Paris" is not allowed; wants a name of a time zone, such as UTC or Europe/Paris',
  ]);
});

test('a value is shown as it was written, but not endlessly', () => {
  expect(problemsOf(`${MINIMAL}poll_seconds = nan\n`)).toEqual([
    'plc.poll_seconds: NaN is not allowed; wants a number, 0.05 to 31536000',
  ]);
  const [problem = ''] = problemsOf(`${MINIMAL}ca_file = "${'x'.repeat(10_000)}"\n`);
  expect(problem.length).toBeLessThan(200);
});

test('every problem is reported, not only the first', () => {
  const problems = problemsOf('[node]\nid = "x"\n[guard]\nmin_slivers = 0\n');
  expect(problems.map((problem) => problem.split(':')[0])).toEqual(
    expect.arrayContaining(['node.id', 'guard.min_slivers', 'plc.url']),
  );
});

test('a key that does not exist is an error', () => {
  expect(problemsOf(`${MINIMAL}[guard]\nmax_share = 1\n`)).toEqual([
    expect.stringMatching(/^guard\.max_share: no such key/),
  ]);
});

test('text that is not TOML is reported with its line', () => {
  expect(problemsOf('[node]\nid = = 3\n')).toEqual([expect.stringMatching(/^: line 2/)]);
});

test('an environment variable sets a key, and is checked like the file', () => {
  const config = parseConfig(MINIMAL, { NODEMGR_PLC__POLL_SECONDS: '30' }, 'test.toml');
  expect(config.plc.poll_seconds).toBe(30);
  expect(problemsOf(MINIMAL, { NODEMGR_PLC__POLL_SECONDS: 'soon' })).toEqual([
    expect.stringMatching(/^plc\.poll_seconds: "soon" is not allowed/),
  ]);
});

test('a delegate whose name could not be a user is refused by its key', () => {
  expect(problemsOf(`${MINIMAL}[[delegates]]\nname = "../etc"\n`)).toEqual([
    expect.stringMatching(/^delegates\.0\.name: "\.\.\/etc" is not allowed/),
  ]);
});

test('the configuration cannot be changed once it is read', () => {
  expect(Object.isFrozen(parseConfig(MINIMAL, {}, 'test.toml').plc)).toBe(true);
});

test('-1 as the default of a resource is no limit where there is such a thing', () => {
  const table = (lines: string) => `${MINIMAL}[rspec_defaults]\n${lines}\n`;
  const read = parseConfig(table('nm_net_max_rate = -1\nnm_mem_max = -1'), {}, 'nodemgr.toml');
  expect(read.rspec_defaults).toMatchObject({ nm_net_max_rate: 1e12, nm_mem_max: 0 });
  expect(problemsOf(table('nm_cpu_share = -1'))).toHaveLength(1);
  expect(problemsOf(table('nm_tasks_max = -2'))).toEqual([
    expect.stringContaining('wants an integer, at least -1'),
  ]);
});
