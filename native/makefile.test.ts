// What the Makefile leaves in a folder when two builds are there at once, and when the compiler does not come to its end.
import { execFile } from 'node:child_process';
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, expect, it } from 'vitest';

const PROGRAMS = [
  'forward_api_calls',
  'login-mark',
  'nodemgr.node',
  'sliver-init',
  'sliver-run',
  'sliver-shell',
];

const CC = process.env['CC'] ?? 'cc';

let folder: string;
let out: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'nodemgr-make-'));
  out = join(folder, 'out');
});
afterEach(() => rmSync(folder, { recursive: true }));

const make = (...values: readonly string[]) =>
  promisify(execFile)('make', ['-s', '-C', __dirname, `OUT=${out}`, ...values]);

/** compilerThat returns a compiler that compiles, and then goes on as a script of sh(1) says, with the arguments in $*. */
function compilerThat(script: string): string {
  const compiler = join(folder, 'compiler');
  writeFileSync(compiler, `#!/bin/sh\n${CC} "$@" || exit\n${script}\n`);
  chmodSync(compiler, 0o755);
  return compiler;
}

it.each(PROGRAMS)(
  'two builds of %s at once both succeed, and leave it and nothing else',
  async (name) => {
    // Neither goes on before both have written.
    const written = join(folder, 'written');
    const compiler = compilerThat(
      `case $* in *.new*) echo >>${written}; until [ ! -e ${written} ] || [ "$(wc -l <${written})" = 2 ]; do sleep 0.01; done ;; esac`,
    );
    const build = () => make(`CC=${compiler}`, join(out, name));
    await Promise.all([build(), build()]);
    expect(readdirSync(out)).toEqual([name]);
    const alone = readFileSync(resolve(__dirname, '../dist/native', name));
    expect(readFileSync(join(out, name)).equals(alone)).toBe(true);
  },
);

it.each([
  ['fails after it has written', 'exit 1'],
  ['and its shell are ended', 'kill -TERM "$PPID"'],
])(
  'when the compiler %s, the last program stays and nothing is left beside it',
  async (_how, end) => {
    mkdirSync(out);
    const program = join(out, 'login-mark');
    writeFileSync(program, 'the last one');
    utimesSync(program, 1, 1);
    await expect(make(`CC=${compilerThat(end)}`, program)).rejects.toMatchObject({ code: 2 });
    expect(readdirSync(out)).toEqual(['login-mark']);
    expect(readFileSync(program, 'utf8')).toBe('the last one');
  },
);
