/** Watches what one change costs every process, from the act until both agents are in line with it. */
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { subscribeFeed } from '@nodemgr/bus';
import { DAEMONS, type DaemonName } from '@nodemgr/contracts';
import { revision } from '@nodemgr/records';
import { pino } from 'pino';
import { cpuMs } from './process-figures.ts';
import type { RunningNode } from './running-node.ts';

export interface ChangeCost {
  /** Until the act itself was answered, and until both agents were in line. */
  readonly actMs: number;
  readonly convergedMs: number;
  /** Items that db-service published. */
  readonly published: number;
  /** Steps that account-supervisor executed, and changes that bwcap-agent made. */
  readonly steps: number;
  readonly changes: number;
  readonly cpu: ReadonlyMap<DaemonName, number>;
}

const DONE = 'dry run: this would be done';

/** What a process has logged since its log was `from` bytes long. */
function loggedSince(node: RunningNode, name: DaemonName, from: number) {
  const text = readFileSync(logOf(node, name)).subarray(from).toString();
  const lines = text.split('\n').filter((line) => line.includes(DONE));
  return lines.map((line) => JSON.parse(line) as { readonly changes?: number });
}

const logOf = (node: RunningNode, name: DaemonName) => join(node.state, 'log', `${name}.log`);

export class ChangeWatch {
  readonly #feed;
  #published = 0;

  private constructor(
    private readonly node: RunningNode,
    private readonly pids: ReadonlyMap<DaemonName, number>,
  ) {
    this.#feed = subscribeFeed({
      changes: node.endpoints.feedChanges,
      snapshot: node.endpoints.feedSnapshot,
      log: pino({ level: 'silent' }),
      onChange: ({ keys }) => {
        if (keys !== 'all') this.#published += keys.length;
      },
    });
  }

  static async open(node: RunningNode): Promise<ChangeWatch> {
    const watch = new ChangeWatch(node, node.pids());
    await watch.#caughtUp();
    return watch;
  }

  /** cost carries `act` out and waits until the node is in line with it; `act` says what to wait for. */
  async cost(act: () => Promise<void>): Promise<ChangeCost> {
    const { node } = this;
    const logs = { supervisor: 'account-supervisor', bandwidth: 'bwcap-agent' } as const;
    const lengths = [logs.supervisor, logs.bandwidth].map(
      (name) => statSync(logOf(node, name)).size,
    );
    const before = this.#cpu();
    this.#published = 0;
    const started = performance.now();
    await act();
    const actMs = performance.now() - started;
    await node.converged();
    const convergedMs = performance.now() - started;
    const after = this.#cpu();
    await this.#caughtUp();
    const done = loggedSince(node, logs.bandwidth, lengths[1] ?? 0);
    return {
      actMs,
      convergedMs,
      published: this.#published,
      steps: loggedSince(node, logs.supervisor, lengths[0] ?? 0).length,
      changes: done.reduce((sum, { changes = 0 }) => sum + changes, 0),
      cpu: new Map(DAEMONS.map((name) => [name, (after.get(name) ?? 0) - (before.get(name) ?? 0)])),
    };
  }

  async close(): Promise<void> {
    await this.#feed.close();
  }

  #cpu(): ReadonlyMap<DaemonName, number> {
    return new Map([...this.pids].map(([name, pid]) => [name, cpuMs(pid)]));
  }

  async #caughtUp(): Promise<void> {
    await this.#feed.reached(revision(await this.node.revision()), 10_000);
  }
}
