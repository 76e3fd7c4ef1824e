/**
 * Makes the keys of records, and takes them apart. No other file knows how a key is written; whether a
 * record has the key that it claims is record.ts's to check.
 */
import * as z from 'zod';
import { type AccountName, isSliceName } from './quantities.ts';

/** The longest key that is read (characters); what an account's key needs is 41. */
export const MAX_KEY_LENGTH = 64;

/** Any text that is short enough: a key of a kind that this version does not know is not refused. */
export const recordKeySchema = z.string().max(MAX_KEY_LENGTH).brand<'RecordKey'>();
/** The unique name of a record: `sliver_princeton_sirius`, `delegate_del_snoop`, `bwcap`, `timestamp`. */
export type RecordKey = z.infer<typeof recordKeySchema>;

export const ACCOUNT_TYPES = ['sliver', 'delegate'] as const;
export type AccountType = (typeof ACCOUNT_TYPES)[number];

/** The account that a key names. */
export interface KeyedAccount {
  readonly type: AccountType;
  readonly name: AccountName;
}

/** made returns a key that this file has written itself: what comes in is parsed instead. */
const made = (key: string): RecordKey => key as RecordKey;

/** recordKeyOf returns the key of an account's record: its type, `_`, its name. */
export function recordKeyOf(type: AccountType, name: AccountName): RecordKey {
  return made(`${type}_${name}`);
}

/** accountOfKey returns what recordKeyOf has made `key` of; undefined for a key that is no account's. */
export function accountOfKey(key: string): KeyedAccount | undefined {
  for (const type of ACCOUNT_TYPES) {
    const name = key.slice(type.length + 1);
    if (key.startsWith(`${type}_`) && isSliceName(name)) return { type, name };
  }
  return undefined;
}

/** sliverOfKey returns the sliver whose record has this key; undefined for every other key. */
export function sliverOfKey(key: string): AccountName | undefined {
  const account = accountOfKey(key);
  return account?.type === 'sliver' ? account.name : undefined;
}

/** The key of the record that holds the node's bandwidth cap. */
export const BWCAP_KEY = made('bwcap');
/** The key of the record that holds the node's leases. */
export const LEASES_KEY = made('leases');
/** The key of the record that says when the authority last vouched for this node's state. */
export const TIMESTAMP_KEY = made('timestamp');
