/**
 * `npm run test:bare`: README's two commands on a bare Debian, as an ordinary user with umask 077 and as
 * root; of `npm test` the parts that can differ there, or with --whole all of it. What has passed for the same
 * files on the same system is not run again.
 */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../node/machine/build-cache.ts';
import { stopwatch } from '../node/machine/machine-run.ts';
import { runWell } from '../node/machine/run-command.ts';
import { BareDebian, checkoutOf, SUITES, type Suite, USERS, type User } from './bare-debian.ts';

const RESULTS = 'dist/bare-test-results';
/** What differs for want of programs, or by who one is; all else is as where `npm test` runs anyway. */
const DIFFERS = [
  'test/start.e2e.test.ts',
  'test/delegates.e2e.test.ts',
  'test/conformance/methods.e2e.test.ts',
];
const STATE_LENGTH = 200;
const tell = stopwatch();

/** With the right to nothing of what he makes for others, as some have it in their profiles. */
const shell = (line: string) => ['sh', '-c', `umask 077; ${line}`];

/** The commands that failed; what needs none of them is tried all the same. */
const failed: string[] = [];

async function passes(debian: BareDebian, user: User, line: string): Promise<boolean> {
  tell(`${debian.suite}, ${user}: ${line}`);
  const code = await debian.run(user, shell(line));
  if (code !== 0) failed.push(`${debian.suite}, ${user}: ${line}: status ${code}`);
  return code === 0;
}

/** A state folder whose path has exactly STATE_LENGTH bytes: no socket path fits below it. */
function longState(user: User): string {
  const start = `${checkoutOf(user)}/`;
  const left = STATE_LENGTH - Buffer.byteLength(start);
  return `${start}${'x'.repeat(left - 4)}/xyz`;
}

const startAndCall = (user: User): string =>
  `python3 test/bare/start_and_call.py '${longState(user)}'`;

/** Of root's unit tests those that the user was refused: who root is changes nothing for the others. */
const UNIT_TESTS: Readonly<Record<User, string>> = {
  me: 'npm run test:unit',
  root: "npm exec -c 'node tools/run-vitest.mjs unit . .root.test.ts'",
};

/** The e2e tests need what is built; the unit tests of native build it by themselves. */
const parts = (user: User, whole: boolean): readonly string[] =>
  whole
    ? ['npm test']
    : [
        'npx nx run-many -t build --outputStyle=static',
        UNIT_TESTS[user],
        `npm exec -c 'node tools/run-e2e.mjs ${DIFFERS.join(' ')}'`,
      ];

function keepResults(debian: BareDebian, user: User): void {
  const results = join(debian.root, checkoutOf(user), 'dist/test-results');
  if (existsSync(results))
    cpSync(results, join(RESULTS, `${debian.suite}-${user}`), { recursive: true });
}

async function trySuite(suite: Suite, files: readonly string[], whole: boolean): Promise<void> {
  const debian = await BareDebian.make(suite, tell);
  try {
    for (const user of USERS) await debian.addCheckout(user, files);
    if (!(await passes(debian, 'me', 'npm ci'))) return;
    for (const user of ['me', 'root'] as const) {
      if (user === 'root') await debian.moveModules('me', 'root');
      for (const line of [startAndCall(user), ...parts(user, whole)]) {
        await passes(debian, user, line);
      }
      keepResults(debian, user);
    }
  } finally {
    await debian.remove();
  }
}

/** The files of this tree that are not ignored, as they are. */
async function filesHere(): Promise<readonly string[]> {
  const listed = await runWell([
    'git',
    'ls-files',
    '-z',
    '--cached',
    '--others',
    '--exclude-standard',
  ]);
  return listed
    .split('\0')
    .filter((name) => name !== '' && existsSync(name))
    .sort();
}

function keyOf(files: readonly string[], args: readonly string[]): string {
  const hash = createHash('sha256').update(JSON.stringify([args, process.version]));
  for (const file of files) hash.update(`\0${file}\0`).update(readFileSync(file));
  return hash.digest('hex').slice(0, 16);
}

async function main(args: readonly string[]): Promise<void> {
  const whole = args.includes('--whole');
  const named = SUITES.filter((suite) => args.includes(suite));
  const suites = named.length > 0 ? named : whole ? SUITES : (['trixie'] as const);
  const files = await filesHere();
  rmSync(RESULTS, { recursive: true, force: true });
  const passed = join(cacheFolder(process.env, 'bare-machine'), 'passed');
  const kept = join(passed, keyOf(files, [...suites, String(whole)]));
  if (existsSync(kept)) {
    tell(`these files have passed already: ${kept}`);
  } else {
    for (const suite of suites) await trySuite(suite, files, whole);
    if (failed.length > 0) throw new Error(failed.join('; '));
    // One outcome is kept: that of the tree of today.
    rmSync(passed, { recursive: true, force: true });
    mkdirSync(passed, { recursive: true });
    cpSync(RESULTS, kept, { recursive: true });
  }
  if (existsSync(kept)) cpSync(kept, RESULTS, { recursive: true });
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`npm run test:bare: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
});
