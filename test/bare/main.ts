/**
 * `npm run test:bare`: README's two commands on bare Debians, as an ordinary user and as root, with umask 077,
 * in a path that is not plain, and without a network but for `npm ci`. One lane for each release, side by side.
 * By default each release has one `npm ci`, an `npm start` for each user, and of `npm test` what can end
 * differently there; --all runs `npm ci` and all of `npm test` for each. What has passed for the same files on the
 * same system is not run again.
 */
import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '../node/machine/build-cache.ts';
import { stopwatch } from '../node/machine/machine-run.ts';
import { runWell } from '../node/machine/run-command.ts';
import { BareDebian, checkoutOf, SUITES, type Suite, USERS, type User } from './bare-debian.ts';

const RESULTS = 'dist/bare-test-results';
/** The files of this tree, as they were at the start. */
const TREE = 'dist/bare-machine/tree.tar';
const STATE_LENGTH = 200;
/** What is shown of a command line that names many files. */
const SHOWN = 300;
const tell = stopwatch();

/** With the right to nothing of what he makes for others, as some have it in their profiles. */
const shell = (line: string) => ['sh', '-c', `umask 077; ${line}`];

/** The commands that failed; what needs none of them is tried all the same. */
const failed: string[] = [];

/** Runs a command line; what it says is shown at its end, in one piece, for another lane speaks as well. */
async function passes(debian: BareDebian, user: User, line: string): Promise<boolean> {
  const words = line.length > SHOWN ? `${line.slice(0, SHOWN)}…` : line;
  const title = `${debian.suite}, ${user}: ${words}`;
  tell(title);
  const start = performance.now();
  const { code, stdout, stderr } = await debian.run(
    user,
    shell(line),
    line === 'npm ci' ? 'shared' : 'none',
  );
  process.stdout.write(`\n== ${title}\n${stdout}${stderr}`);
  const seconds = ((performance.now() - start) / 1000).toFixed(0);
  tell(`${title}: ${code === 0 ? 'ok' : `status ${code}`} after ${seconds} s`);
  if (code !== 0) failed.push(`${title}: status ${code}`);
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

/** The unit tests that can differ (tools/machine-tests.mjs). */
const UNIT_TESTS = 'dist/bare-machine/unit-tests.json';

const inRepository = (...words: readonly string[]) => `npm exec -c 'node ${words.join(' ')}'`;
const unitTests = (...files: readonly string[]) =>
  inRepository('tools/run-vitest.mjs', 'unit', '.', ...files);
const endToEnd = (...parts: readonly string[]) => inRepository('tools/run-e2e.mjs', ...parts);
/** What differs for want of programs. `npm start` has built what these tests run. */
const PROGRAMS = ['test/delegates.', 'test/conformance/methods.'];

interface Turn {
  readonly user: User;
  /** After `npm start`. */
  readonly tests: readonly string[];
}

/**
 * Tests run as the user on the release that has a Node.js of its own; as root, whom more is allowed, only those that
 * ask for root, or for programs. The first of a release installs, the other one gets what was installed: compilers do
 * not care who runs them.
 */
const turns = (): Readonly<Record<Suite, readonly Turn[]>> => ({
  trixie: [
    {
      user: 'me',
      tests: [
        unitTests(...(JSON.parse(readFileSync(UNIT_TESTS, 'utf8')) as readonly string[])),
        endToEnd('test/start.', ...PROGRAMS),
      ],
    },
    { user: 'root', tests: [] },
  ],
  bookworm: [
    { user: 'root', tests: [unitTests('.root.test.ts'), endToEnd(...PROGRAMS)] },
    { user: 'me', tests: [] },
  ],
});
const WHOLE: readonly Turn[] = USERS.map((user) => ({ user, tests: ['npm test'] }));

function keepResults(debian: BareDebian, user: User): void {
  const results = join(debian.root, checkoutOf(user), 'dist/test-results');
  if (existsSync(results))
    cpSync(results, join(RESULTS, `${debian.suite}-${user}`), { recursive: true });
}

async function runLane(suite: Suite, tarball: string, all: boolean): Promise<void> {
  const debian = await BareDebian.make(suite, tell);
  try {
    let installer: User | undefined;
    for (const { user, tests } of all ? WHOLE : turns()[suite]) {
      await debian.addCheckout(user, tarball);
      if (installer !== undefined && !all) await debian.moveModules(installer, user);
      else if (!(await passes(debian, user, 'npm ci'))) return;
      installer = user;
      for (const line of [startAndCall(user), ...tests]) await passes(debian, user, line);
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
  const all = args.includes('--all');
  const named = SUITES.filter((suite) => args.includes(suite));
  const suites = named.length > 0 ? named : SUITES;
  const files = await filesHere();
  rmSync(RESULTS, { recursive: true, force: true });
  const passed = join(cacheFolder(process.env, 'bare-machine'), 'passed');
  const kept = join(passed, keyOf(files, [...suites, String(all)]));
  if (existsSync(kept)) {
    tell(`these files have passed already: ${kept}`);
    cpSync(kept, RESULTS, { recursive: true });
    return;
  }
  // One state of the tree for all, whoever edits it meanwhile.
  const create = ['tar', '--create', `--file=${TREE}`, '--null', '--files-from=-'];
  await runWell(create, { input: files.join('\0') });
  await Promise.all(suites.map((suite) => runLane(suite, TREE, all)));
  if (failed.length > 0) throw new Error(failed.join('; '));
  // One outcome is kept: that of the tree of today.
  rmSync(passed, { recursive: true, force: true });
  mkdirSync(passed, { recursive: true });
  cpSync(RESULTS, kept, { recursive: true });
}

main(process.argv.slice(2)).catch((error: unknown) => {
  process.stderr.write(`npm run test:bare: ${error instanceof Error ? error.message : error}\n`);
  process.exitCode = 1;
});
