/** Finds out what there is of an account below the state folder. Changes nothing; decides nothing. */
import { lstat, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { readOptional } from '@nodemgr/agent';
import { type ImageVersion, isImageVersion } from '@nodemgr/images';
import { native } from '@nodemgr/native';
import { type AccountName, type EpochSeconds, epochSeconds } from '@nodemgr/records';
import { contentOf } from '../../desired/desired-account.ts';
import { type MachineLayout, pathsOf } from '../../execute/layout.ts';
import { type LoginNote, readLoginNote } from '../../observed/login-note.ts';
import type { Digest } from '../../observed/observed-account.ts';
import { type IdPolicy, idsOf, RANGE_SIZE, type Slot, slot } from '../../slots/account-ids.ts';
import { accountRecordSchema, keptFolderName } from './account-record.ts';
import type { AccountFacts, FolderFacts, KeptFacts } from './derive-account.ts';

const absent = (error: NodeJS.ErrnoException): undefined => {
  if (error.code === 'ENOENT') return undefined;
  throw error;
};

/** isThere reports whether anything is at `path`; a link is something. */
export async function isThere(path: string): Promise<boolean> {
  return (await lstat(path).catch(absent)) !== undefined;
}

/** namesIn returns what is in `folder`; nothing where there is no such folder. */
export async function namesIn(folder: string): Promise<readonly string[]> {
  return (await readdir(folder).catch(absent)) ?? [];
}

async function digestOf(path: string): Promise<Digest | undefined> {
  const text = await readOptional(path);
  return text === undefined ? undefined : contentOf(text).digest;
}

async function imageIn(path: string): Promise<ImageVersion | undefined> {
  const text = (await readOptional(path))?.trimEnd();
  return text !== undefined && isImageVersion(text) ? text : undefined;
}

function projectOf(path: string): number | undefined {
  try {
    return native().projectOf(path);
  } catch (error) {
    return absent(error as NodeJS.ErrnoException);
  }
}

/** readRecord returns our record of `name`. */
export async function readRecord(
  name: AccountName,
  layout: MachineLayout,
): Promise<AccountFacts['record']> {
  const text = await readOptional(pathsOf(name, layout).record);
  if (text === undefined) return 'none';
  try {
    return accountRecordSchema.parse(JSON.parse(text));
  } catch (error) {
    return { damaged: error instanceof Error ? error.message : String(error) };
  }
}

function toldOfIn(text: string | undefined): EpochSeconds | undefined {
  const at = /^at (\d{1,12})$/m.exec(text ?? '')?.[1];
  return at === undefined ? undefined : epochSeconds(Number(at));
}

/** readFolder returns what there is of a sliver's files; undefined where there is no folder of that name. */
export async function readFolder(
  name: AccountName,
  layout: MachineLayout,
): Promise<FolderFacts | undefined> {
  const paths = pathsOf(name, layout);
  if (!(await isThere(paths.sliver))) return undefined;
  const [image, unit, script, boot, stopping] = await Promise.all([
    imageIn(paths.image),
    readOptional(paths.unit),
    digestOf(paths.initscript),
    isThere(paths.boot),
    readOptional(paths.stopping),
  ]);
  const none = boot ? contentOf('').digest : undefined;
  const initscript = script ?? none;
  const toldOf = toldOfIn(stopping);
  return { image, project: projectOf(paths.upper), unitSettings: unit, initscript, toldOf };
}

/** readKeys returns the digest of the account's authorized_keys. */
export function readKeys(name: AccountName, layout: MachineLayout): Promise<Digest | undefined> {
  return digestOf(pathsOf(name, layout).keys);
}

/** readStarts returns how many calls of Start have been carried out. */
export async function readStarts(name: AccountName, layout: MachineLayout): Promise<number> {
  const text = (await readOptional(pathsOf(name, layout).starts))?.trimEnd() ?? '';
  return /^\d{1,15}$/.test(text) ? Number.parseInt(text, 10) : 0;
}

/** readNote returns what whoever logs in is told while the sliver cannot be entered. */
export async function readNote(
  name: AccountName,
  layout: MachineLayout,
): Promise<LoginNote | undefined> {
  const text = await readOptional(pathsOf(name, layout).loginNote);
  return text === undefined ? undefined : readLoginNote(text);
}

/** The owner of the files says whose ids they carry: a tenant can give them to no id outside its range. */
function slotOfOwner(owner: number, policy: IdPolicy): Slot | undefined {
  const place = Math.floor((owner - policy.first_range_id) / RANGE_SIZE);
  return place >= 0 && place < policy.slots ? slot(place) : undefined;
}

/** keptFolders returns every folder of kept files by name, the newest of each last. */
export async function keptFolders(
  layout: MachineLayout,
): Promise<ReadonlyMap<AccountName, readonly number[]>> {
  const found = new Map<AccountName, number[]>();
  for (const folder of await namesIn(join(layout.stateDir, 'kept'))) {
    const kept = keptFolderName(folder);
    if (kept === undefined) continue;
    found.set(
      kept.name,
      [...(found.get(kept.name) ?? []), kept.since].sort((a, b) => a - b),
    );
  }
  return found;
}

/**
 * readKept returns what is kept of `name` since `since`: without an image where a purge has taken some of
 * it. Undefined where its ids are none of ours (any more): then it is left alone.
 */
export async function readKept(
  name: AccountName,
  since: number,
  layout: MachineLayout,
  policy: IdPolicy,
): Promise<KeptFacts | undefined> {
  const folder = pathsOf(name, layout).kept(epochSeconds(since));
  const [upper, image] = await Promise.all([
    lstat(join(folder, 'upper')).catch(absent),
    imageIn(join(folder, 'image')),
  ]);
  const kept = { since: epochSeconds(since) };
  if (upper === undefined) return { ...kept, slot: undefined, image: undefined };
  const place = slotOfOwner(upper.uid, policy);
  return place === undefined ? undefined : { ...kept, slot: place, image };
}

/** What there is of the quota of a slot whose project has none. */
export const NO_QUOTA: Pick<AccountFacts, 'diskQuota' | 'inodes'> = { diskQuota: 0, inodes: 0 };

/** quotaOf returns the limits of the slot's project, 0 for none, and what is used of them. */
export function quotaOf(place: Slot, { stateDir }: MachineLayout, policy: IdPolicy) {
  return native().projectQuota(stateDir, idsOf(place, policy).project);
}

/**
 * quotaInForce returns the limits of the slot's project, 0 for none: also where none can be had, since
 * the step that then sets them is the one to say why.
 */
export function quotaInForce(place: Slot, layout: MachineLayout, policy: IdPolicy) {
  try {
    const { hardKiB, hardInodes } = quotaOf(place, layout, policy);
    return { diskQuota: hardKiB, inodes: hardInodes };
  } catch {
    return NO_QUOTA;
  }
}
