/** Our record of an account: says that it is ours, of which type, and which slot it has. The schema only. */
import { accountNameSchema } from '@nodemgr/records';
import * as z from 'zod';
import type { Slot } from '../../slots/account-ids.ts';

export const accountRecordSchema = z.strictObject({
  type: z.enum(['sliver', 'delegate']),
  slot: z.int().min(0).max(4093) as unknown as z.ZodType<Slot>,
});
export type AccountRecord = z.infer<typeof accountRecordSchema>;

const KEPT = /^(?<name>.+)@(?<since>[0-9]{1,12})$/;

/** A kept folder's name taken apart; undefined for what is none. */
export function keptFolderName(folder: string) {
  const { name, since } = KEPT.exec(folder)?.groups ?? {};
  const checked = accountNameSchema.safeParse(name);
  if (!checked.success || since === undefined) return undefined;
  return { name: checked.data, since: Number.parseInt(since, 10) };
}
