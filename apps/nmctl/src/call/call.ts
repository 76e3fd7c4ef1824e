/** The command line of `nmctl call`. */
import type { Command } from 'commander';
import { toSeconds } from '../api/call-options.ts';
import type { Run } from '../session.ts';

const CALL_HELP = `
Each argument is JSON. A word that is no JSON stands for itself, so these are the same:
  nmctl call GetRSpec princeton_sirius
  nmctl call GetRSpec '"princeton_sirius"'
The result is printed readably, with --json as JSON. 'nmctl call Help' lists the methods.

With --via the call is made on another node, as the delegate that one logs in as there. It needs ssh, and
nothing of the node manager on this machine. Passphrases and unknown host keys are asked for on the
terminal; --timeout counts that time too. What ssh complains of exits 3.
`;

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
      run(async (session) => {
        const { callMethod } = await import('./call-method.ts');
        return callMethod(session, method, args, timeout * 1000);
      }),
    );
}
