/**
 * The real node: users by useradd(8), containers by systemd, limits by control groups and project
 * quotas. Looks at the machine afresh each time, and does what a step stands for, command by command.
 */
import { join } from 'node:path';
import { type Command, formatCommand, REAL_TIMING } from '@nodemgr/agent';
import type { Config } from '@nodemgr/config';
import type { Reading } from '@nodemgr/contracts';
import type { Logger } from '@nodemgr/daemon';
import { type ImageVersion, listImages, newestOf, type StoredImage } from '@nodemgr/images';
import type { AccountName, ImageName } from '@nodemgr/records';
import type { DiskFacts } from '../../disk/judge-disk.ts';
import { cgroupOf, layoutOf, type MachineLayout } from '../../execute/layout.ts';
import { renderStep } from '../../execute/render-step.ts';
import type { NodeFacts } from '../../limits/limit.ts';
import { type Limits, readingOf } from '../../limits/table.ts';
import type { ObservedAccount } from '../../observed/observed-account.ts';
import type { AccountStep } from '../../plan/account-steps.ts';
import type { IdPolicy, Slot } from '../../slots/account-ids.ts';
import type { ForeignIds } from '../../slots/foreign-ids.ts';
import type { HolderOf, Machine, MachineSigns, SliverCounted } from '../port.ts';
import { carryOut } from './carry-out.ts';
import type { KernelNotice } from './derive-notices.ts';
import { signsOf } from './machine-signs.ts';
import { OneAtATime } from './one-at-a-time.ts';
import { quotaOf, readRecord } from './read-account-facts.ts';
import { countedIn, readGroup, readSlices } from './read-control-group.ts';
import { readDiskFacts } from './read-disk-facts.ts';
import { readNodeFacts } from './read-node-facts.ts';
import { MachineSurvey } from './survey-machine.ts';
import { SystemdManager } from './system-bus/systemd-manager.ts';
import { SliverWatch } from './watch-slivers.ts';

class ImageShelf {
  #images: readonly StoredImage[] = [];

  constructor(private readonly folder: string) {}

  /** look reads what is there now. */
  async look(): Promise<void> {
    this.#images = await listImages(this.folder);
  }

  /** newest returns the newest version of an image, as of the last look. */
  newest(name: ImageName): ImageVersion | undefined {
    return newestOf(name, this.#images)?.ref;
  }
}

/** What the template unit, sshd's rules and useradd(8) take for granted: no key of ours can move it. */
const FIXED = {
  'node.state_dir': '/var/lib/nodemgr',
  'accounts.passwd_file': '/etc/passwd',
  'accounts.subuid_file': '/etc/subuid',
} as const;

/** Throws when the configuration names other places than those that a real node has. */
function refuseOtherPlaces({ node, accounts }: Config): void {
  const asked: Readonly<Record<keyof typeof FIXED, string>> = {
    'node.state_dir': node.state_dir,
    'accounts.passwd_file': accounts.passwd_file,
    'accounts.subuid_file': accounts.subuid_file,
  };
  for (const [key, fixed] of Object.entries(FIXED)) {
    const value = asked[key as keyof typeof FIXED];
    if (value !== fixed) {
      throw new Error(`${key} is ${value}: with driver linux it can only be ${fixed}`);
    }
  }
}

/** The D-Bus Specification's address of the system bus. */
const SYSTEM_BUS = '/run/dbus/system_bus_socket';

/** Programs that change /etc/passwd and its like: the second of two at once fails for want of the lock. */
const ACCOUNT_PROGRAMS: ReadonlySet<string> = new Set(['useradd', 'usermod', 'userdel']);
/** How long the end waits for one that runs: less than a daemon has to stop. */
const LONGEST_GOODBYE_MS = 3000;

const changesAccounts = (command: Command): boolean =>
  'run' in command && ACCOUNT_PROGRAMS.has(command.run[0]);

/** What a real node needs to know, and whom it tells what the kernel says of running slivers. */
export interface LinuxContext {
  readonly config: Config;
  readonly log: Pick<Logger, 'warn'>;
  readonly onNotice: (name: AccountName, notice: KernelNotice) => void;
}

export class LinuxMachine implements Machine {
  readonly driver = 'linux';
  readonly signs: MachineSigns;
  readonly node: NodeFacts;
  readonly #layout: MachineLayout;
  readonly #policy: IdPolicy;
  readonly #images: ImageShelf;
  readonly #survey: MachineSurvey;
  readonly #accountPrograms = new OneAtATime();
  readonly #watch: SliverWatch;
  #slices: Limits = {};
  readonly #systemd = new SystemdManager(SYSTEM_BUS);

