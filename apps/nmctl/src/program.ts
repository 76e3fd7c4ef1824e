/** The command line: which commands and options there are, and their help. Each acts in a folder of its own. */
import { MAX_EVENTS, NODE_SUBJECT } from '@nodemgr/contracts';
import { Command, InvalidArgumentError } from 'commander';
import packageJson from '../../../package.json' with { type: 'json' };
import { type BandwidthOptions, showBandwidth } from './bandwidth/bandwidth.ts';
import { addCall, addVia } from './call/add-call.ts';
import { checkConfigFile, showConfig, showConfigKeys } from './config/config.ts';
import { type EventsOptions, showEvents } from './events/events.ts';
import { EXIT_MEANINGS, type ExitCode } from './exit-codes.ts';
import { explainSliver } from './explain/explain.ts';
import { fetchNow } from './fetch/fetch.ts';
import { allowHeldBack, showGuard } from './guard/guard.ts';
import { addImage } from './image/add-image.ts';
import { showPlan } from './plan/plan.ts';
import { retryNow } from './retry/retry.ts';
import type { GlobalOptions, Run, Session } from './session.ts';
import { showSliver } from './sliver/sliver.ts';
import { listSlivers } from './slivers/slivers.ts';
import { showStatus } from './status/status.ts';
import { addTicket } from './ticket/add-ticket.ts';

/** What the program is given: a session for a command's options, and where its exit code goes. */
export interface Surroundings {
  open(options: GlobalOptions): Session;
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
  nmctl events princeton_sirius --since 2h      what happened to it, why, and on whose word
  nmctl events node                             the same of the node itself
  nmctl bandwidth                               who may send how much, and does
  nmctl call GetRSpec princeton_sirius          one call of the API
  nmctl call SetLoans princeton_sirius '[["princeton_eisentest", "nm_cpu_share", 8]]'
  nmctl --via ssh://del_snoop@node call GetRSpec princeton_sirius
  nmctl ticket show ticket.xml                  what a ticket grants
  nmctl plan                                    what happens next, as commands
  nmctl retry princeton_sirius                  try it now, after its cause has been mended
  nmctl config check /etc/nodemgr/nodemgr.toml

Without --config or --state: .nodemgr/nodemgr.toml here if there is one, else /etc/nodemgr/nodemgr.toml.
--state goes before --config: beside it, --config may be only what the demo was started with.
With --json a failure is JSON on stdout too: {"error": …}, or {"fault": …} from call.

Exit codes:
${exits.join('\n')}
`;

function toPause(text: string): number {
  const seconds = Number(text);
  if (text.trim() !== '' && seconds >= 0 && seconds <= 60) return seconds;
  throw new InvalidArgumentError('wants seconds, 0 to 60.');
}

function toLimit(text: string): number {
  const limit = Number(text);
  if (Number.isInteger(limit) && limit > 0 && limit <= MAX_EVENTS) return limit;
  throw new InvalidArgumentError(`wants a number, at least 1 and at most ${MAX_EVENTS}.`);
}

function addHistory(program: Command, run: Run): void {
  program
    .command('explain')
    .description('why a sliver has what it has, loan by loan, and what the kernel enforces')
    .argument('<name>', 'such as princeton_sirius')
    .action((name: string) => run((session) => explainSliver(session, name)));
  program
    .command('events')
    .description('what happened, why, and on whose word, for 30 days')
    .argument('[name]', `an account, or ${NODE_SUBJECT} for the node itself; all without it`)
    .option(
      '--since <when>',
      'a span such as 90s, 15m, 2h, 3d, or a date (UTC unless it names a zone)',
    )
    .option('--limit <n>', 'how many, the newest', toLimit, 200)
    .action((name: string | undefined, options: EventsOptions) =>
      run((session) => showEvents(session, name, options)),
    );
}

function addBandwidth(program: Command, run: Run): void {
  program
    .command('bandwidth')
    .description('the limits in force, what is sent under them now, and what has been sent')
    .argument('[name]', 'one sliver, such as princeton_sirius; all without it')
    .option('--seconds <n>', 'how long to watch for what is sent now; 0: not at all', toPause, 1)
    .action((name: string | undefined, options: BandwidthOptions) =>
      run((session) => showBandwidth(session, name, options)),
    );
}

function addGuard(program: Command, run: Run): void {
  const guard = program
    .command('guard')
    .description('what the guard holds back, and why')
    .action(() => run(showGuard));
  guard
    .command('allow')
    .description('let through every update that the guard holds back')
    .action(() => run(allowHeldBack));
}

function addConfig(program: Command, run: Run): void {
  const config = program.command('config').description('the configuration file');
  config
    .command('check')
    .description('say whether the file is valid, or everything that is wrong with it')
    .argument('[file]', 'instead of the one in use')
    .action((file: string | undefined) => run((session) => checkConfigFile(session, file)));
  config
    .command('show')
    .description('print what is in effect: file, environment and defaults')
    .action(() => run(showConfig));
  config
    .command('keys')
    .description('list every key, its default and what is allowed')
    .action(() => run(showConfigKeys));
}

/** makeProgram returns the command line; parsing it runs the command that it names. */
export function makeProgram(surroundings: Surroundings): Command {
  const program = new Command('nmctl');
  const run: Run = async (act) =>
    surroundings.end(await act(surroundings.open(program.opts<GlobalOptions>())));
  program
    .description("The node manager's command line for operators.")
    .version(packageJson.version, '--version', 'print the version')
    .helpOption('-h, --help', 'print this help')
    .option('--config <file>', 'the configuration file of the node')
    .option('--state <dir>', 'the state folder of a demo: its nodemgr.toml is used')
    .option('--json', 'print JSON, for programs')
    .addHelpText('after', HELP);
  addVia(program);
  program
    .command('status')
    .description('processes, last update, guard, counts, what is failing')
    .action(() => run(showStatus));
  program
    .command('slivers')
    .description('all slivers: state, expiry and what they may use')
    .action(() => run(listSlivers));
  program
    .command('sliver')
    .description('one sliver: record, resources, loans, state, errors; or one delegate')
    .argument('<name>', 'such as princeton_sirius')
    .action((name: string) => run((session) => showSliver(session, name)));
  addHistory(program, run);
  addBandwidth(program, run);
  program
    .command('plan')
    .description('what the agents would do next, as commands')
    .action(() => run(showPlan));
  addCall(program, run);
  addTicket(program, run);
  addGuard(program, run);
  program
    .command('fetch')
    .description('poll the authority now')
    .action(() => run(fetchNow));
  program
    .command('retry')
    .description(
      'try now what fails and waits for its next attempt, after you have mended its cause',
    )
    .argument('[name]', 'an account or another subject that `nmctl status` shows; all without it')
    .action((name: string | undefined) => run((session) => retryNow(session, name)));
  addConfig(program, run);
  addImage(program, run);
  return program;
}
