// A sliver's image for tests: a few of this machine's programs and the libraries that they need.
import { spawnSync } from 'node:child_process';
import { copyFileSync, existsSync, mkdirSync, realpathSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';

const PROGRAMS = [
  ...['bash', 'sh', 'cat', 'ls', 'id', 'sleep', 'stty', 'mkdir', 'hostname', 'env', 'ps'],
  ...['readlink', 'touch', 'rm', 'mkfifo', 'nice', 'true', 'stat', 'chmod', 'setsid', 'ln'],
] as const;

const FOLDERS = ['etc', 'proc', 'sys', 'dev', 'run', 'tmp', 'root', 'var/log', 'bin'] as const;

/** Where a program is; the first of the usual folders that has it. */
function find(program: string): string {
  const found = ['/bin', '/usr/bin'].map((folder) => join(folder, program)).find(existsSync);
  if (found === undefined) throw new Error(`this machine has no ${program}`);
  return found;
}

/** The libraries that ldd(1) names for a program, the loader among them. */
function librariesOf(program: string): readonly string[] {
  const { stdout } = spawnSync('ldd', [program], { encoding: 'utf8' });
  return [...stdout.matchAll(/(\/\S+) \(0x/g)].map(([, path = '']) => path);
}

function put(source: string, target: string): void {
  mkdirSync(dirname(target), { recursive: true });
  if (!existsSync(target)) copyFileSync(realpathSync(source), target);
}

export function makeImage(root: string): void {
  for (const folder of FOLDERS) mkdirSync(join(root, folder), { recursive: true });
  for (const program of PROGRAMS) {
    put(find(program), join(root, 'bin', program));
    for (const library of librariesOf(find(program))) put(library, join(root, library));
  }
  writeFileSync(join(root, 'etc/passwd'), 'root:x:0:0:root:/root:/bin/bash\n');
  writeFileSync(join(root, 'etc/group'), 'root:x:0:\n');
}
