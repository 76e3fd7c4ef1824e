/**
 * The command line: the options that all commands share, and the help. Each command has a folder of its own: in the
 * file of its name what may be typed, which loads what it does when it is run.
 */
import { Command } from 'commander';
import packageJson from '../../../package.json' with { type: 'json' };
import { addVia } from './api/call-options.ts';
import { addBandwidth } from './bandwidth/bandwidth.ts';
import { addCall } from './call/call.ts';
import { addConfig } from './config/config.ts';
import { addEvents } from './events/events.ts';
import { addExec } from './exec/exec.ts';
import { EXIT_MEANINGS, type ExitCode } from './exit-codes.ts';
import { addExplain } from './explain/explain.ts';
import { addFetch } from './fetch/fetch.ts';
import { addForget } from './forget/forget.ts';
import { addGuard } from './guard/guard.ts';
import { addImage } from './image/image.ts';
import { addLeases } from './leases/leases.ts';
import { addLogs } from './logs/logs.ts';
import { addPlan } from './plan/plan.ts';
import { addRetry } from './retry/retry.ts';
import type { Act, GlobalOptions, Run } from './session.ts';
import { addSliver } from './sliver/sliver.ts';
import { addSlivers } from './slivers/slivers.ts';
import { addStatus } from './status/status.ts';
import { addTicket } from './ticket/ticket.ts';
import { addTop } from './top/top.ts';
import { addUsage } from './usage/usage.ts';

/** The program has a command carried out here, by the options that it was given, and leaves its exit code here. */
export interface Surroundings {
  perform(options: GlobalOptions, act: Act): Promise<ExitCode>;
  end(code: ExitCode): void;
}

const exits = Object.entries(EXIT_MEANINGS).map(([code, meaning]) => `  ${code}  ${meaning}`);

const HELP = `
Examples:
  nmctl status                                  how the node is
  nmctl status --json                           the same, for programs
  nmctl --state .nodemgr slivers                the slivers of a demo
  nmctl sliver princeton_sirius                 one sliver, with its loans
  nmctl explain princeton_sirius                why it has what it has, and what the kernel enforces
  nmctl events princeton_sirius --since 2h      what happened to it, why, and by whom
  nmctl events node                             the same of the node itself
  nmctl logs princeton_sirius --follow          what the journal has about it
  nmctl exec princeton_sirius -- df -h /        a command inside it, as its root
  nmctl leases                                  who has the node when
  nmctl bandwidth                               who may send how much, and does
  nmctl top --sort memory                       who uses what now
  nmctl usage princeton_sirius --since 3d       what it has used, by hour
  nmctl call GetRSpec princeton_sirius          one call of the API
  nmctl call SetLoans princeton_sirius '[["princeton_eisentest", "nm_cpu_share", 8]]'
  nmctl --via ssh://del_snoop@node call GetRSpec princeton_sirius
  nmctl ticket show ticket.xml                  what a ticket grants
  nmctl plan                                    what happens next, as commands
  nmctl retry princeton_sirius                  try it now, after its cause has been mended
  nmctl forget princeton_sirius                 remove the files that are kept of it
  nmctl config check /etc/nodemgr/nodemgr.toml

Without --config or --state: .nodemgr/nodemgr.toml here if there is one, else /etc/nodemgr/nodemgr.toml.
--state goes before --config: beside it, --config may be only what the demo was started with.
With --json a failure is JSON on stdout too: {"error": …}, or {"fault": …} from call.

Exit codes:
${exits.join('\n')}
`;

/** In the order of the help. */
const COMMANDS = [
  addStatus,
  addSlivers,
  addSliver,
  addExplain,
  addEvents,
  addLogs,
  addLeases,
  addBandwidth,
  addTop,
  addUsage,
  addPlan,
  addCall,
  addTicket,
  addGuard,
  addFetch,
  addRetry,
  addForget,
  addExec,
  addConfig,
  addImage,
] as const;

/** makeProgram returns the command line; parsing it runs the command that it names. */
export function makeProgram(surroundings: Surroundings): Command {
  const program = new Command('nmctl');
  const run: Run = async (act) =>
    surroundings.end(await surroundings.perform(program.opts<GlobalOptions>(), act));
  program
    .description("The node manager's command line for operators.")
    .version(packageJson.version, '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .option('--config <file>', 'the configuration file of the node')
    .option('--state <dir>', 'the state folder of a demo: its nodemgr.toml is used')
    .option('--json', 'print JSON, for programs')
    .addHelpText('after', HELP);
  addVia(program);
  for (const add of COMMANDS) add(program, run);
  return program;
}
