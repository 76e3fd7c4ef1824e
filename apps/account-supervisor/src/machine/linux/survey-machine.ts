/**
 * Looks at the accounts of a real machine: what is there of all of them, or of one. Reads and asks only;
 * what the findings mean is decided in derive-account.ts.
 */
import { join } from 'node:path';
import { type AccountName, isSliceName } from '@nodemgr/records';
import { type MachineLayout, machineNameOf, SLIVER_UNITS, unitOf } from '../../execute/layout.ts';
import type { ObservedAccount } from '../../observed/observed-account.ts';
import type { AccountIds, IdPolicy } from '../../slots/account-ids.ts';
import type { ForeignIds } from '../../slots/foreign-ids.ts';
import { type HolderOf, StrangerFound } from '../port.ts';
import { type AccountFacts, deriveAccount, namesakeText } from './derive-account.ts';
import { deriveUnitState, isRestarting, NOT_LOADED, type UnitState } from './derive-unit-state.ts';
import { getent, NameServices } from './name-services.ts';
import {
  isThere,
  keptFolders,
  NO_QUOTA,
  namesIn,
  quotaInForce,
  readFolder,
  readKept,
  readKeys,
  readNote,
  readRecord,
  readStarts,
} from './read-account-facts.ts';
import { readLimits } from './read-control-group.ts';
import { UnixAccountFiles } from './read-unix-accounts.ts';
import type { ListedUnit, SystemdManager } from './system-bus/systemd-manager.ts';
import type { UnixAccounts } from './unix-accounts.ts';

type AskSystemd = Pick<SystemdManager, 'list' | 'endOf'>;

/** More units than this are asked for by one pattern, whatever their number. */
const BY_NAME = 16;

async function stateOf(unit: ListedUnit, systemd: AskSystemd): Promise<UnitState> {
  return deriveUnitState(unit, isRestarting(unit) ? await systemd.endOf(unit) : undefined);
}

/** readUnits returns what systemd has of each sliver's unit, by one question. Rejects when systemd does not answer. */
async function readUnits(
  names: readonly AccountName[],
  systemd: AskSystemd,
): Promise<ReadonlyMap<AccountName, UnitState>> {
  if (names.length === 0) return new Map();
  // Nothing in a name means anything in a pattern.
  const patterns = names.length > BY_NAME ? [SLIVER_UNITS] : names.map(unitOf);
  const listed = new Map((await systemd.list(patterns)).map((unit) => [unit.unit, unit]));
  const states = names.map(async (name) => {
    const unit = listed.get(unitOf(name));
    return [name, unit === undefined ? NOT_LOADED : await stateOf(unit, systemd)] as const;
  });
  return new Map(await Promise.all(states));
}

/** Where systemd-machined notes the containers that are registered with it. Ours are not. */
const MACHINES = '/run/systemd/machines';
/** User ids that are looked up beside one that is taken. */
const ASKED_AT_ONCE = 63;
/** Accounts looked at side by side. */
const LOOK_AT_ONCE = 32;

/** What is read once for many accounts. */
interface Shared {
  readonly unix: UnixAccounts;
  readonly kept: ReadonlyMap<AccountName, readonly number[]>;
  readonly units: ReadonlyMap<AccountName, UnitState>;
}

