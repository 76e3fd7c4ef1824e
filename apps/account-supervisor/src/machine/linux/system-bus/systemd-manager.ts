/**
 * Asks systemd's manager for what systemctl(1) would, without a program for each question
 * (org.freedesktop.systemd1(5)). A job is waited for: what has been started runs, or the call rejects.
 */
import { sleep } from '@nodemgr/daemon';
import { BusConnection } from './bus-connection.ts';
import type { Message } from './bus-messages.ts';
import type { BusValue, Variant } from './bus-values.ts';

const MANAGER = {
  destination: 'org.freedesktop.systemd1',
  path: '/org/freedesktop/systemd1',
  interface: 'org.freedesktop.systemd1.Manager',
} as const;
const PROPERTIES = 'org.freedesktop.DBus.Properties';
const SERVICE = 'org.freedesktop.systemd1.Service';
/** Sent to whoever has asked for the job, whether it subscribes to anything or not. */
const JOB_ENDS = `type='signal',sender='${MANAGER.destination}',path='${MANAGER.path}',interface='${MANAGER.interface}',member='JobRemoved'`;

/** systemd itself answers at once, unless it reloads. */
const ANSWER_MS = 25_000;
/** Longer than systemd waits for a sliver to stop before it kills it. */
const JOB_MS = 60_000;

/** A unit that systemd has in its memory. */
export interface ListedUnit {
  readonly unit: string;
  readonly activeState: string;
  readonly subState: string;
  /** Its object on the bus. */
  readonly path: string;
}

/** A property as SetUnitProperties takes it. */
export interface UnitProperty {
  readonly name: string;
  readonly value: Variant;
}

/** StartUnit, StopUnit and ReloadUnit queue a job. */
type JobMethod = 'StartUnit' | 'StopUnit' | 'ReloadUnit';

/** One connection, and what it has heard of jobs. */
interface Link {
  readonly bus: BusConnection;
  readonly jobs: JobEnds;
}

/** How jobs have ended: some do so before it is known here which of them is ours. */
class JobEnds {
  readonly #results = new Map<string, string>();
  readonly #waiting = new Map<string, (result: string) => void>();
  #asking = 0;

  heard({ body: [, job, , result] }: Message): void {
    const settle = this.#waiting.get(String(job));
    if (settle !== undefined) settle(String(result));
    else if (this.#asking > 0) this.#results.set(String(job), String(result));
  }

  lost(): void {
    for (const settle of this.#waiting.values()) settle('the connection to the bus has broken');
  }

  /** resultOf resolves with how the job ends that `ask` names; undefined when that takes longer than `longestMs`. */
  async resultOf(ask: () => Promise<string>, longestMs: number): Promise<string | undefined> {
    this.#asking += 1;
    try {
      const job = await ask();
      return this.#results.get(job) ?? (await this.#end(job, longestMs));
    } finally {
      this.#asking -= 1;
      if (this.#asking === 0) this.#results.clear();
    }
  }

  async #end(job: string, longestMs: number): Promise<string | undefined> {
    const enough = new AbortController();
    try {
      const ended = new Promise<string>((settle) => this.#waiting.set(job, settle));
      const late = sleep(longestMs, enough.signal).then(() => undefined);
      return await Promise.race([ended, late]);
    } finally {
      this.#waiting.delete(job);
      enough.abort();
    }
  }
}

export class SystemdManager {
  #link: Promise<Link> | undefined;

  constructor(private readonly socket: string) {}

  /** list returns those units in systemd's memory whose names match one of `patterns` (fnmatch(3)). */
  async list(patterns: readonly string[]): Promise<readonly ListedUnit[]> {
    const [units] = await this.#ask('ListUnitsByPatterns', 'asas', [[], patterns], 'a(ssssssouso)');
    return (units as readonly (readonly string[])[]).map(
      ([unit = '', , , activeState = '', subState = '', , path = '']) => ({
        ...{ unit, activeState, subState, path },
      }),
    );
  }

  /** endOf returns how the main process of a service ended last, in systemd's word, and its exit status. */
  async endOf({ path }: ListedUnit): Promise<{ readonly result: string; readonly status: number }> {
    const { bus } = await this.#connected();
    const get = async (property: string) => {
      const call = { ...MANAGER, path, interface: PROPERTIES, member: 'Get', signature: 'ss' };
      const [value] = await bus.call({ ...call, body: [SERVICE, property] }, 'v');
      return (value as Variant).value;
    };
    const [result, status] = await Promise.all([get('Result'), get('ExecMainStatus')]);
    return { result: String(result), status: Number(status) };
  }

  /** setProperties sets resource properties of a unit: they take hold now, or when it starts; `runtime`: until the next boot. */
  async setProperties(
    unit: string,
    properties: readonly UnitProperty[],
    { runtime = false }: { readonly runtime?: boolean } = {},
  ): Promise<void> {
    const pairs = properties.map(({ name, value }): BusValue => [name, value]);
    await this.#ask('SetUnitProperties', 'sba(sv)', [unit, runtime, pairs], '');
  }

  /** start resolves when the unit has started, or runs already. */
  start(unit: string): Promise<void> {
    return this.#job('StartUnit', unit);
  }

  /** stop resolves when the unit has stopped, or does not run. */
  stop(unit: string): Promise<void> {
    return this.#job('StopUnit', unit);
  }

  /** reload resolves when the unit's ExecReload= has ended. */
  reload(unit: string): Promise<void> {
    return this.#job('ReloadUnit', unit);
  }

  async close(): Promise<void> {
    const link = this.#link;
    this.#link = undefined;
    await link?.then(({ bus }) => bus.close()).catch(() => undefined);
  }

  async #job(method: JobMethod, unit: string): Promise<void> {
    const { jobs } = await this.#connected();
    const ask = async () => String((await this.#ask(method, 'ss', [unit, 'replace'], 'o'))[0]);
    const result = await jobs.resultOf(ask, JOB_MS);
    if (result === 'done' || result === 'skipped') return;
    const how = result ?? `not ended within ${JOB_MS / 1000} seconds`;
    throw new Error(`${method} ${unit}: ${how} (journalctl -u ${unit})`);
  }

  async #ask(
    member: string,
    signature: string,
    body: readonly BusValue[],
    reply: string,
  ): Promise<readonly BusValue[]> {
    const { bus } = await this.#connected();
    return bus.call({ ...MANAGER, member, signature, body }, reply);
  }

  #connected(): Promise<Link> {
    this.#link ??= this.#connect();
    return this.#link;
  }

  async #connect(): Promise<Link> {
    const jobs = new JobEnds();
    try {
      const bus = await BusConnection.open({
        path: this.socket,
        deadlineMs: ANSWER_MS,
        onSignal: (signal) => {
          if (signal.member === 'JobRemoved') jobs.heard(signal);
        },
        onEnd: () => {
          this.#link = undefined;
          jobs.lost();
        },
      });
      await bus.match(JOB_ENDS);
      return { bus, jobs };
    } catch (error) {
      this.#link = undefined;
      const reason = error instanceof Error ? error.message : String(error);
      throw new Error(`systemd cannot be asked by ${this.socket}: ${reason}`, { cause: error });
    }
  }
}
