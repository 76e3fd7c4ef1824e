/** Decides what the `<delegates>` of a ticket grant: which caller may call which method. Pure. */
import { type Delegation, isSliceName, MAX_DELEGATIONS } from '@nodemgr/records';
import type { RawDelegate } from './raw-document.ts';
import { quote } from './remark-list.ts';

/** What a delegate may call that names no methods: what a ticket is for (DESIGN.md, section 7). */
export const TICKET_METHODS = ['CreateSliver', 'DeleteSliver', 'Start', 'Stop'] as const;

/** As the configuration's `delegates.*.methods`. */
const METHOD = /^[A-Za-z]{1,64}$/;

/** Returns the methods, or why there are none. */
function methodsOf(caller: string, methods: string | undefined): readonly string[] | string {
  if (methods === undefined) return TICKET_METHODS;
  const names = methods.split(' ').filter((name) => name !== '');
  const bad = names.find((name) => !METHOD.test(name));
  if (bad !== undefined) return `delegate ${quote(caller)}: no method can be named ${quote(bad)}`;
  return names.length > 0 ? names : `delegate ${quote(caller)}: its methods are empty`;
}

/** Adds one delegate's pairs by what they say, so that each is there once; returns what is wrong. */
function add(pairs: Map<string, Delegation>, { name, methods }: RawDelegate): string | undefined {
  if (name === undefined) return 'a <delegate> has no name';
  if (!isSliceName(name)) return `no caller can be named ${quote(name)}`;
  const granted = methodsOf(name, methods);
  if (typeof granted === 'string') return granted;
  for (const method of granted) pairs.set(`${name} ${method}`, [name, method]);
  return pairs.size > MAX_DELEGATIONS
    ? `its delegates may call more than ${MAX_DELEGATIONS} methods in all`
    : undefined;
}

/**
 * judgeDelegates returns the pairs [caller, method], or why the ticket cannot be used. `methods` (names
 * with spaces between) replaces TICKET_METHODS: what is written is what is granted.
 */
export function judgeDelegates(delegates: readonly RawDelegate[]): readonly Delegation[] | string {
  const pairs = new Map<string, Delegation>();
  for (const delegate of delegates) {
    const wrong = add(pairs, delegate);
    if (wrong !== undefined) return wrong;
  }
  return [...pairs.values()];
}
