/**
 * `nmctl exec`: enters a sliver by sliver-shell, as its account does by ssh. The sliver never gets the operator's
 * own terminal, into which its processes could type (TIOCSTI): it has one of its own, or pipes.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFileSync } from 'node:fs';
import { constants } from 'node:os';
import { isatty } from 'node:tty';
import { EXIT, type ExitCode, passOn } from '../exit-codes.ts';
import type { Session } from '../session.ts';
import { type Account, findSliver, shellArguments } from './sliver-account.ts';

const SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP', 'SIGQUIT'] as const;
/** A program that signal N has ended has the status 128 + N, as in sh(1). */
const SIGNAL_BASE = 128;

/** On a terminal: runuser(1) makes another one, and passes on what is typed. */
function enterOnTerminal(name: string, argv: readonly string[], env: Session['env']): ChildProcess {
  return spawn('runuser', ['--pty', '--user', name, '--', ...argv], { env, stdio: 'inherit' });
}

/** Elsewhere: in a session without a terminal, with a pipe for each stream that is one. */
function enterByPipes(
  { uid, gid }: Account,
  [program = '', ...args]: readonly string[],
  env: Session['env'],
): ChildProcess {
  const stdio = [0, 1, 2].map((fd) => (isatty(fd) ? 'pipe' : 'inherit'));
  const child = spawn(program, args, { env, uid, gid, stdio: stdio as 'pipe'[], detached: true });
  if (child.stdin !== null) process.stdin.pipe(child.stdin.on('error', () => undefined));
  child.stdout?.pipe(process.stdout, { end: false });
  child.stderr?.pipe(process.stderr, { end: false });
  return child;
}

/** Resolves with the exit status; what asks us to end meanwhile is passed on. Rejects when it cannot be started. */
async function statusOf(child: ChildProcess, passesSignals: boolean): Promise<number> {
  const pass = (signal: NodeJS.Signals) => void (passesSignals && child.kill(signal));
  for (const signal of SIGNALS) process.on(signal, pass);
  try {
    await once(child, 'close');
  } finally {
    for (const signal of SIGNALS) process.off(signal, pass);
    if (child.stdin !== null) process.stdin.unpipe(child.stdin).pause();
  }
  const { exitCode, signalCode } = child;
  return exitCode ?? SIGNAL_BASE + (signalCode === null ? 0 : constants.signals[signalCode]);
}

/** Runs the command, whose output is all that is printed; its status is passed on. */
export async function execInSliver(
  session: Session,
  name: string,
  command: readonly string[],
): Promise<ExitCode> {
  const { terminal, json, env } = session;
  if (json) {
    terminal.complain('exec prints what the command prints, and no JSON');
    return EXIT.usage;
  }
  const { node, accounts } = session.config();
  if (node.driver === 'dry-run') {
    terminal.complain('the slivers of this node are only pretended (node.driver is dry-run)');
    return EXIT.trouble;
  }
  try {
    const passwd = readFileSync(accounts.passwd_file, 'utf8');
    const account = findSliver(name, passwd, accounts.sliver_shell);
    if (account === undefined) {
      terminal.complain(`no sliver '${name}' on this node; see: nmctl slivers`);
      return EXIT.trouble;
    }
    const argv = [accounts.sliver_shell, ...shellArguments(command)];
    const onTerminal = [0, 1, 2].every((fd) => isatty(fd));
    const child = onTerminal ? enterOnTerminal(name, argv, env) : enterByPipes(account, argv, env);
    return passOn(await statusOf(child, !onTerminal));
  } catch (error) {
    terminal.complain(`nothing was run: ${error instanceof Error ? error.message : String(error)}`);
    return EXIT.trouble;
  }
}
