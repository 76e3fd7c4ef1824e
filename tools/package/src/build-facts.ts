/** What the package is built from, on and for. Asks git and dpkg; nothing of it differs between two builds of one commit. */
import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import * as z from 'zod';

export interface BuildFacts {
  /** Debian's version. */
  readonly version: string;
  /** Debian's name of the architecture. */
  readonly architecture: string;
  /** Debian's name of the folders in which libraries for it are: its multiarch triplet. */
  readonly triplet: string;
  /** Seconds since the epoch: of the last commit, so that the same sources give the same package. */
  readonly date: number;
  /** What goes into build-info.json. */
  readonly build: { readonly version: string; readonly node_abi: string; readonly arch: string };
}

/** Where there is no git: any time does that is always the same. */
const NO_DATE = 1_700_000_000;
type Architecture = Pick<BuildFacts, 'architecture' | 'triplet'>;

/** Debian's names of what Node.js calls process.arch. */
const ARCHITECTURES: Readonly<Record<string, Architecture>> = {
  x64: { architecture: 'amd64', triplet: 'x86_64-linux-gnu' },
  arm64: { architecture: 'arm64', triplet: 'aarch64-linux-gnu' },
};
/** deb-version(7), without an epoch: it is part of a file name. */
const VERSION = /^[0-9][A-Za-z0-9.+~]*$/;

function output(command: string, ...args: readonly string[]): string | undefined {
  const { status, stdout } = spawnSync(command, args, { encoding: 'utf8' });
  return status === 0 ? stdout.trim() : undefined;
}

function dateOf(env: Readonly<Record<string, string | undefined>>): number {
  const date = env['SOURCE_DATE_EPOCH'] ?? output('git', 'log', '-1', '--format=%ct') ?? NO_DATE;
  return z.coerce.number().int().positive().parse(date);
}

function architecture(): Architecture {
  const machine = output('dpkg', '--print-architecture');
  if (machine === undefined) throw new Error('dpkg is needed, to make a Debian package');
  const known = ARCHITECTURES[process.arch];
  if (machine !== known?.architecture) {
    throw new Error(`this machine is ${machine}, and its Node.js is for ${process.arch}`);
  }
  return known;
}

/** buildFacts returns them; `wanted` is a version other than that of package.json. Throws an Error. */
export function buildFacts(
  env: Readonly<Record<string, string | undefined>>,
  wanted: string | undefined,
): BuildFacts {
  const { version } = z
    .object({ version: z.string() })
    .parse(JSON.parse(readFileSync('package.json', 'utf8')));
  const named = wanted ?? version;
  if (!VERSION.test(named)) throw new Error(`${named} is no version of a package`);
  return {
    version: named,
    ...architecture(),
    date: dateOf(env),
    build: { version: named, node_abi: process.versions.modules, arch: process.arch },
  };
}
