// Network namespaces of a test's own (ip-netns(8)), commands in them, and the addon in a process
// that lives in one: a process's namespace is its own, and vitest's is the machine's.
import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { onTestFinished } from 'vitest';
import { ADDON_FILE, startPartner } from './addon-under-test.ts';

export interface Namespace {
  readonly name: string;
  /** Runs a program in it; returns its output. Throws with what it complained of. */
  readonly run: (program: string, ...values: readonly string[]) => string;
}

/** Calls a function of the addon; its error is thrown here with its `code`. */
export type RemoteAddon = (name: string, ...values: readonly unknown[]) => Promise<unknown>;

/** Makes a namespace, with loopback up; it is gone when the test is over. */
export function newNamespace(): Namespace {
  const name = `nodemgr-test-${process.pid}-${randomBytes(3).toString('hex')}`;
  execFileSync('ip', ['netns', 'add', name]);
  onTestFinished(() => void execFileSync('ip', ['netns', 'delete', name]));
  const run = (program: string, ...values: readonly string[]): string =>
    execFileSync('ip', ['netns', 'exec', name, program, ...values], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    });
  run('ip', 'link', 'set', 'lo', 'up');
  return { name, run };
}

/** Runs one command line without quotes in it, as it would be typed. */
export function type(namespace: Namespace, line: string): string {
  const [program = '', ...values] = line.split(' ');
  return namespace.run(program, ...values);
}

/** Makes a pair of interfaces, `uplink` here and `far` there, both down. */
export function connect(here: Namespace, there: Namespace): void {
  type(here, `ip link add uplink type veth peer name far netns ${there.name}`);
}

/** The index of an interface. */
export function indexOf(namespace: Namespace, name: string): number {
  return Number(type(namespace, `cat /sys/class/net/${name}/ifindex`));
}

const SERVE = `
  const target = { exports: {} };
  process.dlopen(target, process.argv[1]);
  const answer = ({ name, values }) => {
    try {
      const value = target.exports[name](...values);
      return { value: value instanceof Float64Array ? [...value] : value };
    } catch ({ code, message }) {
      return { code, message };
    }
  };
  require('readline').createInterface({ input: process.stdin }).on('line', (line) => {
    console.log(JSON.stringify(answer(JSON.parse(line))));
  });
`;

/** Loads the addon in a process of `namespace`, which ends with the test. */
export function addonIn(namespace: Namespace): RemoteAddon {
  const command = ['netns', 'exec', namespace.name, process.execPath, '-e', SERVE, ADDON_FILE];
  const { child, line } = startPartner('ip', command);
  return async (name, ...values) => {
    child.stdin?.write(`${JSON.stringify({ name, values })}\n`);
    const { value, code, message } = JSON.parse(await line());
    if (message !== undefined) throw Object.assign(new Error(message), { code });
    return value;
  };
}
