/**
 * A node for bandwidth tests: the real db-service and the real bwcap-agent in a network namespace, with
 * a configuration, accounts and records of the test's own. Records come in as plc-fetcher delivers them,
 * loans as api-gateway writes them.
 */
import { createHash, randomUUID } from 'node:crypto';
import { mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connectCalls } from '@nodemgr/bus';
import {
  type BandwidthStatus,
  bandwidthOperatorContract,
  type Contract,
  type DaemonName,
  dbOperatorContract,
  deliverContract,
  endpointsBelow,
  type NodeEvent,
  type ParamsOf,
  type PlanResult,
  type ResultOf,
  type Traffic,
  writeContract,
} from '@nodemgr/contracts';
import { accountName, type DeliveredRecord, type Loan } from '@nodemgr/records';
import { expect, vi } from 'vitest';
import { DaemonProcess } from './daemon-process.ts';
import { aCapRecord, aSliverRecord, type NodeRecords, rangeOf } from './node-records.ts';
import type { TwoNetworks } from './two-networks.ts';

/** How long a state may take to come about. */
const PATIENCE_MS = 120_000;
const CALL = { deadlineMs: 10_000 };
const SHELL = '/usr/lib/nodemgr/sliver-shell';

export interface NodeSettings {
  /** Bits/s of the uplink. */
  readonly linkRate?: number;
  /** The hour (UTC) at which the day of the daily byte limits begins. */
  readonly dayHour?: number;
}

export class BandwidthNode {
  readonly #networks: TwoNetworks;
  readonly #folder = mkdtempSync(join(tmpdir(), 'bw-'));
  readonly #daemons = new Map<DaemonName, DaemonProcess>();
  #timestamp = 1_700_000_000;

  private constructor(networks: TwoNetworks, settings: NodeSettings) {
    this.#networks = networks;
    this.writeConfiguration(settings);
    this.setAccounts([]);
  }

  /** start runs both daemons, and waits until they answer. */
  static async start(networks: TwoNetworks, settings: NodeSettings = {}): Promise<BandwidthNode> {
    const node = new BandwidthNode(networks, settings);
    try {
      await node.startDaemon('db-service');
      await node.startDaemon('bwcap-agent');
    } catch (error) {
      await node.end();
      throw error;
    }
    return node;
  }

