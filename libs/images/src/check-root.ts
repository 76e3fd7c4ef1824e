/** Checks that an unpacked tree is the root of a system that a sliver can run: it changes nothing. */
import { Buffer } from 'node:buffer';
import { lstat, open } from 'node:fs/promises';
import { join } from 'node:path';
import { ImageProblem } from './image-problem.ts';
import { HEADER_LENGTH, judgeShell } from './judge-shell.ts';
import { resolveInside } from './resolve-inside.ts';

/** Start scripts begin with it, and a login ends in it. */
const SHELL = '/bin/sh';

async function headerOf(path: string): Promise<Buffer> {
  const file = await open(path, 'r');
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(HEADER_LENGTH), 0, HEADER_LENGTH, 0);
    return buffer.subarray(0, bytesRead);
  } finally {
    await file.close();
  }
}

async function shellOf(root: string): Promise<string> {
  try {
    return await resolveInside(root, SHELL);
  } catch (error) {
    const reason = (error as NodeJS.ErrnoException).code ?? (error as Error).message;
    throw new ImageProblem(`it is not the root of a system: it has no ${SHELL} (${reason})`, {
      cause: error,
    });
  }
}

async function checkShell(root: string, arch: string): Promise<void> {
  const path = await shellOf(root);
  const found = await lstat(path);
  if (!found.isFile()) throw new ImageProblem(`its ${SHELL} is no file`);
  if ((found.mode & 0o111) === 0) throw new ImageProblem(`its ${SHELL} may not be executed`);
  const why = judgeShell(await headerOf(path), arch);
  if (why !== undefined) throw new ImageProblem(`its ${SHELL} ${why}`);
}

/**
 * checkRoot rejects with ImageProblem, saying what is missing, unless the tree at `root` has a shell
 * that runs on a processor of the kind `arch`, and an /etc.
 */
export async function checkRoot(root: string, arch: string): Promise<void> {
  if (!(await lstat(root)).isDirectory()) throw new ImageProblem('its root is no folder');
  await checkShell(root, arch);
  const etc = await lstat(join(root, 'etc')).catch(() => undefined);
  if (!etc?.isDirectory()) throw new ImageProblem('it is not the root of a system: it has no /etc');
}
