/** Starts with code that was compiled ahead: what main.cjs and make-code.cjs of the package do, with real processes. */
import { spawnSync } from 'node:child_process';
import {
  appendFileSync,
  chmodSync,
  chownSync,
  copyFileSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  truncateSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { skipUnless } from '@nodemgr/testkit';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';

const PROGRAM = `const { basename } = require('node:path'); const line = () => new Error().stack.split('\\n')[1];
function later() { return 'a function that is compiled when it is called'; }
console.log(basename(__filename), process.argv.slice(2).join(' '), later().length, require('../beside.json').is);
if (process.argv[2] === 'where') console.log(line(), new Error().stack.split('\\n')[1]);
if (process.argv[2] === 'throw') throw new Error('no such luck');
process.exitCode = 3;
`;
/** In two parts: this file is no program with a map. */
const MAP_LINE = ['//#', 'sourceMappingURL=program.cjs.map'].join(' ');
const MIB = 2 ** 20;
/** Says on stderr how many bytes are held in buffers once the program has started, when nothing more is collected. */
const WEIGH = `require(process.argv[1]);
require('node:v8').setFlagsFromString('--expose-gc');
const collect = require('node:vm').runInNewContext('gc');
function look(rounds) {
  collect();
  const { arrayBuffers } = process.memoryUsage();
  if (arrayBuffers > ${MIB} && rounds > 0) setImmediate(look, rounds - 1);
  else console.error(arrayBuffers);
}
setImmediate(look, 100);
`;
/** Says on stderr what became of the code: 'undefined' where there was none. */
const TELL = 'console.error(require(process.argv[1]).script.cachedDataRejected)';

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'start-'));
  mkdirSync(join(folder, 'some'));
  copyFileSync('tools/package/start/main.cjs', join(folder, 'some/main.cjs'));
  copyFileSync('tools/package/start/make-code.cjs', join(folder, 'make-code.cjs'));
  writeFileSync(join(folder, 'beside.json'), '{"is":"beside it"}');
  writeFileSync(program(), PROGRAM);
});
afterEach(() => rmSync(folder, { recursive: true }));

interface Ended {
  readonly status: number | null;
  readonly out: string;
  readonly err: string;
}

function run(command: string, ...args: readonly string[]): Ended {
  const { status, stdout, stderr } = spawnSync(command, args, { encoding: 'utf8' });
  return { status, out: stdout, err: stderr };
}
const node = (...args: readonly string[]) => run(process.execPath, ...args);
const program = () => join(folder, 'some/program.cjs');
const main = () => join(folder, 'some/main.cjs');
const code = () => join(folder, 'some/program.code');
const maker = () => join(folder, 'make-code.cjs');
const start = (...args: readonly string[]) => node(main(), ...args);
const fate = (...flags: readonly string[]) => node(...flags, '--eval', TELL, main(), 'a', 'b');
const make = (...flags: readonly string[]) => node(...flags, maker(), 'some', 'x');

const SAID = 'program.cjs a b 45 beside it\n';

test('a program of which no code was kept starts, and writes none', () => {
  expect(start('a', 'b')).toEqual({ status: 3, out: SAID, err: '' });
  expect(fate().err).toBe('undefined\n');
  expect(existsSync(code())).toBe(false);
});

test('code is made by a run of the program, however that ends, and used by the next starts', () => {
  expect(make()).toEqual({ status: 0, out: SAID.replace('a b', 'x'), err: '' });
  expect(fate()).toEqual({ status: 3, out: SAID, err: 'false\n' });
  expect(start('a', 'b')).toEqual({ status: 3, out: SAID, err: '' });
});

test('code of other flags is refused, and the program starts as without', () => {
  const flags = ['--jitless', '--no-expose-wasm'];
  make(...flags);
  expect(fate(...flags).err).toBe('false\n');
  expect(fate()).toEqual({ status: 3, out: SAID, err: 'true\n' });
});

describe.each(['with kept code', 'without'])('a program that starts %s', (how) => {
  beforeEach(() => {
    if (how !== 'without') make();
  });

  test('has the places of its file in stack traces', () => {
    const column = PROGRAM.indexOf('new Error') + 1;
    expect(start('where').out.split('\n')[1]).toBe(
      `    at line (${program()}:1:${column})     at ${program()}:4:54`,
    );
  });

  test('holds nothing of its text in a buffer as it runs', () => {
    appendFileSync(program(), `//${' '.repeat(4 * MIB)}\n`);
    if (how !== 'without') make();
    const { status, out, err } = node('--eval', WEIGH, main(), 'a', 'b');
    expect({ status, out }).toEqual({ status: 3, out: SAID });
    expect(Number(err)).toBeLessThan(MIB);
  });

  test('has the places of its sources in them where a source map is asked for', () => {
    const map = { version: 3, sources: ['origin.ts'], names: [], mappings: ';;;AAqEA' };
    writeFileSync(`${program()}.map`, JSON.stringify(map));
    appendFileSync(program(), MAP_LINE);
    expect(node('--enable-source-maps', main(), 'where').out).toContain(
      `${join(folder, 'some/origin.ts')}:70:1`,
    );
  });
});

