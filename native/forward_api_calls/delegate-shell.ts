// Runs the built login shell as a caller would, and reads what it says. For tests only.
import { type ChildProcess, type SpawnOptions, spawn } from 'node:child_process';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { SaxesParser } from 'saxes';
import { expect, onTestFinished } from 'vitest';

export const SHELL_FILE = resolve(__dirname, '../../dist/native/forward_api_calls');

export interface Outcome {
  readonly status: number | null;
  readonly stdout: Buffer;
  readonly stderr: string;
}

/** Starts `program`; it is killed when the test is over. Its input is the caller's to write. */
export function startShell(
  values: readonly string[],
  options: SpawnOptions = {},
  program = SHELL_FILE,
): ChildProcess {
  const child = spawn(program, values, options);
  onTestFinished(async () => {
    if (child.exitCode !== null || child.signalCode !== null) return;
    child.kill('SIGKILL');
    await once(child, 'exit');
  });
  // The shell may end before it has read everything; its outcome says why.
  child.stdin?.on('error', () => {});
  return child;
}

async function collect(stream: AsyncIterable<Buffer> | null): Promise<Buffer> {
  const parts: Buffer[] = [];
  if (stream !== null) for await (const part of stream) parts.push(part);
  return Buffer.concat(parts);
}

/** Waits until it has ended and said everything. */
export async function outcomeOf(child: ChildProcess): Promise<Outcome> {
  const [[status], stdout, stderr] = await Promise.all([
    once(child, 'exit'),
    collect(child.stdout),
    collect(child.stderr),
  ]);
  return { status, stdout, stderr: stderr.toString() };
}

/** One whole call: `input` is all of its standard input. */
export async function call(
  input: string | Buffer,
  values: readonly string[],
  options: SpawnOptions = {},
  program = SHELL_FILE,
): Promise<Outcome> {
  const child = startShell(values, options, program);
  child.stdin?.end(input);
  return await outcomeOf(child);
}

export const viaSocket = (path: string): string[] => ['--socket', path];
export const hurriedVia = (path: string): string[] => ['--socket', path, '--timeout', '1'];

/** The path of each element that has text, with its text. Throws unless it is well-formed XML. */
function textsOf(xml: string): Map<string, string> {
  const texts = new Map<string, string>();
  const open: string[] = [];
  const parser = new SaxesParser();
  parser.on('error', (error) => {
    throw error;
  });
  parser.on('opentag', ({ name }) => void open.push(name));
  parser.on('closetag', () => void open.pop());
  parser.on('text', (text) => {
    const path = open.join('/');
    const known = texts.get(path);
    if (text.trim() !== '') texts.set(path, known === undefined ? text : `${known}|${text}`);
  });
  parser.write(xml).close();
  return texts;
}

const MEMBER = 'methodResponse/fault/value/struct/member';

/** Checks that `outcome` is a failure told in both ways, and returns the fault's text. */
export function faultOf(outcome: Outcome): string {
  const texts = textsOf(outcome.stdout.toString());
  expect(texts.get(`${MEMBER}/name`)).toBe('faultCode|faultString');
  expect(texts.get(`${MEMBER}/value/int`)).toBe('111');
  const text = texts.get(`${MEMBER}/value/string`) ?? '';
  expect(outcome.stderr).toBe(`forward_api_calls: ${text}\n`);
  expect(outcome.status).toBe(1);
  return text;
}
