/** nmctl, the operators' command line: wires the process's streams to the program, and no more. */
import { EXIT } from './exit-codes.ts';
import { runNmctl } from './run-nmctl.ts';
import { makeTerminal } from './terminal.ts';

/** A reader that has seen enough (`nmctl … | head`) is no error; a full disk is. */
function endWhenUnwritable(stream: NodeJS.WriteStream): void {
  stream.on('error', (error: NodeJS.ErrnoException) => {
    if (error.code === 'EPIPE') process.exit();
    process.stderr.write(`nmctl: the output cannot be written: ${error.message}\n`);
    process.exit(EXIT.trouble);
  });
}

async function main(): Promise<void> {
  const { stdout, stderr, env } = process;
  endWhenUnwritable(stdout);
  endWhenUnwritable(stderr);
  const terminal = makeTerminal(
    { out: (text) => stdout.write(text), err: (text) => stderr.write(text) },
    {
      width: stdout.isTTY ? stdout.columns : undefined,
      ...(stdout.isTTY ? { rows: stdout.rows } : {}),
      // https://no-color.org: set and not empty.
      colours: stdout.isTTY && (env['NO_COLOR'] ?? '') === '',
      now: Date.now(),
    },
  );
  process.exitCode = await runNmctl(process.argv.slice(2), terminal, env);
}

void main();
