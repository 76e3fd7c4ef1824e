/** Removes versions that no sliver stands on: those that an operator names, or those that are outdated. */
import type { ImageName } from '@nodemgr/records';
import { ImageProblem } from './image-problem.ts';
import { type ImageVersion, readVersion, versionParts } from './image-version.ts';
import { versionsIn } from './read-store.ts';
import { withStoreLock } from './store-lock.ts';
import {
  type FindUsers,
  settleHalfWithdrawn,
  type Withdrawal,
  withdrawVersions,
} from './withdraw-versions.ts';
import { deleteTree } from './workshops.ts';

/** As many users as a refusal names. */
const MAX_NAMED = 5;

interface Order {
  readonly imagesDir: string;
  readonly findUsers: FindUsers;
}

const isOf = (what: ImageName | ImageVersion, ref: ImageVersion): boolean =>
  ref === what || versionParts(ref).name === what;

const byNumber = (a: ImageVersion, b: ImageVersion): number =>
  versionParts(a).number - versionParts(b).number;

async function versionsOf(
  imagesDir: string,
  what: ImageName | ImageVersion,
): Promise<readonly ImageVersion[]> {
  return (await versionsIn(imagesDir)).filter((ref) => isOf(what, ref)).sort(byNumber);
}

async function deleteAll(folders: readonly string[]): Promise<void> {
  for (const folder of folders) await deleteTree(folder);
}

/** Finishes or undoes what a killed removal has left. */
async function settleStore({ imagesDir, findUsers }: Order): Promise<void> {
  await deleteAll(await withStoreLock(imagesDir, () => settleHalfWithdrawn(imagesDir, findUsers)));
}

function namesText(users: readonly string[]): string {
  const more = users.length - MAX_NAMED;
  const named = users.slice(0, MAX_NAMED).join(', ');
  return more > 0 ? `${named} and ${more} more` : named;
}

function refusalOf(used: Withdrawal['used']): ImageProblem {
  const each = [...used].map(([ref, users]) => `${ref} is used by ${namesText(users)}`);
  return new ImageProblem(`${each.join('; ')}: nothing was removed`);
}

async function withdrawNamed(
  { imagesDir, findUsers }: Order,
  what: ImageName | ImageVersion,
): Promise<Withdrawal> {
  const refs = await versionsOf(imagesDir, what);
  if (refs.length === 0) {
    const kind = readVersion(what) === undefined ? 'image' : 'version';
    throw new ImageProblem(`there is no ${kind} ${what} in ${imagesDir}`);
  }
  const withdrawal = await withdrawVersions({ imagesDir, refs, findUsers, together: true });
  if (withdrawal.used.size > 0) throw refusalOf(withdrawal.used);
  return withdrawal;
}

/**
 * removeImage removes one version (`default@3`) or all versions of an image (`default`), damaged ones
 * too, and returns which. Rejects with ImageProblem, and removes none, when someone stands on one of
 * them, naming up to five users, or when there is none.
 */
export async function removeImage(
  order: Order & { readonly what: ImageName | ImageVersion },
): Promise<readonly ImageVersion[]> {
  await settleStore(order);
  const { withdrawn, doomed } = await withStoreLock(order.imagesDir, () =>
    withdrawNamed(order, order.what),
  );
  await deleteAll(doomed);
  return withdrawn;
}

/**
 * removeOutdated removes the versions of `name` that are older than its newest and that nobody stands
 * on, and returns which. Rejects with ImageProblem when it is not clear who stands on what.
 */
export async function removeOutdated(
  order: Order & { readonly name: ImageName },
): Promise<readonly ImageVersion[]> {
  const { imagesDir, findUsers, name } = order;
  await settleStore(order);
  const { withdrawn, doomed } = await withStoreLock(imagesDir, async () => {
    const refs = (await versionsOf(imagesDir, name)).slice(0, -1);
    return withdrawVersions({ imagesDir, refs, findUsers, together: false });
  });
  await deleteAll(doomed);
  return withdrawn;
}
