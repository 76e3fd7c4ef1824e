/**
 * The dry run: prints each step with the exact commands that it stands for, runs none of them, and keeps
 * the state that the machine would have. It writes nothing outside the state folder.
 */
import { realpath } from 'node:fs/promises';
import { cpus, totalmem } from 'node:os';
import { dirname, join, relative, resolve } from 'node:path';
import { formatCommand } from '@nodemgr/agent';
import type { Config } from '@nodemgr/config';
import type { Reading } from '@nodemgr/contracts';
import {
  type DaemonContext,
  fileSign,
  type Logger,
  roomSign,
  type Sign,
  writableSign,
} from '@nodemgr/daemon';
import type { ImageVersion } from '@nodemgr/images';
import type { AccountName, ImageName } from '@nodemgr/records';
import { layoutOf, type MachineLayout } from '../../execute/layout.ts';
import { renderStep } from '../../execute/render-step.ts';
import type { NodeFacts } from '../../limits/limit.ts';
import { AMOUNTS, type Limits, readingOf, unsetOf } from '../../limits/table.ts';
import { ABSENT, isObservedSliver, type ObservedAccount } from '../../observed/observed-account.ts';
import type { AccountStep } from '../../plan/account-steps.ts';
import { applyStep } from '../../plan/apply-step.ts';
import type { ForeignIds } from '../../slots/foreign-ids.ts';
import type { Machine, MachineSigns } from '../port.ts';
import { AccountDatabase } from './account-database.ts';
import { AccountFiles } from './account-files.ts';

/** The real path of a file that need not exist yet: links in the folders above it are followed. */
async function realPathOf(path: string): Promise<string> {
  const absolute = resolve(path);
  try {
    return await realpath(absolute);
  } catch (error) {
    const missing = error instanceof Error && 'code' in error && error.code === 'ENOENT';
    if (!missing || dirname(absolute) === absolute) throw error;
    return join(await realPathOf(dirname(absolute)), relative(dirname(absolute), absolute));
  }
}

/** Throws when a file that the dry run would write is not in the state folder. */
async function refuseOutside(config: Config): Promise<void> {
  const stateDir = await realPathOf(config.node.state_dir);
  for (const key of ['passwd_file', 'subuid_file'] as const) {
    const inside = relative(stateDir, await realPathOf(config.accounts[key]));
    if (!inside.startsWith('..') && inside !== '') continue;
    throw new Error(
      `accounts.${key} is ${config.accounts[key]}, which is outside node.state_dir (${config.node.state_dir}): the dry-run driver writes its pretended accounts there and must not touch a real file; set it to ${join(config.node.state_dir, 'machine/etc', key.replace('_file', ''))}`,
    );
  }
}

/** What the pretended machine never wants for. */
const NEVER: Sign = async () => '';

function signsOf({ node, accounts }: Config): MachineSigns {
  const saved = join(node.state_dir, 'machine/accounts');
  return {
    images: NEVER,
    users: fileSign(accounts.passwd_file, accounts.subuid_file),
    locks: NEVER,
    records: fileSign(saved),
    files: NEVER,
    containers: NEVER,
    room: roomSign(node.state_dir, saved),
    space: NEVER,
    writable: writableSign(node.state_dir, saved),
    quota: NEVER,
    units: NEVER,
    programs: NEVER,
  };
}

/** The pretended machine is as large as this one, and can do everything. */
function factsOf({ node }: Config): NodeFacts {
  const memory = Math.floor(totalmem() / 1024);
  return { cpus: cpus().length, memory, stateDir: node.state_dir, disk: undefined, lacks: {} };
}

/** What the dry run takes of its daemon. */
export interface DryRunContext {
  readonly config: Config;
  readonly log: Pick<Logger, 'info' | 'error'>;
  readonly failures: Pick<DaemonContext['failures'], 'report'>;
}

export class DryRunMachine implements Machine {
  readonly driver = 'dry-run';
  readonly signs: MachineSigns;
  readonly node: NodeFacts;
  readonly #log: DryRunContext['log'];
  readonly #layout: MachineLayout;
  readonly #files: AccountFiles;
  readonly #database: AccountDatabase;
  readonly #accounts = new Map<AccountName, ObservedAccount>();
  /** Pretended anew at each start: it is set for the first sliver then. */
  #slices: Limits = {};
  /** Whether the pretended users may lack a line of an account that is there. */
  #usersAreBehind = false;

