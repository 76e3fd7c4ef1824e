/**
 * The accounts of this machine that are ours, from the text of passwd(5) and subuid(5). Pure; files
 * are read in watch-node-accounts.ts. Whatever is ambiguous belongs to nobody.
 */
import {
  type AccountName,
  type AccountType,
  type HostUid,
  hostUid,
  isSliceName,
} from '@nodemgr/records';

/** Login shells: an account is ours only if it has one of them. */
export interface AccountShells {
  readonly sliver: string;
  readonly delegate: string;
}

export interface Account {
  readonly kind: AccountType;
  readonly name: AccountName;
}

/** User ids `first` to `first + count - 1`, as the node counts them. */
export interface IdRange {
  readonly first: HostUid;
  readonly count: number;
}

/** Every sliver has a full 16 bits of ids. */
const RANGE_SIZE = 65_536;
/** The last user id there is; (uid_t)-1 means 'no change' to chown(2). */
const MAX_UID = 0xffff_fffe;
const DECIMAL = /^[0-9]{1,10}$/;

interface OwnedRange extends IdRange {
  readonly account: Account;
}

/** NodeAccounts answers whose a user id is. It never changes; a new reading makes a new one. */
export class NodeAccounts {
  readonly #byUid: ReadonlyMap<number, Account>;
  /** Ordered by first id, none overlapping another. */
  readonly #ranges: readonly OwnedRange[];
  /** The id range of each sliver that has one, by the sliver's name. */
  readonly ranges: ReadonlyMap<AccountName, IdRange>;

  /** The user id of each sliver, by the sliver's name; one without an id range has expired, or is half-made. */
  get sliverUids(): ReadonlyMap<AccountName, HostUid> {
    const slivers = [...this.#byUid].filter(
      ([, { kind, name }]) => kind === 'sliver' && this.ranges.has(name),
    );
    return new Map(slivers.map(([uid, { name }]) => [name, hostUid(uid)]));
  }

  constructor(byUid: ReadonlyMap<number, Account>, ranges: readonly OwnedRange[]) {
    this.#byUid = byUid;
    this.#ranges = ranges;
    this.ranges = new Map(
      ranges.map(({ account, first, count }) => [account.name, { first, count }]),
    );
  }

  /** whoIs returns the account whose user id, or in whose id range, `uid` is; undefined when none of ours. */
  whoIs(uid: HostUid): Account | undefined {
    return this.#byUid.get(uid) ?? this.#ownerOfRange(uid);
  }

  #ownerOfRange(uid: HostUid): Account | undefined {
    let low = 0;
    let high = this.#ranges.length - 1;
    while (low <= high) {
      const middle = (low + high) >> 1;
      const range = this.#ranges[middle];
      if (range === undefined) return undefined;
      if (uid < range.first) high = middle - 1;
      else if (uid >= range.first + range.count) low = middle + 1;
      else return range.account;
    }
    return undefined;
  }
}

export const NO_ACCOUNTS = new NodeAccounts(new Map(), []);

interface PasswdEntry {
  readonly name: string;
  readonly uid: number;
  readonly shell: string;
}

const id = (text: string | undefined): number =>
  text !== undefined && DECIMAL.test(text) && Number(text) <= MAX_UID ? Number(text) : Number.NaN;

function passwdEntries(text: string): readonly PasswdEntry[] {
  return text.split('\n').flatMap((line) => {
    const fields = line.split(':');
    const [name = '', , uid, , , , shell = ''] = fields;
    return fields.length === 7 && name !== '' ? [{ name, uid: id(uid), shell }] : [];
  });
}

/** countBy says how often each key occurs. */
function countBy<T, K>(items: readonly T[], key: (item: T) => K): ReadonlyMap<K, number> {
  const counts = new Map<K, number>();
  for (const item of items) counts.set(key(item), (counts.get(key(item)) ?? 0) + 1);
  return counts;
}

/** A user id or name that passwd has twice is nobody's: the programs that look it up disagree. */
function accountsIn(passwdText: string, shells: AccountShells): ReadonlyMap<number, Account> {
  const entries = passwdEntries(passwdText);
  const uids = countBy(entries, (entry) => entry.uid);
  const names = countBy(entries, (entry) => entry.name);
  const accounts = new Map<number, Account>();
  for (const { name, uid, shell } of entries) {
    const kind = shell === shells.sliver ? 'sliver' : shell === shells.delegate ? 'delegate' : null;
    if (kind === null || !isSliceName(name) || !(uid > 0)) continue;
    if (uids.get(uid) === 1 && names.get(name) === 1) accounts.set(uid, { kind, name });
  }
  return accounts;
}

/** A sliver's range is its first of the full size; other lines of subuid are not of our making. */
function rangesIn(subuidText: string, slivers: ReadonlyMap<string, Account>): OwnedRange[] {
  const ranges = new Map<string, OwnedRange>();
  for (const line of subuidText.split('\n')) {
    const fields = line.split(':');
    const [name = '', first, count] = fields;
    const account = slivers.get(name);
    const start = id(first);
    if (account === undefined || fields.length !== 3 || id(count) !== RANGE_SIZE) continue;
    // The ids below are the node's own users.
    if (!(start >= RANGE_SIZE && start + RANGE_SIZE - 1 <= MAX_UID) || ranges.has(name)) continue;
    ranges.set(name, { account, first: hostUid(start), count: RANGE_SIZE });
  }
  return [...ranges.values()];
}

/** A range that overlaps another is nobody's, and so is the other. */
function withoutOverlaps(ranges: OwnedRange[]): readonly OwnedRange[] {
  ranges.sort((a, b) => a.first - b.first);
  return ranges.filter((range, index) => {
    const before = ranges[index - 1];
    const after = ranges[index + 1];
    // All ranges have one size, so only neighbours can overlap.
    const apart = (a: IdRange, b: IdRange) => a.first + a.count <= b.first;
    return (
      (before === undefined || apart(before, range)) && (after === undefined || apart(range, after))
    );
  });
}

/**
 * nodeAccountsFrom reads passwd(5) and subuid(5) text. An account is ours if its login shell is one
 * of `shells` and its name a slice's; a sliver's id range is its line in subuid of 65536 ids. Lines
 * that are anything else are passed over.
 */
export function nodeAccountsFrom(
  passwdText: string,
  subuidText: string,
  shells: AccountShells,
): NodeAccounts {
  const byUid = accountsIn(passwdText, shells);
  const slivers = new Map<string, Account>();
  for (const account of byUid.values()) {
    if (account.kind === 'sliver') slivers.set(account.name, account);
  }
  return new NodeAccounts(byUid, withoutOverlaps(rangesIn(subuidText, slivers)));
}
