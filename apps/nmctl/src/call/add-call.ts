/** `nmctl call` and `--via` on the command line: their words, and what is refused before anything is done. */
import { type Command, InvalidArgumentError } from 'commander';
import { parseSshTarget, type SshTarget } from '../api/ssh-target.ts';
import type { GlobalOptions, Run } from '../session.ts';
import { callMethod } from './call.ts';

const CALL_HELP = `
Each argument is JSON. A word that is no JSON stands for itself, so these are the same:
  nmctl call GetRSpec princeton_sirius
  nmctl call GetRSpec '"princeton_sirius"'
The result is printed readably, with --json as JSON. 'nmctl call Help' lists the methods.

With --via the call is made on another node, as the delegate that one logs in as there. It needs ssh, and
nothing of the node manager on this machine. Passphrases and unknown host keys are asked for on the
terminal; --timeout counts that time too. What ssh complains of exits 3.
`;

/** toSeconds reads how long to wait for an answer of the API. */
export function toSeconds(text: string): number {
  const seconds = Number(text);
  if (seconds > 0 && seconds <= 3600) return seconds;
  throw new InvalidArgumentError('wants seconds, more than 0 and at most 3600.');
}

function toSshTarget(text: string): SshTarget {
  try {
    return parseSshTarget(text);
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw error;
    throw new InvalidArgumentError(`${error.message}.`);
  }
}

/** What calls the API and nothing else, from the program's name on. */
const CALLING: readonly string[] = ['call', 'ticket deliver'];

function wordsOf(command: Command): string {
  const { parent } = command;
  return parent?.parent ? `${parent.name()} ${command.name()}` : command.name();
}

/** --via leads to the API of another node, and everything but CALLING is about this one. */
function checkVia(program: Command, command: Command): void {
  const { via, config, state } = program.opts<GlobalOptions>();
  if (via === undefined) return;
  const refuse = (why: string) => program.error(`error: ${why}`);
  const words = wordsOf(command);
  if (!CALLING.includes(words)) {
    refuse(`--via is for ${CALLING.join(' and ')}; ${words} is about this machine`);
  }
  if (config !== undefined || state !== undefined) {
    refuse('--via calls another node; --config and --state name one on this machine');
  }
}

/** addVia adds the option, which only CALLING take. */
export function addVia(program: Command): void {
  program
    .option(
      '--via <url>',
      'call as a delegate of another node: ssh://USER@HOST[:PORT]',
      toSshTarget,
    )
    .hook('preAction', checkVia);
}

/** addCall adds the command. */
export function addCall(program: Command, run: Run): void {
  program
    .command('call')
    .description('call a method of the XML-RPC API on its Unix socket')
    .argument('<method>', 'such as GetRSpec')
    .argument('[args...]', 'JSON values, or bare words')
    .option('--timeout <seconds>', 'how long to wait for the answer', toSeconds, 30)
    .addHelpText('after', CALL_HELP)
    .action((method: string, args: string[], { timeout }: { timeout: number }) =>
      run((session) => callMethod(session, method, args, timeout * 1000)),
    );
}
