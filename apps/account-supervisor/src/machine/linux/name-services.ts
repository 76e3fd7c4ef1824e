/**
 * Users that only a name service knows (LDAP, SSSD, libnss-extrausers): passwd(5) does not show them, and
 * useradd(8) refuses their names and ids. They are asked for by key, as getpwnam(3) does, since many
 * services list nobody; once for an account that is about to be made, and again while it is remembered
 * that somebody was found. Those who ask while an answer is awaited share the next question: a program is started
 * for many accounts, not for each. Decides nothing.
 */
import { runProgram } from '@nodemgr/agent';
import { FreshRead } from '@nodemgr/node-accounts';

export interface ServiceUser {
  readonly name: string;
  readonly uid: number;
}

/** Looks keys up, names and user ids alike, with one program; rejects when there is no answer. */
export type AskNameServices = (keys: readonly string[]) => Promise<readonly ServiceUser[]>;

/** A service that is down must not hold up an account for the minutes that its own timeouts may take. */
const LONGEST_MS = 5000;
/** getent(1): one or more keys were not found. */
const NOT_FOUND = 2;
/** An answer may be this old before it is asked for again. */
const REMEMBERED_MS = 60_000;
/** Text kept of an answer: the longest line that useradd(8) makes, for every key of a question. */
const MAX_LINE = 4096;

function usersIn(text: string): readonly ServiceUser[] {
  return text.split('\n').flatMap((line) => {
    const [name = '', , uid = ''] = line.split(':');
    return name !== '' && /^\d{1,10}$/.test(uid) ? [{ name, uid: Number.parseInt(uid, 10) }] : [];
  });
}

/** getent asks all sources that nsswitch.conf(5) names. */
export const getent: AskNameServices = async (keys) => {
  const { status, signal, stdout, stderr } = await runProgram(
    { run: ['getent', 'passwd', ...keys], longestMs: LONGEST_MS },
    { maxOutput: keys.length * MAX_LINE },
  );
  if (status === 0 || status === NOT_FOUND) return usersIn(stdout);
  const end =
    signal === null
      ? `exit status ${status}: ${stderr.trim()}`
      : `it took longer than ${LONGEST_MS / 1000} seconds`;
  throw new Error(`the name services do not answer (getent passwd ${keys[0]} …): ${end}`);
};

/** Says of a user whether passwd(5) has it, or its id. */
type IsLocal = (user: ServiceUser) => boolean;

export class NameServices {
  #known: readonly ServiceUser[] = [];
  #askedAt = 0;
  /** Keys that nobody has been asked for yet. */
  #wanted = new Set<string>();
  readonly #next = new FreshRead(() => this.#findWanted());

  constructor(
    private readonly ask: AskNameServices,
    /** Reads passwd(5) afresh. */
    private readonly readLocals: () => Promise<IsLocal>,
    private readonly monotonicMs: () => number,
  ) {}

  /** Those found whom passwd(5) had not; another array after each change. */
  get known(): readonly ServiceUser[] {
    return this.#known;
  }

  /** find asks for the users with these names and ids, and remembers who is found. Rejects without an answer. */
  async find(keys: readonly string[]): Promise<void> {
    for (const key of keys) this.#wanted.add(key);
    await this.#next.now();
  }

  async #findWanted(): Promise<void> {
    const keys = [...this.#wanted];
    this.#wanted.clear();
    // Before and after: a user that comes or goes meanwhile is none of a name service's.
    const wasLocal = await this.readLocals();
    const found = await this.ask(keys);
    const isLocal = await this.readLocals();
    const strangers = found.filter((user) => !wasLocal(user) && !isLocal(user));
    if (this.#known.length === 0) this.#askedAt = this.monotonicMs();
    const others = this.#known.filter(
      ({ name, uid }) => !keys.includes(name) && !keys.includes(`${uid}`),
    );
    const all = [...others, ...strangers];
    if (all.length + this.#known.length === 0) return;
    this.#known = [...new Map(all.map((user) => [`${user.name}:${user.uid}`, user])).values()];
  }

  /** refresh asks again whether those who were found are still there, once a minute; without an answer they are. */
  async refresh(): Promise<void> {
    if (this.#known.length === 0 || this.monotonicMs() - this.#askedAt < REMEMBERED_MS) return;
    this.#askedAt = this.monotonicMs();
    const keys = this.#known.flatMap(({ name, uid }) => [name, `${uid}`]);
    // An account that is to be made asks for itself, and fails with the reason.
    await this.find(keys).catch(() => undefined);
  }
}
