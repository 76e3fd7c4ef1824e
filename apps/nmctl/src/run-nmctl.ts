/** Runs one command line from arguments to exit code. Everything that it touches comes in. */
import { type Command, CommanderError } from 'commander';
import { EXIT, type ExitCode } from './exit-codes.ts';
import { makeProgram, type Surroundings } from './program.ts';
import { makeAnswering, type Terminal } from './terminal.ts';

const ERROR_PREFIX = 'error: ';

/** Commander reports a usage error by itself; a command line without a command gets the help. */
function speakThrough(terminal: Terminal, command: Command): void {
  command.exitOverride().configureOutput({
    writeOut: (text) => terminal.say(text, 'out'),
    writeErr: (text) => {
      if (text.startsWith(ERROR_PREFIX))
        terminal.complain(text.slice(ERROR_PREFIX.length).trimEnd());
      else terminal.say(text, 'err');
    },
    ...(terminal.page.width === undefined
      ? {}
      : { getOutHelpWidth: () => terminal.page.width ?? 80 }),
  });
  for (const inner of command.commands) speakThrough(terminal, inner);
}

function exitFor(error: unknown, terminal: Terminal): ExitCode {
  if (error instanceof CommanderError) return error.exitCode === 0 ? EXIT.ok : EXIT.usage;
  terminal.complain(`a defect: ${error instanceof Error ? (error.stack ?? error.message) : error}`);
  return EXIT.trouble;
}

/** Reports whether programs are to read the answer, also of a command line that is refused. */
function wantsJson(args: readonly string[]): boolean {
  const end = args.indexOf('--');
  return args.slice(0, end === -1 ? args.length : end).includes('--json');
}

/** runNmctl carries out `args` (without the program's name) and returns the exit code. */
export async function runNmctl(
  args: readonly string[],
  given: Terminal,
  env: Readonly<Record<string, string | undefined>>,
  workingDir = '.',
): Promise<ExitCode> {
  const terminal = makeAnswering(given);
  const code = await carryOut(args, terminal, async (options, act) => {
    const { inSession, openSession } = await import('./session.ts');
    return inSession(act, openSession(options, terminal, { env, workingDir }));
  });
  if (code !== EXIT.ok && wantsJson(args)) terminal.answerAnyway();
  return code;
}

async function carryOut(
  args: readonly string[],
  terminal: Terminal,
  perform: Surroundings['perform'],
): Promise<ExitCode> {
  let code: ExitCode = EXIT.ok;
  const program = makeProgram({
    perform,
    end: (ended) => {
      code = ended;
    },
  });
  speakThrough(terminal, program);
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    return exitFor(error, terminal);
  }
}
