/** Reads this folder's files for its tests: units, sysusers.d and tmpfiles.d. It judges nothing. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const FOLDER = 'systemd';
const UNIT = /\.(service|slice|socket|target)$/;

/** unitFiles returns the names of all units. */
export function unitFiles(): readonly string[] {
  return readdirSync(FOLDER).filter((name) => UNIT.test(name));
}

/** textOf returns one file of this folder. */
export function textOf(name: string): string {
  return readFileSync(join(FOLDER, name), 'utf8');
}

/** A unit's settings: every value of every key, in the order of the file, by `Section.Key`. */
export type Unit = ReadonlyMap<string, readonly string[]>;

/** readUnit returns the settings of a unit; empty assignments are kept. */
export function readUnit(name: string): Unit {
  const settings = new Map<string, string[]>();
  let section = '';
  for (const line of textOf(name).split('\n')) {
    const [, heading] = /^\[(.+)\]$/.exec(line) ?? [];
    if (heading !== undefined) section = heading;
    const [, key, value = ''] = /^([A-Za-z]+)=(.*)$/.exec(line) ?? [];
    if (key === undefined) continue;
    const full = `${section}.${key}`;
    settings.set(full, [...(settings.get(full) ?? []), value]);
  }
  return settings;
}

/** wordsOf returns all words of a setting; none when it is absent. */
export function wordsOf(unit: Unit, key: string): readonly string[] {
  return (unit.get(key) ?? []).flatMap((value) => value.split(/\s+/)).filter((word) => word !== '');
}

function fields(name: string): readonly (readonly string[])[] {
  return textOf(name)
    .split('\n')
    .filter((line) => line.trim() !== '' && !line.startsWith('#'))
    .map((line) => line.trim().split(/\s+/));
}

/** A folder of tmpfiles.d. */
export interface Folder {
  readonly path: string;
  readonly mode: number;
  readonly owner: string;
  readonly group: string;
}

/** readFolders returns the folders that are made at boot, by path. */
export function readFolders(): ReadonlyMap<string, Folder> {
  const folders = fields('tmpfiles.d/nodemgr.conf').map(
    ([, path = '', mode = '', owner = '', group = '']) =>
      [path, { path, mode: Number.parseInt(mode, 8), owner, group }] as const,
  );
  return new Map(folders);
}

export interface Users {
  readonly users: ReadonlySet<string>;
  /** Members by group; a user's own group has that user. */
  readonly groups: ReadonlyMap<string, readonly string[]>;
}

/** readUsers returns the users and groups of sysusers.d. */
export function readUsers(): Users {
  const users = new Set<string>();
  const groups = new Map<string, string[]>();
  for (const [type, name = '', group = ''] of fields('sysusers.d/nodemgr.conf')) {
    if (type === 'u') users.add(name);
    if (type === 'u') groups.set(name, [name]);
    if (type === 'g') groups.set(name, []);
    if (type === 'm') groups.get(group)?.push(name);
  }
  return { users, groups };
}
