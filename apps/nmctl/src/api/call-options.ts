/** The options of the commands that call the API, --via and --timeout: wrong ones are refused before any call. */
import { type Command, InvalidArgumentError } from 'commander';
import type { GlobalOptions } from '../session.ts';
import { parseSshTarget, type SshTarget } from './ssh-target.ts';

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

/** The commands that call the API and nothing else, without the program's name. */
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
