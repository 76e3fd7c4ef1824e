/** Starts demo-plc among the demo's processes, and tells what the node's configuration has of it. */
import { join } from 'node:path';
import { sleep } from '@nodemgr/daemon';
import type { PlcKind } from '@nodemgr/records';
import type { DemoProcesses } from './demo-processes.ts';

/** Keys of the sections of the configuration. */
export interface PlcConfig {
  readonly plc: Readonly<Record<string, unknown>>;
  /** Goes behind the user's own: whoever trusts other keys keeps them. */
  readonly tickets: Readonly<Record<string, unknown>>;
}

/** Of a node whose PLC is somewhere else. */
export const NO_PLC: PlcConfig = { plc: {}, tickets: {} };

export interface PlcStart {
  readonly processes: DemoProcesses;
  readonly stateDir: string;
  /** The document that it serves. */
  readonly slices: string;
  /** What it speaks to the node. */
  readonly kind: PlcKind;
  /** Its `--faults`. */
  readonly faults: string | undefined;
  /** Whether it is still worth waiting for. */
  readonly going: () => boolean;
  readonly stop: AbortSignal;
}

/** What demo-plc says when it serves, in its first line. */
interface PlcFacts {
  readonly url: string;
  readonly ca_file: string;
  readonly ticket_keys_file: string;
  readonly api_url: string;
  readonly node_key_file: string;
}

const LOOK_MS = 150;
/** How long demo-plc may take to start. */
export const PLC_START_MS = 10_000;

function configOf(facts: PlcFacts, kind: PlcKind): PlcConfig {
  const { url, ca_file, ticket_keys_file, api_url, node_key_file } = facts;
  const place = kind === 'getslivers' ? { url: api_url, node_key_file } : { url };
  return {
    plc: { kind, ...place, ca_file },
    tickets: { trusted_keys_file: ticket_keys_file },
  };
}

/** startPlc resolves once it serves, with undefined when it does not in time or nobody waits any more. */
export async function startPlc(start: PlcStart): Promise<PlcConfig | undefined> {
  const { processes, stateDir, slices, kind, faults, going, stop } = start;
  const dir = join(stateDir, 'demo-plc');
  // Whatever port is free at first; the same one when it is started again.
  let port = '0';
  const wrong = faults === undefined ? [] : ['--faults', faults];
  const args = () => ['--slices', slices, '--dir', dir, '--port', port, ...wrong];
  const plc = processes.launch('demo-plc', args, true);
  const until = performance.now() + PLC_START_MS;
  while (going() && performance.now() < until) {
    const [line, rest] = plc.stdout.split('\n');
    if (line !== undefined && rest !== undefined) {
      const facts = JSON.parse(line) as PlcFacts;
      port = new URL(facts.url).port;
      return configOf(facts, kind);
    }
    await sleep(LOOK_MS, stop);
  }
  return undefined;
}