function zeros(): void {
  const damaged = readFileSync(code());
  writeFileSync(code(), damaged.fill(0, damaged.length >> 1, damaged.length - 4));
}

test.each([
  ['is empty', (): void => truncateSync(code(), 0)],
  ['is shorter than a checksum', (): void => truncateSync(code(), 3)],
  ['is cut in half', (): void => truncateSync(code(), readFileSync(code()).length >> 1)],
  ['has zeros in it, as after a power cut', zeros],
  ['may be written by its group', (): void => chmodSync(code(), 0o664)],
  ['may be written by everyone', (): void => chmodSync(code(), 0o646)],
  [
    'is a folder',
    (): void => {
      rmSync(code());
      mkdirSync(code());
    },
  ],
])('code of which the file %s is not used, and the program starts as without', (_what, spoil) => {
  make();
  spoil();
  expect(fate()).toEqual({ status: 3, out: SAID, err: 'undefined\n' });
});

test('code that belongs to somebody else than the program is not used', (context) => {
  skipUnless(context, 'root');
  make();
  chownSync(code(), 12_345, 12_345);
  expect(fate()).toEqual({ status: 3, out: SAID, err: 'undefined\n' });
});

test('code of a program that was replaced since is not used, though the new one is as long', () => {
  make();
  writeFileSync(program(), PROGRAM.replace("join(' ')", "join('+')"));
  expect(fate()).toEqual({ status: 3, out: SAID.replace('a b', 'a+b'), err: 'undefined\n' });
});

/** Seconds since the epoch. */
const BUILT = 1_700_000_000;

test.each(['node', 'libnode.so.115'])(
  'code is not used after %s was replaced by another build of the same version',
  (name) => {
    const file = join(folder, name);
    const own = join(folder, 'node');
    copyFileSync(process.execPath, own);
    // Any library that Node.js has anyway.
    const [some = ''] = /\/.*\/libm\.so\.6/.exec(readFileSync('/proc/self/maps', 'utf8')) ?? [];
    const library = join(folder, 'libnode.so.115');
    copyFileSync(some, library);
    const withOwn = (...args: readonly string[]) =>
      run('env', `LD_PRELOAD=${library}`, own, ...args);
    const fateWithOwn = () => withOwn('--eval', TELL, main(), 'a', 'b');
    const setTime = (seconds: number): void => utimesSync(file, seconds, seconds);
    const changes: readonly (() => void)[] = [
      // By hundredths of a millisecond.
      () => setTime(BUILT + 0.000_01),
      () => {
        appendFileSync(file, ' ');
        setTime(BUILT);
      },
      // One as large and as old.
      () => {
        copyFileSync(file, `${file}.new`);
        renameSync(`${file}.new`, file);
        setTime(BUILT);
      },
    ];
    for (const change of changes) {
      setTime(BUILT);
      expect(withOwn(maker(), 'some', 'x').status).toBe(0);
      expect(fateWithOwn().err).toBe('false\n');
      change();
      expect(fateWithOwn()).toEqual({ status: 3, out: SAID, err: 'undefined\n' });
    }
  },
);

test('where there is no /proc a program starts, no code is used, and none is made', (context) => {
  skipUnless(context, 'a right to mount');
  make();
  const hidden = (...args: readonly string[]) => {
    const hiding = 'mount -t tmpfs tmpfs /proc && exec "$@"';
    return run('unshare', '--mount', 'sh', '-c', hiding, 'sh', process.execPath, ...args);
  };
  expect(hidden('--eval', TELL, main(), 'a', 'b')).toEqual({
    status: 3,
    out: SAID,
    err: 'undefined\n',
  });
  expect(hidden(maker(), 'some', 'x')).toEqual({
    status: 1,
    out: SAID.replace('a b', 'x'),
    err: "some was not compiled ahead: ENOENT: no such file or directory, open '/proc/self/maps'\n",
  });
});

test('everyone may read code, whatever the umask of whoever makes it', () => {
  run('sh', '-c', 'umask 077; exec "$@"', 'sh', process.execPath, maker(), 'some', 'x');
  expect(statSync(code()).mode & 0o777).toBe(0o644);
});

test('code that does not fit on the disk leaves nothing of it behind, and what was kept before', () => {
  make();
  const kept = readFileSync(code());
  // Blocks of 512 bytes: less than any code takes.
  const full = 'trap "" XFSZ; ulimit -f 1; exec "$@"';
  expect(run('sh', '-c', full, 'sh', process.execPath, maker(), 'some', 'x')).toEqual({
    status: 1,
    out: SAID.replace('a b', 'x'),
    err: 'some was not compiled ahead: EFBIG: file too large, write\n',
  });
  expect(readdirSync(join(folder, 'some')).sort()).toEqual(
    ['main.cjs', 'program.code', 'program.cjs'].sort(),
  );
  expect(readFileSync(code())).toEqual(kept);
});

test('no code is made of a program that does not start, and its maker says why', () => {
  expect(node(maker(), 'some', 'throw')).toEqual({
    status: 1,
    out: SAID.replace('a b', 'throw'),
    err: 'some was not compiled ahead: no such luck\n',
  });
  expect(existsSync(code())).toBe(false);
});
