/** `nmctl exec` with a program in place of sliver-shell, which runs what it is given here. */
import { execFileSync } from 'node:child_process';
import { appendFileSync, chmodSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FakeNode } from '../test-support/fake-node.ts';
import { findSliver, shellArguments } from './sliver-account.ts';

const SHELL = '/usr/lib/nodemgr/sliver-shell';

describe('the account of a sliver', () => {
  const passwd = `root:x:0:0::/root:/bin/sh\na_a:x:5000:5001::/:${SHELL}\na_b:x:5002:5002::/:/bin/sh\n`;

  test('is the one of its name that has the shell of slivers', () => {
    expect(findSliver('a_a', passwd, SHELL)).toEqual({ uid: 5000, gid: 5001 });
  });

  test('is nobody else’s: neither root nor a person who has the name', () => {
    for (const name of ['root', 'a_b', 'a_c', '']) {
      expect(findSliver(name, passwd, SHELL)).toBeUndefined();
    }
  });
});

test('a shell reads each word of a command as it was given', () => {
  const word = fc.string().filter((text) => !/[\0\n]/.test(text));
  fc.assert(
    fc.property(fc.array(word, { minLength: 1, maxLength: 4 }), (words) => {
      const [flag, command = ''] = shellArguments(['printf', '%s\\n', ...words]);
      expect(flag).toBe('-c');
      expect(execFileSync('sh', ['-c', command], { encoding: 'utf8' })).toBe(
        `${words.join('\n')}\n`,
      );
    }),
    { numRuns: 20 },
  );
});

test('no command is one of the words that sliver-shell takes from logins', () => {
  expect(shellArguments(['stop'])).toEqual(['-c', "'stop'"]);
  expect(shellArguments([])).toEqual([]);
});

describe('exec', () => {
  let node: FakeNode;
  beforeEach(() => {
    node = new FakeNode();
  });
  afterEach(() => node.stop());

  function withShell(): void {
    const shell = join(node.folder, 'sliver-shell');
    writeFileSync(shell, '#!/bin/sh\nexec sh "$@" 2>/dev/null\n');
    chmodSync(shell, 0o755);
    chmodSync(node.folder, 0o755);
    const [uid, gid] = [process.getuid?.() ?? 0, process.getgid?.() ?? 0];
    const passwd = join(node.folder, 'passwd');
    writeFileSync(passwd, `mit_dht:x:${uid}:${gid}::/:${shell}\n`);
    const config = readFileSync(node.configFile, 'utf8');
    writeFileSync(node.configFile, config.replace('[node]', '[node]\ndriver = "linux"'));
    appendFileSync(
      node.configFile,
      `[accounts]\npasswd_file = "${passwd}"\nsliver_shell = "${shell}"\n`,
    );
    node.env['PATH'] = '/usr/bin:/bin';
  }

  test('passes on the command’s arguments and its exit status', async () => {
    withShell();
    const told = join(node.folder, 'told');
    const script = 'printf %s "$2" > "$1"; exit 57';
    const { code, err } = await node.run(
      'exec',
      'mit_dht',
      '--',
      'sh',
      '-c',
      script,
      'x',
      told,
      '--json',
    );
    expect({ code, err }).toEqual({ code: 57, err: '' });
    expect(readFileSync(told, 'utf8')).toBe('--json');
  });

  test('ends as a command does that a signal has ended', async () => {
    withShell();
    expect(await node.run('exec', 'mit_dht', '--', 'sh', '-c', 'kill -9 $$')).toMatchObject({
      code: 137,
    });
  });

  test('exits 1 for what is no sliver, and where slivers are only pretended', async () => {
    expect((await node.run('exec', 'mit_dht', '--', 'true')).err).toContain('dry-run');
    withShell();
    const { code, err } = await node.run('exec', 'mit_dth', '--', 'true');
    expect(code).toBe(1);
    expect(err).toContain("no sliver 'mit_dth'");
  });

  test('refuses --json, since the output is the command’s', async () => {
    expect(await node.run('--json', 'exec', 'mit_dht')).toMatchObject({ code: 2 });
  });
});
