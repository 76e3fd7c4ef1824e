/**
 * What passwd(5), shadow(5), subuid(5) and subgid(5) say of a machine's users. Pure: how the files are
 * read is read-unix-accounts.ts's.
 */
import { type IdPolicy, RANGE_SIZE, type Slot, slotsOfRange } from '../../slots/account-ids.ts';
import { type ForeignIds, foreignIds, type SubordinateRange } from '../../slots/foreign-ids.ts';
import type { ServiceUser } from './name-services.ts';

/** One user, by the four files. */
export interface UnixUser {
  readonly uid: number;
  readonly shell: string;
  /** The account has an expiry date (shadow(5)): ours have one while logins are denied. */
  readonly expires: boolean;
  /** Whether it is in shadow(5) at all: useradd(8) writes that file after passwd. */
  readonly inShadow: boolean;
}

/** The text of each file. */
export interface AccountTexts {
  readonly passwd: string;
  readonly shadow: string;
  readonly subuid: string;
  readonly subgid: string;
}

const linesOf = (text: string): readonly (readonly string[])[] =>
  text.split('\n').flatMap((line) => (line === '' ? [] : [line.split(':')]));

const EXPIRY_FIELD = 7;

/** Who is in shadow(5), and whether the account expires. */
function expiriesIn(shadow: string): ReadonlyMap<string, boolean> {
  return new Map(
    linesOf(shadow).map((fields) => [fields[0] ?? '', (fields[EXPIRY_FIELD] ?? '') !== '']),
  );
}

function usersIn(
  passwd: string,
  expiries: ReadonlyMap<string, boolean>,
): ReadonlyMap<string, UnixUser> {
  const users = new Map<string, UnixUser>();
  for (const [name = '', , uid = '', , , , shell = ''] of linesOf(passwd)) {
    // The first of two lines is the one that counts (getpwnam(3)).
    if (users.has(name)) continue;
    const expires = expiries.get(name) === true;
    // A machine without that file misses nobody in it.
    const inShadow = expiries.size === 0 || expiries.has(name);
    users.set(name, { uid: Number.parseInt(uid, 10), shell, expires, inShadow });
  }
  return users;
}

function rangesIn(text: string, file: string): readonly SubordinateRange[] {
  return text.split('\n').flatMap((line, at) => {
    const [owner = '', first = '', count = ''] = line.split(':');
    const range = { first: Number.parseInt(first, 10), count: Number.parseInt(count, 10) };
    return line === '' ? [] : [{ owner, ...range, where: `${file} line ${at + 1}` }];
  });
}

function add<Key, Value>(lists: Map<Key, Value[]>, key: Key, value: Value): void {
  const list = lists.get(key);
  if (list === undefined) lists.set(key, [value]);
  else list.push(value);
}

/** The users and subordinate ids of a machine, at one time. */
export class UnixAccounts {
  readonly users: ReadonlyMap<string, UnixUser>;
  /** The names that have a user id. */
  readonly #names = new Map<number, string[]>();
  /** All of an owner's ranges, of user and group ids alike. */
  readonly #ranges = new Map<string, SubordinateRange[]>();
  readonly #registered: ReadonlySet<string>;
  readonly #inShadow: ReadonlySet<string>;

  /** Those whom only a name service knows. */
  readonly #strangers: readonly ServiceUser[];

  constructor(texts: AccountTexts, known: readonly ServiceUser[] = []) {
    const expiries = expiriesIn(texts.shadow);
    this.#inShadow = new Set(expiries.keys());
    this.users = usersIn(texts.passwd, expiries);
    for (const [name, { uid }] of this.users) add(this.#names, uid, name);
    this.#strangers = known.filter((user) => !this.isLocal(user));
    const uids = rangesIn(texts.subuid, '/etc/subuid');
    const gids = rangesIn(texts.subgid, '/etc/subgid');
    for (const range of [...uids, ...gids]) add(this.#ranges, range.owner, range);
    const keyOf = ({ owner, first, count }: SubordinateRange) => `${owner}:${first}:${count}`;
    const gidKeys = new Set(gids.map(keyOf));
    this.#registered = new Set(uids.map(keyOf).filter((key) => gidKeys.has(key)));
  }

  /** hasRemains reports whether a user that is not in passwd is still in one of the other files. */
  hasRemains(name: string): boolean {
    return !this.users.has(name) && (this.#inShadow.has(name) || this.#ranges.has(name));
  }

  /** isLocal reports whether the name or the id of `user` is that of a user in passwd(5). */
  isLocal({ name, uid }: ServiceUser): boolean {
    return this.users.has(name) || this.#names.has(uid);
  }

  /** otherWith returns the name of a user beside `name` that has the user id `uid`, and whether a name service brings it. */
  otherWith(uid: number, name: string): string | undefined {
    const stranger = this.#strangers.find((one) => one.uid === uid);
    return (
      this.#names.get(uid)?.find((other) => other !== name) ??
      (stranger && `${stranger.name} (a name service)`)
    );
  }

  /** otherWithRange returns the owner beside `name` of any of the 65536 ids from `first`, and where that is registered. */
  otherWithRange(first: number, name: string): string | undefined {
    const others = [...this.#ranges].flatMap(([owner, ranges]) => (owner === name ? [] : ranges));
    const range = others.find(
      (one) => one.count > 0 && one.first < first + RANGE_SIZE && first < one.first + one.count,
    );
    return range && `${range.owner} (${range.where})`;
  }

  /** strangerNamed returns the user of that name whom only a name service knows. */
  strangerNamed(name: string): ServiceUser | undefined {
    return this.#strangers.find((one) => one.name === name);
  }

  /** hasRange reports whether `owner` has the 65536 user and group ids from `first`. */
  hasRange(owner: string, first: number): boolean {
    return this.#registered.has(`${owner}:${first}:${RANGE_SIZE}`);
  }

  /** hasRangeBeside reports whether `owner` has ids that belong to another slot than `own`. */
  hasRangeBeside(owner: string, own: Slot, policy: IdPolicy): boolean {
    const ranges = this.#ranges.get(owner) ?? [];
    return ranges.some(({ first, count }) =>
      slotsOfRange(first, count, policy).some((place) => place !== own),
    );
  }

  /** idsOfOthers returns the ids that are used by anyone but whom `holderOf` says to hold their slots. */
  idsOfOthers(holderOf: (place: Slot) => string | undefined, policy: IdPolicy): ForeignIds {
    const users = [...this.users].map(([name, { uid }]) => ({ name, uid }));
    const ranges = [...this.#ranges.values()].flat();
    return foreignIds([...users, ...this.#strangers], ranges, holderOf, policy);
  }
}