  /** Throws when the configuration cannot be a real node's. */
  constructor({ config, log, onNotice }: LinuxContext) {
    refuseOtherPlaces(config);
    this.#watch = new SliverWatch({
      tell: onNotice,
      log,
      groupOf: cgroupOf,
      monotonicMs: () => performance.now(),
      after: REAL_TIMING.after,
    });
    this.node = readNodeFacts(config);
    this.#layout = layoutOf(config, this.node);
    this.#policy = config.accounts;
    this.#images = new ImageShelf(join(this.#layout.stateDir, 'images'));
    this.signs = signsOf(this.#layout, this.#policy);
    this.#survey = new MachineSurvey(this.#layout, this.#policy, this.#systemd);
  }

  get slices(): Limits {
    return this.#slices;
  }

  async observe(): Promise<ReadonlyMap<AccountName, ObservedAccount>> {
    await this.#images.look();
    this.#slices = await readSlices(this.node);
    const accounts = await this.#survey.all();
    for (const [name, { state }] of accounts) {
      this.#watch.follow(name, state === 'running');
    }
    return accounts;
  }

  foreignIds(holderOf: HolderOf): Promise<ForeignIds> {
    return this.#survey.foreignIds(holderOf);
  }

  async observeAccount(name: AccountName): Promise<ObservedAccount> {
    await this.#images.look();
    this.#slices = await readSlices(this.node);
    const account = await this.#survey.one(name);
    this.#watch.follow(name, account.state === 'running');
    return account;
  }

  newestImage(name: ImageName): ImageVersion | undefined {
    return this.#images.newest(name);
  }

  async readings(name: AccountName): Promise<readonly Reading[]> {
    const record = await readRecord(name, this.#layout);
    if (record === 'none' || 'damaged' in record || record.type === 'delegate') return [];
    return [this.#quotaReading(record.slot), ...(await readGroup(name, this.#layout))];
  }

  counted(name: AccountName, place: Slot): SliverCounted {
    const { era = '', readings = [] } = countedIn(name) ?? {};
    return { era, readings: [this.#quotaReading(place), ...readings] };
  }

  diskFacts(): Promise<DiskFacts> {
    return readDiskFacts(this.#layout.stateDir);
  }

  usedOnDisk(place: Slot): number {
    return quotaOf(place, this.#layout, this.#policy).usedKiB;
  }

  commandsOf(name: AccountName, step: AccountStep): readonly string[] {
    return renderStep(step, name, this.#layout).map((command) => formatCommand(command));
  }

  async execute(name: AccountName, step: AccountStep, signal: AbortSignal): Promise<void> {
    // An end of our own making is no news.
    if (step.step === 'stop-unit') this.#watch.follow(name, false);
    // Before our record says that the account is ours.
    if (step.step === 'create-user') await this.#survey.refuseStrangers(name, step.ids);
    for (const command of renderStep(step, name, this.#layout)) {
      if (signal.aborted) return;
      if (changesAccounts(command)) await this.#changeAccounts(command, signal);
      else await carryOut(command, this.#systemd);
    }
  }

  /** useradd(8) and its like leave a user in some of their files when they are cut short. */
  async close(): Promise<void> {
    this.#watch.stop();
    await this.#accountPrograms.idle(LONGEST_GOODBYE_MS);
    await this.#systemd.close();
  }

  async #changeAccounts(command: Command, signal: AbortSignal): Promise<void> {
    await this.#accountPrograms.run(async () => {
      // Its turn may come only when there is no more time for it.
      if (!signal.aborted) await carryOut(command, this.#systemd);
    });
  }

  #quotaReading(place: Slot): Reading {
    const quota = quotaOf(place, this.#layout, this.#policy);
    return {
      ...readingOf('diskQuota', quota.hardKiB),
      used: [
        { amount: quota.usedKiB, unit: 'KiB' },
        { amount: quota.usedInodes, unit: 'files', of: quota.hardInodes },
      ],
    };
  }
}
