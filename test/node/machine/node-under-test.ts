/**
 * The node on the machine, as its tests see it: its authority's document, its daemons over the operators'
 * own sockets, its API, its slivers over ssh.
 */
import { join } from 'node:path';
import {
  type Contract,
  type DaemonName,
  type DbStatus,
  dbOperatorContract,
  type EventSubject,
  fetcherOperatorContract,
  NODE_SUBJECT,
  type NodeEvent,
  type ParamsOf,
  type ResultOf,
  supervisorOperatorContract,
} from '@nodemgr/contracts';
import { accountName } from '@nodemgr/records';
import { PythonClient } from '../../support/python-client.ts';
import { nowSeconds, TicketAuthority, type TicketTerms } from '../../support/ticket-authority.ts';
import { Asker } from './asker.ts';
import { eventually, type Patience } from './eventually.ts';
import { type MachinePlace, NodeMachine } from './node-machine.ts';
import { PLC } from './render-config.ts';
import { type Finished, type RunOptions, saidBy } from './run-command.ts';
import type { SshDoor } from './ssh-door.ts';

const API_SOCKET = '/run/nodemgr/api/api.sock';
/** Where the node looks for them unless it is told otherwise. */
const TICKET_KEYS = '/etc/nodemgr/ticket-keys.pem';
/** Of a login on a busy machine. */
const LOGIN_MS = 180_000;

/** keysOf names the private keys that tests log in with. */
export function keysOf({ folder }: MachinePlace) {
  return {
    /** Of the person whose slivers the testbed's are. */
    tenant: join(folder, 'tenant.key'),
    /** Of another person, with a sliver of its own. */
    stranger: join(folder, 'stranger.key'),
    delegate: join(folder, 'delegate.key'),
  };
}

export class NodeUnderTest {
  readonly machine: NodeMachine;
  readonly keys;
  readonly #apiSocket: string;
  readonly #asker: Asker;
  readonly #authority = new TicketAuthority();
  readonly #doors = new Map<string, SshDoor>();
  #api: PythonClient | undefined;

  constructor(readonly place: MachinePlace) {
    this.#apiSocket = join(place.folder, `api-${process.pid}.sock`);
    this.machine = new NodeMachine(place, [[this.#apiSocket, API_SOCKET]]);
    this.#asker = new Asker(this.machine);
    this.keys = keysOf(place);
  }

  async close(): Promise<void> {
    this.#api?.close();
    this.#asker.close();
    await Promise.all([...this.#doors.values()].map((door) => door.closed()));
    await this.machine.close();
  }

  /** ask asks a daemon over its operator's socket, as nmctl does. */
  async ask<C extends Contract, M extends keyof C & string>(
    daemon: DaemonName,
    _contract: C,
    method: M,
    params: ParamsOf<C, M>,
  ): Promise<ResultOf<C, M>> {
    // Whoever asks over there has checked it against the contract.
    return (await this.#asker.ask(daemon, method, params)) as ResultOf<C, M>;
  }

  /** publish replaces what PLC says; resolves when db-service has accepted it, or holds it back. */
  async publish(document: string): Promise<void> {
    await this.machine.write(PLC.document, document);
    if ((await this.#fetch()) === 'unchanged') return;
    const { detail } = await this.ask('plc-fetcher', fetcherOperatorContract, 'status', {});
    const fetchedAt = Math.floor((detail.document?.fetched_at ?? 0) / 1000);
    await eventually(async () => {
      const { guard, sources } = await this.database();
      const accepted = (sources['plc']?.timestamp ?? 0) >= fetchedAt;
      if (!accepted && guard.length === 0) throw new Error('db-service has not got the document');
    });
  }

  /** database returns what db-service says of itself. */
  async database(): Promise<DbStatus['detail']> {
    return (await this.ask('db-service', dbOperatorContract, 'status', {})).detail;
  }

  async #fetch(): Promise<string> {
    const { outcome } = await eventually(() =>
      this.ask('plc-fetcher', fetcherOperatorContract, 'fetch_now', {}),
    );
    return outcome;
  }

  /** deliverTicket delivers a ticket for a sliver, good for a day unless its terms say otherwise. */
  async deliverTicket(terms: TicketTerms): Promise<void> {
    await this.machine.write(TICKET_KEYS, this.#authority.publicPem);
    const expiry = nowSeconds() + 86_400;
    await this.api.call('Ticket', this.#authority.sign({ expiry, ...terms }));
  }

  /** converged waits until every account is as the database wants it. */
  async converged(patience?: Patience): Promise<void> {
    await eventually(async () => {
      const db = await this.database();
      const { detail, failures } = await this.#supervisor();
      const behind = (detail.converged_revision ?? -1) < db.revision;
      if (behind || failures.length > 0) {
        const at = `revision ${detail.converged_revision} of ${db.revision}`;
        throw new Error(`not converged: ${at}, failing: ${JSON.stringify(failures)}`);
      }
    }, patience);
  }

  #supervisor() {
    return this.ask('account-supervisor', supervisorOperatorContract, 'status', {});
  }

  /** history returns what db-service and account-supervisor know to have happened, oldest first. */
  async history(about: string): Promise<readonly NodeEvent[]> {
    const name: EventSubject = about === NODE_SUBJECT ? NODE_SUBJECT : accountName(about);
    const query = { limit: 1000, name };
    const answers = await Promise.all([
      this.ask('db-service', dbOperatorContract, 'events', query),
      this.ask('account-supervisor', supervisorOperatorContract, 'events', query),
    ]);
    return answers.flatMap(({ events }) => events).sort((one, other) => one.at - other.at);
  }

  /** api is Python's client of the API, as root. */
  get api(): PythonClient {
    this.#api ??= new PythonClient({ unix: this.#apiSocket });
    return this.#api;
  }

  /** nmctl runs the operators' command line in the machine. */
  nmctl(...args: readonly string[]): Promise<Finished> {
    return this.machine.ssh(['nmctl', ...args]);
  }

  /** in runs a script of sh(1) inside a sliver, as its tenant does: over ssh. */
  async in(sliver: string, script: string, options?: RunOptions): Promise<Finished> {
    return this.#doorOf(sliver).run(['sh', '-c', script], options);
  }

  /** inWell is `in` for a script that must succeed; returns its stdout without the last line's end. */
  async inWell(sliver: string, script: string, options?: RunOptions): Promise<string> {
    const finished = await this.in(sliver, script, options);
    if (finished.code !== 0) throw new Error(`in ${sliver}: ${script}: ${saidBy(finished)}`);
    return finished.stdout.trimEnd();
  }

  /** stayIn keeps a connection to a sliver open, which later commands in it share. */
  async stayIn(sliver: string): Promise<void> {
    await this.#doorOf(sliver).open({ timeoutMs: LOGIN_MS });
  }

  /** leave closes that connection. */
  async leave(sliver: string): Promise<void> {
    await this.#doorOf(sliver).closed();
  }

  #doorOf(sliver: string): SshDoor {
    const known = this.#doors.get(sliver) ?? this.machine.doorOf(sliver, this.keys.tenant);
    this.#doors.set(sliver, known);
    return known;
  }
}
