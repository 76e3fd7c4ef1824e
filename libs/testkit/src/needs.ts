/**
 * What a test may need of the machine that it runs on, each with its probe. A test that lacks something is
 * skipped, and says for want of what in words that tools/tally.mjs adds up.
 */
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import type { TestContext } from 'vitest';

declare module 'vitest' {
  interface TaskMeta {
    /** For want of what a test was skipped while it ran; tools/tally.mjs reads it. */
    needs?: readonly string[];
  }
}

/** A program is looked for where a call of it looks: absolute, or on PATH. */
function isProgram(name: string): boolean {
  const folders = name.startsWith('/') ? [''] : (process.env['PATH'] ?? '').split(delimiter);
  return folders.some((folder) => {
    try {
      accessSync(join(folder, name), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

const programs =
  (...names: readonly string[]) =>
  () =>
    names.every(isProgram);

const runs = (program: string, ...values: readonly string[]): boolean =>
  spawnSync(program, values, { stdio: 'ignore' }).status === 0;

/** Asks a namespace of its own, which goes again, for all that limits bandwidth. */
function limitsBandwidth(): boolean {
  const space = `nodemgr-probe-${process.pid}`;
  const inside = (...values: readonly string[]) => runs('ip', 'netns', 'exec', space, ...values);
  try {
    return (
      runs('ip', 'netns', 'add', space) &&
      inside('ip', 'link', 'add', 'near0', 'type', 'veth', 'peer', 'name', 'far0') &&
      inside('tc', 'qdisc', 'add', 'dev', 'near0', 'root', 'htb') &&
      inside('nft', 'add', 'table', 'inet', 'probe')
    );
  } finally {
    runs('ip', 'netns', 'del', space);
  }
}

/** A name of a free loop device is no right to it: only a mount tells. */
function mountsExt4FromFile(): boolean {
  const folder = mkdtempSync(join(tmpdir(), 'ext4-'));
  const image = join(folder, 'image');
  try {
    return (
      runs('mke2fs', '-q', '-t', 'ext4', image, '2M') &&
      runs('unshare', '--mount', 'mount', '-o', 'loop', image, folder)
    );
  } finally {
    rmSync(folder, { recursive: true });
  }
}

const kernelHas = (line: string) => () => readFileSync('/proc/filesystems', 'utf8').includes(line);
const isRoot = (): boolean => process.geteuid?.() === 0;

/** What is not a right or of the kernel is named as Debian's package that has it. */
const PROBES = {
  root: isRoot,
  'an ordinary user': () => !isRoot(),
  'a kernel with network namespaces, htb and nftables': limitsBandwidth,
  'a kernel with FUSE': () => existsSync('/dev/fuse'),
  'a kernel with ext4 and loop devices': mountsExt4FromFile,
  'a kernel with overlays': kernelHas('\toverlay\n'),
  // Where it may use io_uring, as Debian's, process.setgroups() and its like always throw (CVE-2024-22017).
  'a Node.js that can become another user': () =>
    isRoot() && runs(process.execPath, '-e', 'process.setgroups([])'),
  'a Node.js of a package': () => existsSync('/usr/bin/node'),
  'a right to mount': () => runs('unshare', '--mount', 'mount', '-t', 'tmpfs', 'tmpfs', '/tmp'),
  bindfs: programs('bindfs'),
  'cgroup v2': () => / cgroup2 /.test(readFileSync('/proc/mounts', 'utf8')),
  curl: programs('curl'),
  'dbus-daemon': programs('dbus-daemon'),
  'dpkg-dev': programs('dpkg-shlibdeps'),
  e2fsprogs: programs('mke2fs'),
  iproute2: programs('ip', 'tc'),
  jq: programs('jq'),
  'libnss-extrausers': () => existsSync('/usr/lib/libnss_extrausers.so.2'),
  lintian: programs('lintian'),
  'man-db': programs('man'),
  nftables: programs('nft'),
  'openssh-client': programs('ssh-keygen'),
  openssl: programs('openssl'),
  procps: programs('ps'),
  python3: programs('python3'),
  systemd: programs('systemd-analyze', 'systemd-sysusers', 'systemd-tmpfiles'),
  'util-linux': programs('unshare', 'setpriv'),
  xmlsec1: programs('xmlsec1'),
  zstd: programs('zstd'),
} as const satisfies Readonly<Record<string, () => boolean>>;

export type Need = keyof typeof PROBES;
/** Every need, for those that check this list. */
export const NEEDS = Object.keys(PROBES) as readonly Need[];

/** Some probes can be made only by whoever has these. */
const BEFORE: Partial<Readonly<Record<Need, readonly Need[]>>> = {
  'a kernel with network namespaces, htb and nftables': ['root', 'iproute2', 'nftables'],
  'a Node.js that can become another user': ['root'],
  'a right to mount': ['root', 'util-linux'],
  'a kernel with ext4 and loop devices': ['a right to mount', 'e2fsprogs'],
};

/** A machine does not change while tests run, but a test may say that programs are somewhere else. */
const known = new Map<string, boolean>();

function isHere(need: Need): boolean {
  const question = `${need}\0${process.env['PATH']}`;
  const answer = known.get(question) ?? PROBES[need]();
  known.set(question, answer);
  return answer;
}

function lacking(need: Need): readonly Need[] {
  const before = (BEFORE[need] ?? []).flatMap(lacking);
  if (before.length > 0) return before;
  return isHere(need) ? [] : [need];
}

export interface Wanting {
  /** For skipIf. */
  readonly missing: boolean;
  /** Goes at the end of a title: '' when nothing is missing. */
  readonly note: string;
}

/** skipNote names what is wanting, for the end of a title; tools/tally.mjs reads it. */
export function skipNote(wanting: readonly string[]): string {
  return wanting.length === 0 ? '' : ` (skipped: needs ${[...new Set(wanting)].join(', ')})`;
}

/** needs reports what of `all` this machine does not have. */
export function needs(...all: readonly Need[]): Wanting {
  const wanting = all.flatMap(lacking);
  return { missing: wanting.length > 0, note: skipNote(wanting) };
}

/** skipFor skips the test that is running, for want of `wanting`; goes on when that is nothing. */
export function skipFor({ task, skip }: TestContext, ...wanting: readonly string[]): void {
  task.meta.needs = wanting;
  skip(wanting.length > 0, `needs ${wanting.join(', ')}`);
}

/** skipUnless skips the test that is running unless this machine has all of these. */
export function skipUnless(context: TestContext, ...all: readonly Need[]): void {
  skipFor(context, ...all.flatMap(lacking));
}
