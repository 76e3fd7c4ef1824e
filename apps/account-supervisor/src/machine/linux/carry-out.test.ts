import { mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile as write } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolder, run, writeFile } from '@nodemgr/agent';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { carryOut } from './carry-out.ts';
import { SystemdManager } from './system-bus/systemd-manager.ts';

/** A socket where nobody is: only commands to systemd ask by it. */
const systemd = new SystemdManager('/nowhere/system_bus_socket');

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'carry-out-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

test('a program that fails fails the command, in its own words', async () => {
  await expect(carryOut(run('ls', '--', join(folder, 'nothing')), systemd)).rejects.toThrow(
    /^ls: exit status 2: ls: cannot access .*nothing/,
  );
  await expect(carryOut(run('true'), systemd)).resolves.toBeUndefined();
});

test('a file is written as a whole with its mode, whatever the umask, in a folder that need not be there', async () => {
  const path = join(folder, 'deep/file');
  const umask = process.umask(0o077);
  try {
    await carryOut(writeFile(path, 0o640, 'text\n'), systemd);
    await carryOut(writeFile(path, 0o640, 'other\n'), systemd);
  } finally {
    process.umask(umask);
  }
  expect(await readFile(path, 'utf8')).toBe('other\n');
  expect((await stat(path)).mode & 0o777).toBe(0o640);
});

test('a folder has its mode whatever the umask, also when it is there already', async () => {
  const path = join(folder, 'deep/er');
  const umask = process.umask(0o077);
  try {
    await carryOut(makeFolder(path, 0o755), systemd);
    expect((await stat(path)).mode & 0o777).toBe(0o755);
    await carryOut(makeFolder(path, 0o700), systemd);
    expect((await stat(path)).mode & 0o777).toBe(0o700);
  } finally {
    process.umask(umask);
  }
});

test('what is needed and is not there fails with its path', async () => {
  const need = join(folder, 'images/default@1/root');
  await expect(carryOut({ need }, systemd)).rejects.toThrow(need);
  await mkdir(need, { recursive: true });
  await expect(carryOut({ need }, systemd)).resolves.toBeUndefined();
});

test('a folder moves under its new name, and what cannot be moved says both', async () => {
  const [one, two] = [join(folder, 'one'), join(folder, 'two')];
  await mkdir(one);
  await write(join(one, 'file'), '');
  await carryOut({ move: one, to: two }, systemd);
  expect(await readdir(two)).toEqual(['file']);
  await expect(carryOut({ move: one, to: two }, systemd)).rejects.toThrow(`'${one}' -> '${two}'`);
});

test('what is removed may be a file, a folder with others, or nothing', async () => {
  const path = join(folder, 'gone');
  await carryOut({ remove: path }, systemd);
  await write(path, '');
  await carryOut({ remove: path }, systemd);
  await mkdir(join(path, 'in/it'), { recursive: true });
  await carryOut({ remove: path }, systemd);
  expect(await readdir(folder)).toEqual([]);
});

test('what systemd is to do fails with the socket by which it cannot be asked', async () => {
  const unit = 'nodemgr-sliver@a_one.service';
  await expect(carryOut({ unit, act: 'start' }, systemd)).rejects.toThrow(
    /^systemd cannot be asked by \/nowhere\/system_bus_socket: .*ENOENT/,
  );
});
