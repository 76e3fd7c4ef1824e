/** `nmctl config`, and the configuration that every command finds on real sockets. */
import { execFileSync } from 'node:child_process';
import { copyFileSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeNode, theDaemons } from '../test-support/fake-node.ts';

let node: FakeNode;
beforeEach(() => {
  node = new FakeNode();
});
afterEach(() => node.stop());

describe('config', () => {
  test('check says that a file is valid', async () => {
    expect(await node.run('config', 'check')).toMatchObject({
      code: 0,
      out: `${node.configFile}: valid\n`,
    });
  });

  test('check tells every problem and exits 1', async () => {
    const file = join(node.folder, 'bad.toml');
    writeFileSync(file, '[node]\nid = -1\n[plc]\nurl = "ftp://x"\npol = 1\n');
    const { code, out } = await node.run('config', 'check', file);
    expect(code).toBe(1);
    expect(out).toContain(`${file}: node.id: -1 is not allowed`);
    expect(out).toContain(`${file}: plc.pol: no such key`);
  });

  test('check tells of each file that is named and cannot be read as one, and waits for no pipe', async () => {
    const file = join(node.folder, 'files.toml');
    const [pipe, folder, gone] = ['ca.fifo', 'keys', 'no-key'].map((name) =>
      join(node.folder, name),
    );
    execFileSync('mkfifo', [String(pipe)]);
    mkdirSync(String(folder));
    writeFileSync(
      file,
      `[node]\nid = 1\n[plc]\nurl = "file://${pipe}"\nca_file = "${pipe}"\nnode_key_file = "${gone}"\n` +
        `[tickets]\ntrusted_keys_file = "${folder}"\n[accounts]\npasswd_file = "${pipe}"\n`,
    );
    const { code, out } = await node.run('config', 'check', file, '--json');
    expect(code).toBe(1);
    const noFile = 'it is not a regular file';
    expect(JSON.parse(out)).toEqual({
      file,
      valid: false,
      problems: [
        { key: 'plc.url', message: `${pipe} cannot be read: ${noFile}` },
        { key: 'plc.ca_file', message: `${pipe} cannot be read: ${noFile}` },
        {
          key: 'plc.node_key_file',
          message: expect.stringMatching(/no-key cannot be read: ENOENT/),
        },
        {
          key: 'tickets.trusted_keys_file',
          message: `${folder} cannot be read: ${noFile}`,
        },
        { key: 'accounts.passwd_file', message: `${pipe} cannot be read: ${noFile}` },
      ],
    });
  });

  test('check wants no file that the node runs without', async () => {
    const file = join(node.folder, 'none.toml');
    const none = join(node.folder, 'none');
    writeFileSync(
      file,
      `[node]\nid = 1\n[plc]\nurl = "https://x/"\n[tickets]\ntrusted_keys_file = "${none}"\n[accounts]\npasswd_file = "${none}"\nsubuid_file = "${none}"\n`,
    );
    expect(await node.run('config', 'check', file)).toMatchObject({ code: 0 });
  });

  test('show prints what is in effect, as TOML that can be read again', async () => {
    const { code, out } = await node.run('config', 'show');
    expect(code).toBe(0);
    const again = join(node.folder, 'again.toml');
    writeFileSync(again, out);
    expect(await node.run('config', 'check', again)).toMatchObject({ code: 0 });
    expect(out).toContain('poll_seconds = 600');
  });

  test('keys lists every key', async () => {
    expect((await node.run('config', 'keys')).out).toMatch(/^plc.poll_seconds +600 +number/m);
  });

  test('that cannot be used makes every other command exit 2', async () => {
    const { code, err } = await node.run('--state', join(node.folder, 'none'), 'status');
    expect(code).toBe(2);
    expect(err).toMatch(/nodemgr\.toml: cannot be read: .*\n.*--config FILE or --state DIR/);
  });
});

describe('a configuration that is only part of one', () => {
  let part: string;
  beforeEach(() => {
    part = join(node.folder, 'part.toml');
    writeFileSync(part, '[api]\ntcp_port = 8813\n');
  });

  test('is not used where the state folder is named too', async () => {
    await node.start(theDaemons());
    expect(await node.run('--config', part, 'status')).toMatchObject({ code: 0, err: '' });
  });

  test('gives way to that of the demo in the working directory, which is said', async () => {
    await node.start(theDaemons());
    mkdirSync(join(node.folder, '.nodemgr'));
    const whole = join(node.folder, '.nodemgr/nodemgr.toml');
    copyFileSync(node.configFile, whole);
    const { code, err } = await node.runHere('--config', part, 'fetch');
    expect({ code, err }).toEqual({
      code: 0,
      err: `nmctl: ${part} is only part of a configuration; using ${whole}\n`,
    });
  });

  test('is an error without a demo, and where it is wrong', async () => {
    expect(await node.runHere('--config', part, 'status')).toMatchObject({
      code: 2,
      err: expect.stringContaining('part.toml: node.id: missing'),
    });
    mkdirSync(join(node.folder, '.nodemgr'));
    copyFileSync(node.configFile, join(node.folder, '.nodemgr/nodemgr.toml'));
    writeFileSync(part, '[api]\ntcp_port = -1\n');
    expect((await node.runHere('--config', part, 'status')).code).toBe(2);
  });
});
