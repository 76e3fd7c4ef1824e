/** The flags of `npm start --`. Parsing only. */
import { parseArgs } from 'node:util';
import { DEMO_STATE_DIR } from '@nodemgr/config';
import { DAEMONS, type DaemonName } from '@nodemgr/contracts';
import { type PlcKind, plcKindSchema } from '@nodemgr/records';

export interface DemoOptions {
  /** Document that demo-plc serves; the sample that ships with the project where absent. */
  readonly slices: string | undefined;
  /** What demo-plc speaks to the node, and its `--faults`. */
  readonly plcKind: PlcKind;
  readonly plcFaults: string | undefined;
  readonly nodeId: number | undefined;
  readonly state: string;
  readonly tcpPort: number | undefined;
  readonly pollSeconds: number | undefined;
  /** Configuration that the demo starts from. */
  readonly config: string | undefined;
  /** Processes that the user runs, under a debugger say. */
  readonly without: readonly DaemonName[];
  /** No terminal drawing: one line an event. */
  readonly plain: boolean;
}

export const USAGE = `usage: npm start -- [FLAGS]

  --slices FILE     serve this slices.xml (read again when it changes on disk)
  --plc KIND        what PLC speaks: slices-xml (the default) or getslivers
  --plc-faults LIST such as 103,500,html,cut,slow: GetSlivers is answered rightly, then wrongly in
                    each of these ways in turn, and so on
  --node-id N       this node's id at PLC (default 17)
  --state DIR       database, sockets, logs; kept between runs (default .nodemgr)
  --tcp-port P      port of the API on 127.0.0.1 (default 8812; 0: none)
  --poll SECONDS    how often PLC is asked (default 15)
  --config FILE     a nodemgr.toml to start from; the flags above go before it
  --without NAME    do not start this process: you run it yourself (may be repeated)
  --plain           no terminal drawing
  --help
`;

/** UsageError says what is wrong with the command line. */
export class UsageError extends Error {
  override readonly name = 'UsageError';
}

function numberFlag(
  flag: string,
  text: string | undefined,
  allowed: { readonly min: number; readonly max: number; readonly whole: boolean },
): number | undefined {
  if (text === undefined) return undefined;
  const value = Number(text);
  const fits = text.trim() !== '' && value >= allowed.min && value <= allowed.max;
  if (fits && (!allowed.whole || Number.isInteger(value))) return value;
  const kind = allowed.whole ? 'a whole number' : 'a number';
  throw new UsageError(`${flag} ${text}: wants ${kind} from ${allowed.min} to ${allowed.max}`);
}

function daemonName(text: string): DaemonName {
  const found = DAEMONS.find((name) => name === text);
  if (found === undefined)
    throw new UsageError(`--without ${text}: wants one of ${DAEMONS.join(', ')}`);
  return found;
}

function kindOf(text = 'slices-xml'): PlcKind {
  const read = plcKindSchema.safeParse(text);
  if (read.success) return read.data;
  throw new UsageError(`--plc ${text}: wants one of ${plcKindSchema.options.join(', ')}`);
}

/** parseDemoOptions reads the command line; throws UsageError. `help` asks for USAGE. */
export function parseDemoOptions(args: readonly string[]): DemoOptions | 'help' {
  let values: Record<string, string | boolean | string[] | undefined>;
  try {
    ({ values } = parseArgs({
      args: [...args],
      options: {
        slices: { type: 'string' },
        plc: { type: 'string' },
        'plc-faults': { type: 'string' },
        'node-id': { type: 'string' },
        state: { type: 'string' },
        'tcp-port': { type: 'string' },
        poll: { type: 'string' },
        config: { type: 'string' },
        without: { type: 'string', multiple: true },
        plain: { type: 'boolean' },
        help: { type: 'boolean', short: 'h' },
      },
    }));
  } catch (cause) {
    throw new UsageError((cause as Error).message, { cause });
  }
  if (values['help'] === true) return 'help';
  const text = (flag: string) => values[flag] as string | undefined;
  for (const flag of ['slices', 'state', 'config']) {
    if (text(flag) === '') throw new UsageError(`--${flag}: wants a path, got nothing`);
  }
  const plcKind = kindOf(text('plc'));
  const faults = text('plc-faults');
  if (faults !== undefined && plcKind !== 'getslivers') {
    throw new UsageError('--plc-faults: wants --plc getslivers beside it');
  }
  return {
    slices: text('slices'),
    plcKind,
    plcFaults: faults,
    nodeId: numberFlag('--node-id', text('node-id'), { min: 0, max: 2 ** 53 - 1, whole: true }),
    state: text('state') ?? DEMO_STATE_DIR,
    tcpPort: numberFlag('--tcp-port', text('tcp-port'), { min: 0, max: 65_535, whole: true }),
    pollSeconds: numberFlag('--poll', text('poll'), { min: 0.05, max: 86_400, whole: false }),
    config: text('config'),
    without: ((values['without'] ?? []) as string[]).map(daemonName),
    plain: values['plain'] === true,
  };
}
