/** The keys of nodemgr.toml, table by table, with the words for them. Pure. */
import type { ConfigKey } from '@nodemgr/config';
import { KEY_WORDS, type KeyWords, TABLE_WORDS } from './config-words.ts';

export interface DescribedKey extends ConfigKey, KeyWords {
  /** Its name within its table. */
  readonly name: string;
}

/** The words for the keys of one configuration file. */
export interface ConfigWords {
  /** The file that has them. */
  readonly file: string;
  readonly keys: Readonly<Record<string, KeyWords>>;
  readonly tables: Readonly<Record<string, string>>;
}

const NODE_WORDS: ConfigWords = { file: 'config-words.ts', keys: KEY_WORDS, tables: TABLE_WORDS };

export interface DescribedTable {
  /** Such as `plc`; `delegates[]` for each table of an array. */
  readonly table: string;
  readonly about: string;
  /** Whether it may be absent although keys of it must be set. */
  readonly optional?: boolean;
  readonly keys: readonly DescribedKey[];
}

function describeKey(key: ConfigKey, { file, keys }: ConfigWords): DescribedKey {
  const words = keys[key.key];
  if (words === undefined) throw new Error(`${file} says nothing about ${key.key}`);
  return { ...key, ...words, name: key.key.slice(key.key.lastIndexOf('.') + 1) };
}

const tableOf = ({ key }: ConfigKey): string => key.slice(0, key.lastIndexOf('.'));

/** describeTables groups `keys` by table, in their order. Throws an Error for one without words. */
export function describeTables(
  keys: readonly ConfigKey[],
  words: ConfigWords = NODE_WORDS,
): readonly DescribedTable[] {
  const names = [...new Set(keys.map(tableOf))];
  return names.map((table) => {
    const about = words.tables[table];
    if (about === undefined) throw new Error(`${words.file} says nothing about [${table}]`);
    const inside = keys.filter((key) => tableOf(key) === table);
    return { table, about, keys: inside.map((key) => describeKey(key, words)) };
  });
}

/** headingOf returns a table's heading, as TOML writes it. */
export function headingOf({ table }: DescribedTable): string {
  return table.endsWith('[]') ? `[[${table.slice(0, -2)}]]` : `[${table}]`;
}