  /** writeConfiguration takes hold when a daemon starts. */
  writeConfiguration({ linkRate = 1e9, dayHour = 0 }: NodeSettings): void {
    const lines = [
      ...['[node]', 'id = 1', 'driver = "linux"'],
      `state_dir = "${this.#path('state')}"`,
      `runtime_dir = "${this.#path('run')}"`,
      ...['[plc]', 'url = "file:///nowhere"', '[guard]', 'max_removed_share = 1'],
      '[accounts]',
      `passwd_file = "${this.#path('passwd')}"`,
      `subuid_file = "${this.#path('subuid')}"`,
      `sliver_shell = "${SHELL}"`,
      ...['[bandwidth]', `link_rate = ${linkRate}`, `day_hour = ${dayHour}`],
      // Whether somebody keeps this machine's clock in time is none of the tests' business.
      ...['[clock]', 'require_sync = false'],
    ];
    writeFileSync(this.#path('nodemgr.toml'), `${lines.join('\n')}\n`);
  }

  #path(name: string): string {
    return join(this.#folder, name);
  }

  /** startDaemon runs a daemon in the node's namespace, and waits until it is ready. */
  async startDaemon(name: DaemonName): Promise<void> {
    const daemon = new DaemonProcess(this.#networks.node, name, this.#path('nodemgr.toml'));
    this.#daemons.set(name, daemon);
    await this.eventually(() => expect(daemon.isReady).toBe(true));
  }

  /** killDaemon ends one at once, with nothing of its own to say about it. */
  async killDaemon(name: DaemonName, signal: NodeJS.Signals = 'SIGKILL'): Promise<void> {
    const daemon = this.#daemons.get(name);
    this.#daemons.delete(name);
    await daemon?.end(signal);
  }

  /** Warnings and errors that the agent has logged. */
  get complaints(): readonly string[] {
    return this.#daemons.get('bwcap-agent')?.complaints ?? [];
  }

  /** setAccounts makes it look as if account-supervisor had made these slivers and no others. */
  setAccounts(names: readonly string[]): void {
    const passwd = names.map((name, i) => `${name}:x:${30_000 + i}:${30_000 + i}::/:${SHELL}\n`);
    const subuid = names.map((name, i) => `${name}:${rangeOf(i).first}:${rangeOf(i).count}\n`);
    this.#replace('subuid', subuid.join(''));
    this.#replace('passwd', passwd.join(''));
  }

  #replace(name: string, text: string): void {
    writeFileSync(this.#path(`${name}.new`), text);
    renameSync(this.#path(`${name}.new`), this.#path(name));
  }

  /** deliver makes the records all that the node has, and waits until they are in force. */
  async deliver({ slivers, cap }: NodeRecords): Promise<void> {
    const records: DeliveredRecord[] = Object.entries(slivers).map(([name, rspec]) =>
      aSliverRecord(name, rspec),
    );
    if (cap !== undefined) records.push(aCapRecord(cap));
    this.setAccounts(Object.keys(slivers));
    this.#timestamp += 1;
    const path = this.#endpoints.deliver;
    const result = await call(path, deliverContract, 'full_update', {
      request_id: randomUUID(),
      source: 'plc',
      timestamp: this.#timestamp as (typeof records)[number]['timestamp'],
      digest: createHash('sha256').update(JSON.stringify(records)).digest('hex'),
      fresh: true,
      records,
      unreadable: [],
      remarks: [],
    });
    expect(result).toMatchObject({ outcome: 'accepted', ignored: [] });
    await this.converged(Object.keys(slivers).length);
  }

  /** lend sets all loans of one sliver; it does not wait until they are in force. */
  async lend(lender: string, loans: readonly Loan[]): Promise<void> {
    await call(this.#endpoints.write, writeContract, 'set_loans', {
      request_id: randomUUID(),
      sliver: accountName(lender),
      caller: 'root',
      loans: loans.map(([to, what, amount]): [string, string, number] => [to, what, amount]),
    });
  }

  get #endpoints() {
    return endpointsBelow(this.#path('run'));
  }

  status(): Promise<BandwidthStatus> {
    const path = this.#endpoints.operator['bwcap-agent'];
    return call(path, bandwidthOperatorContract, 'status', {});
  }

  plan(): Promise<PlanResult> {
    const path = this.#endpoints.operator['bwcap-agent'];
    return call(path, bandwidthOperatorContract, 'plan', {});
  }

  traffic(name?: string): Promise<Traffic> {
    const path = this.#endpoints.operator['bwcap-agent'];
    const only = name === undefined ? {} : { name: accountName(name) };
    return call(path, bandwidthOperatorContract, 'traffic', only);
  }

  /** events returns the history of one sliver as the agent has it, oldest first. */
  async events(name: string): Promise<readonly NodeEvent[]> {
    const path = this.#endpoints.operator['bwcap-agent'];
    const query = { name: accountName(name), limit: 1000 };
    return (await call(path, bandwidthOperatorContract, 'events', query)).events;
  }

  /** converged waits until the newest records, of so many slivers, are in force, and nothing is left to do. */
  async converged(slivers: number): Promise<void> {
    const path = this.#endpoints.operator['db-service'];
    const { detail: newest } = await call(path, dbOperatorContract, 'status', {});
    await this.eventually(async () => {
      const [{ detail, failures }, { steps, unmet }] = [await this.status(), await this.plan()];
      expect({ failures, steps, unmet }).toEqual({ failures: [], steps: [], unmet: [] });
      expect(detail.converged_revision).toBeGreaterThanOrEqual(newest.revision);
      expect(detail.leaves).toBe(2 * slivers + 2);
    });
  }

  /** eventually waits until `assertion` holds. */
  eventually<T>(assertion: () => T | Promise<T>, timeout = PATIENCE_MS): Promise<T> {
    return vi.waitFor(assertion, { timeout, interval: 20 });
  }

  /** end ends the daemons and takes their folder away. */
  async end(): Promise<void> {
    for (const name of [...this.#daemons.keys()]) await this.killDaemon(name, 'SIGTERM');
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

async function call<C extends Contract, M extends keyof C & string>(
  path: string,
  contract: C,
  method: M,
  params: ParamsOf<C, M>,
): Promise<ResultOf<C, M>> {
  const client = connectCalls({ path, contract });
  try {
    return await client.call(method, params, CALL);
  } finally {
    client.close();
  }
}
