/** For the tests: small trees that pass as systems, archives of them, and a store in a temporary folder. */
import { Buffer } from 'node:buffer';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { epochSeconds, imageName, kib } from '@nodemgr/records';
import { onTestFinished } from 'vitest';
import { findSource } from './image-source.ts';
import { readImageUsers } from './image-users.ts';
import type { ImageVersion } from './image-version.ts';
import { type ImportOrder, importImage } from './import-image.ts';

/** The time of every import here. */
export const NOW = epochSeconds(1_700_000_000);
export const DEFAULT = imageName('default');
const NEVER = new AbortController().signal;

/** temporaryFolder makes a folder that goes when the test has ended. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'images-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** The beginning of a program for amd64 (elf(5)); nothing runs it. */
export function aProgram(machine = 62): Buffer {
  const header = Buffer.alloc(64);
  header.write('\x7fELF', 'latin1');
  header.writeUInt8(1, 5);
  header.writeUInt16LE(machine, 18);
  return header;
}

/** put writes a file, and the folders above it, with a mode that the umask does not touch. */
export function put(path: string, content: string | Buffer = '', mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
  chmodSync(path, mode);
}

/** aTree makes a folder that passes as a system: a shell and an /etc. */
export function aTree(): string {
  const tree = join(temporaryFolder(), 'tree');
  put(join(tree, 'bin', 'sh'), aProgram(), 0o755);
  put(join(tree, 'etc', 'os-release'), 'ID=test\n');
  return tree;
}

export function tar(...args: readonly string[]): void {
  execFileSync('tar', args, { stdio: 'pipe' });
}

/** anArchive packs `tree` with tar's arguments `how` and returns the file. */
export function anArchive(tree: string, ...how: readonly string[]): string {
  const file = join(temporaryFolder(), 'system.tar');
  tar('--create', `--file=${file}`, `--directory=${tree}`, '--numeric-owner', ...how, '.');
  return file;
}

/** A state folder with a store of images, slivers and kept files. */
export class Store {
  readonly stateDir = temporaryFolder();
  readonly imagesDir = join(this.stateDir, 'images');
  readonly findUsers = () => readImageUsers(this.stateDir);

  async add(path: string, changes: Partial<ImportOrder> = {}): Promise<ImageVersion> {
    return importImage({
      imagesDir: this.imagesDir,
      name: DEFAULT,
      source: await findSource(path, this.imagesDir),
      maxSize: kib(2 ** 20),
      arch: 'x64',
      signal: NEVER,
      importedAt: NOW,
      onProgress: () => undefined,
      ...changes,
    });
  }

  /** Puts a sliver on a version, as the account-supervisor does. */
  use(ref: string, where = 'slivers/princeton_sirius'): void {
    put(join(this.stateDir, where, 'image'), `${ref}\n`);
  }
}
