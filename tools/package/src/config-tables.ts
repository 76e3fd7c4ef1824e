/** The keys of nodemgr.toml, table by table, with the words for them. Pure. */
import type { ConfigKey } from '@nodemgr/config';
import { KEY_WORDS, type KeyWords, TABLE_WORDS } from './config-words.ts';

export interface DescribedKey extends ConfigKey, KeyWords {
  /** Its name within its table. */
  readonly name: string;
}

export interface DescribedTable {
  /** Such as `plc`; `delegates[]` for each table of an array. */
  readonly table: string;
  readonly about: string;
  readonly keys: readonly DescribedKey[];
}

function describeKey(key: ConfigKey): DescribedKey {
  const words = KEY_WORDS[key.key];
  if (words === undefined) throw new Error(`config-words.ts says nothing about ${key.key}`);
  return { ...key, ...words, name: key.key.slice(key.key.lastIndexOf('.') + 1) };
}

const tableOf = ({ key }: ConfigKey): string => key.slice(0, key.lastIndexOf('.'));

/** describeTables groups `keys` by table, in their order. Throws an Error for one without words. */
export function describeTables(keys: readonly ConfigKey[]): readonly DescribedTable[] {
  const names = [...new Set(keys.map(tableOf))];
  return names.map((table) => {
    const about = TABLE_WORDS[table];
    if (about === undefined) throw new Error(`config-words.ts says nothing about [${table}]`);
    return { table, about, keys: keys.filter((key) => tableOf(key) === table).map(describeKey) };
  });
}

/** headingOf returns a table's heading, as TOML writes it. */
export function headingOf({ table }: DescribedTable): string {
  return table.endsWith('[]') ? `[[${table.slice(0, -2)}]]` : `[${table}]`;
}
