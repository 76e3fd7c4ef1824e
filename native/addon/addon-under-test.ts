// The built addon as plain JavaScript sees it (untyped, so that tests can misuse it), and child
// processes for the other end of what it does.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { createInterface, type Interface } from 'node:readline';
import { onTestFinished } from 'vitest';

export const ADDON_FILE = resolve(__dirname, '../../dist/native/nodemgr.node');

type AddonFunction = (...values: unknown[]) => unknown;

export function loadAddon(): Readonly<Record<string, AddonFunction>> {
  const target = { exports: {} as Record<string, AddonFunction> };
  process.dlopen(target, ADDON_FILE);
  return target.exports;
}

/** Calls `act`, which must throw; returns what was thrown. */
export function thrownBy(act: () => unknown): NodeJS.ErrnoException {
  try {
    act();
  } catch (error) {
    return error as NodeJS.ErrnoException;
  }
  throw new Error('nothing was thrown');
}

/** A folder for sockets and files, removed when the test is over. */
export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'nodemgr-addon-'));
  onTestFinished(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

export interface Partner {
  readonly child: ChildProcess;
  /** The next line that it prints. */
  readonly line: () => Promise<string>;
}

async function nextLine(lines: AsyncIterator<string>): Promise<string> {
  const { value, done } = await lines.next();
  if (done) throw new Error('the child process ended without a word');
  return value;
}

/** Starts another process; it is killed when the test is over. */
export function startPartner(program: string, values: readonly string[]): Partner {
  const child = spawn(program, values, { stdio: ['pipe', 'pipe', 'inherit'] });
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  const reader: Interface = createInterface({ input: child.stdout });
  const lines = reader[Symbol.asyncIterator]();
  return { child, line: () => nextLine(lines) };
}
