/**
 * What passwd(5), shadow(5), subuid(5) and subgid(5) say of a machine's users. Pure: how the files are
 * read is read-unix-accounts.ts's.
 */
import { type IdPolicy, RANGE_SIZE, type Slot, slotOfUid, slotsOfRange } from '../account-ids.ts';

/** One user, by the four files. */
export interface UnixUser {
  readonly uid: number;
  readonly shell: string;
  /** The account has an expiry date (shadow(5)): ours have one while logins are denied. */
  readonly expires: boolean;
}

/** A range of subordinate ids: `first` and `count`. */
export interface SubordinateRange {
  readonly owner: string;
  readonly first: number;
  readonly count: number;
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

function usersIn({ passwd, shadow }: AccountTexts): ReadonlyMap<string, UnixUser> {
  const expiring = new Set<string>();
  for (const fields of linesOf(shadow)) {
    if ((fields[EXPIRY_FIELD] ?? '') !== '') expiring.add(fields[0] ?? '');
  }
  const users = new Map<string, UnixUser>();
  for (const [name = '', , uid = '', , , , shell = ''] of linesOf(passwd)) {
    // The first of two lines is the one that counts (getpwnam(3)).
    if (users.has(name)) continue;
    users.set(name, { uid: Number.parseInt(uid, 10), shell, expires: expiring.has(name) });
  }
  return users;
}

function rangesIn(text: string): readonly SubordinateRange[] {
  return linesOf(text).map(([owner = '', first = '', count = '']) => ({
    owner,
    first: Number.parseInt(first, 10),
    count: Number.parseInt(count, 10),
  }));
}

/** The users and subordinate ids of a machine, at one time. */
export class UnixAccounts {
  readonly users: ReadonlyMap<string, UnixUser>;
  readonly #uids: readonly SubordinateRange[];
  readonly #gids: readonly SubordinateRange[];
  readonly #registered: ReadonlySet<string>;

  constructor(texts: AccountTexts) {
    this.users = usersIn(texts);
    this.#uids = rangesIn(texts.subuid);
    this.#gids = rangesIn(texts.subgid);
    const keyOf = ({ owner, first, count }: SubordinateRange) => `${owner}:${first}:${count}`;
    const gids = new Set(this.#gids.map(keyOf));
    this.#registered = new Set(this.#uids.map(keyOf).filter((key) => gids.has(key)));
  }

  /** hasRange reports whether `owner` has the 65536 user and group ids from `first`. */
  hasRange(owner: string, first: number): boolean {
    return this.#registered.has(`${owner}:${first}:${RANGE_SIZE}`);
  }

  /** slotsOfOthers returns the slots whose ids are used by anyone who is not one of `ours`. */
  slotsOfOthers(ours: (name: string) => boolean, policy: IdPolicy): ReadonlySet<Slot> {
    const taken = new Set<Slot>();
    for (const [name, { uid }] of this.users) {
      const place = slotOfUid(uid, policy);
      if (place !== undefined && !ours(name)) taken.add(place);
    }
    for (const { owner, first, count } of [...this.#uids, ...this.#gids]) {
      if (ours(owner)) continue;
      for (const place of slotsOfRange(first, count, policy)) taken.add(place);
    }
    return taken;
  }
}