  private constructor(context: DryRunContext, bootId: string) {
    const { config, log } = context;
    const { passwd_file: passwd, subuid_file: subuid } = config.accounts;
    this.#log = log;
    this.signs = signsOf(config);
    this.node = factsOf(config);
    this.#layout = layoutOf(config, this.node);
    this.#files = new AccountFiles(
      join(config.node.state_dir, 'machine/accounts'),
      bootId,
      context,
    );
    this.#database = new AccountDatabase({ passwd, subuid }, config.accounts, this.#layout);
  }

  /** open reads the pretended state; rejects when a file to be written is outside the state folder. */
  static async open(context: DryRunContext, bootId: string): Promise<DryRunMachine> {
    await refuseOutside(context.config);
    const machine = new DryRunMachine(context, bootId);
    for (const [name, account] of await machine.#files.load()) machine.#accounts.set(name, account);
    await machine.#database.load(machine.#accounts);
    await machine.#bringUsersInLine();
    return machine;
  }

  get slices(): Limits {
    return this.#slices;
  }

  async observe(): Promise<ReadonlyMap<AccountName, ObservedAccount>> {
    return new Map(this.#accounts);
  }

  /** The lines of others, as of the last change of ours; those that are in the way are read again. */
  async foreignIds(): Promise<ForeignIds> {
    const { uids, ranges } = this.#database.foreignIds;
    if (uids.size + ranges.size > 0 && !this.#usersAreBehind) await this.#refreshUsers();
    return this.#database.foreignIds;
  }

  /**
   * An account is looked at before and after its steps: what they made of it is on disk by then. Rejects
   * when that cannot be written.
   */
  async observeAccount(name: AccountName): Promise<ObservedAccount> {
    await this.#files.save(name);
    if (this.#usersAreBehind || this.#database.isForeign(name)) await this.#refreshUsers();
    return this.#stateOf(name);
  }

  async #refreshUsers(): Promise<void> {
    await this.#database.refresh();
    this.#usersAreBehind = false;
  }

  /** A full disk is no reason not to start: until there is room, each account that is looked at fails. */
  async #bringUsersInLine(): Promise<void> {
    try {
      await this.#refreshUsers();
    } catch (error) {
      this.#usersAreBehind = true;
      const message = 'the pretended users cannot be written; tried again with each account';
      this.#log.error({ err: error }, message);
    }
  }

  #stateOf(name: AccountName): ObservedAccount {
    const account = this.#accounts.get(name);
    if (account !== undefined) return account;
    return this.#database.isForeign(name)
      ? {
          state: 'foreign',
          cause: 'name-taken',
          reason: 'a user of that name is on this machine that is not ours',
        }
      : ABSENT;
  }

  /** The pretended machine has every image, once. */
  newestImage(name: ImageName): ImageVersion {
    return `${name}@1` as ImageVersion;
  }

  /** The pretended machine enforces what it was told; nothing is ever used. */
  async readings(name: AccountName): Promise<readonly Reading[]> {
    const account = this.#stateOf(name);
    if (!isObservedSliver(account)) return [];
    return AMOUNTS.flatMap(([limit, of]) => {
      const amount = account.limits[limit] ?? unsetOf(of);
      return amount === undefined ? [] : [readingOf(limit, amount)];
    });
  }

  counted(): undefined {
    return undefined;
  }

  /** The pretended machine's disk is never full. */
  async diskFacts(): Promise<undefined> {
    return undefined;
  }

  usedOnDisk(): number {
    return 0;
  }

  async close(): Promise<void> {}

  commandsOf(name: AccountName, step: AccountStep): readonly string[] {
    return renderStep(step, name, this.#layout).map((command) => formatCommand(command));
  }

  async execute(name: AccountName, step: AccountStep): Promise<void> {
    const after = applyStep(this.#stateOf(name), step);
    const commands = this.commandsOf(name, step);
    this.#log.info({ account: name, step: step.step, commands }, 'dry run: this would be done');
    if (step.step === 'set-slices') this.#slices = step.limits;
    // A line without an account is taken away at the next start; the other way round it would be missing.
    await this.#database.set(name, after);
    this.#files.set(name, after);
    if (after.state === 'absent') this.#accounts.delete(name);
    else this.#accounts.set(name, after);
  }
}