export class MachineSurvey {
  readonly #services: NameServices = new NameServices(
    getent,
    async () => {
      const unix = await this.#unix.current();
      return (user) => unix.isLocal(user);
    },
    () => performance.now(),
  );
  readonly #unix: UnixAccountFiles = new UnixAccountFiles(this.#services);

  constructor(
    private readonly layout: MachineLayout,
    private readonly policy: IdPolicy,
    private readonly systemd: SystemdManager,
  ) {}

  /** all looks at everything that we have a record or kept files of. */
  async all(): Promise<ReadonlyMap<AccountName, ObservedAccount>> {
    const records = await this.#recorded();
    const [unix, kept] = await Promise.all([this.#unix.current(), keptFolders(this.layout)]);
    const shared = { unix, kept, units: await readUnits([...records], this.systemd) };
    const accounts = new Map<AccountName, ObservedAccount>();
    const names = [...new Set([...records, ...kept.keys()])].sort();
    for (let at = 0; at < names.length; at += LOOK_AT_ONCE) {
      const some = names.slice(at, at + LOOK_AT_ONCE);
      const look = async (name: AccountName) => [name, await this.#look(name, shared)] as const;
      for (const [name, account] of await Promise.all(some.map(look))) accounts.set(name, account);
    }
    return accounts;
  }

  /** foreignIds returns the ids that somebody else uses than whom `holderOf` says. */
  async foreignIds(holderOf: HolderOf): Promise<ForeignIds> {
    await this.#services.refresh();
    return (await this.#unix.current()).idsOfOthers(holderOf, this.policy);
  }

  /**
   * refuseStrangers asks the name services whether `name` or its user id belongs to somebody of theirs;
   * rejects with StrangerFound when it does, and when there is no answer. Observations show strangers from
   * then on: those of the following user ids too, so that not each is met by an attempt of its own.
   */
  async refuseStrangers(name: AccountName, { uid, slot: place }: AccountIds): Promise<void> {
    await this.#services.find([name, `${uid}`]);
    const unix = await this.#unix.current();
    const namesake = unix.strangerNamed(name);
    if (namesake !== undefined) throw new StrangerFound(namesakeText(namesake));
    const holder = unix.otherWith(uid, name);
    if (holder === undefined) return;
    const last = Math.min(place + ASKED_AT_ONCE, this.policy.slots - 1);
    const next = Array.from({ length: last - place }, (_, at) => `${uid + 1 + at}`);
    if (next.length > 0) await this.#services.find(next);
    throw new StrangerFound(`user id ${uid} belongs to ${holder}`);
  }

  /** one looks at one account. */
  async one(name: AccountName): Promise<ObservedAccount> {
    await this.#services.refresh();
    const [unix, kept, record] = await Promise.all([
      this.#unix.current(),
      keptFolders(this.layout),
      readRecord(name, this.layout),
    ]);
    const units = await readUnits(record === 'none' ? [] : [name], this.systemd);
    return this.#look(name, { unix, kept, units });
  }

  async #recorded(): Promise<ReadonlySet<AccountName>> {
    const files = await namesIn(join(this.layout.stateDir, 'accounts'));
    const names = files.flatMap((file) => (file.endsWith('.json') ? [file.slice(0, -5)] : []));
    return new Set(names.filter(isSliceName));
  }

  async #look(name: AccountName, shared: Shared): Promise<ObservedAccount> {
    return deriveAccount(name, await this.#facts(name, shared), this.policy, this.layout);
  }

  async #facts(name: AccountName, { unix, kept, units }: Shared): Promise<AccountFacts> {
    const { layout, policy } = this;
    const unit = units.get(name);
    const [record, folder, keptFiles, keys, starts, loginNote, limits, othersContainer] =
      await Promise.all([
        readRecord(name, layout),
        readFolder(name, layout),
        Promise.all((kept.get(name) ?? []).map((since) => readKept(name, since, layout, policy))),
        readKeys(name, layout),
        readStarts(name, layout),
        readNote(name, layout),
        unit?.active === true ? readLimits(name, layout) : undefined,
        isThere(join(MACHINES, machineNameOf(name))),
      ]);
    const sliver = record !== 'none' && 'slot' in record && record.type === 'sliver';
    return {
      record,
      unix,
      folder,
      kept: keptFiles.filter((files) => files !== undefined),
      keys,
      starts,
      loginNote,
      unit,
      limits,
      ...(sliver ? quotaInForce(record.slot, layout, policy) : NO_QUOTA),
      othersContainer,
    };
  }
}
