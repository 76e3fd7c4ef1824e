/** The schema of what the dry run keeps of an account: the observed states, as JSON. */
import type { ImageVersion } from '@nodemgr/images';
import { accountNameSchema, epochSecondsSchema } from '@nodemgr/records';
import * as z from 'zod';
import { AMOUNTS, type LimitName, type Limits } from '../../limits/table.ts';
import { MAX_NOTE_LINE, NOTE_CAUSES } from '../../observed/login-note.ts';
import type {
  Digest,
  KeptSliver,
  ObservedDelegate,
  ObservedSliver,
  UserState,
} from '../../observed/observed-account.ts';
import type { Slot } from '../../slots/account-ids.ts';

/** What may be kept: `absent` and `foreign` have no file. */
export type StoredState = KeptSliver | ObservedDelegate | ObservedSliver;

const slot = z.int().min(0).max(4093) as unknown as z.ZodType<Slot>;
const digest = z.string().regex(/^[0-9a-f]{64}$/) as unknown as z.ZodType<Digest>;

const limits: z.ZodType<Limits> = z.partialRecord(
  z.enum(AMOUNTS.map(([name]): LimitName => name)),
  z.int().nonnegative(),
);

/** States written before slivers had images stood on this one. */
const image = z
  .string()
  .regex(/^[a-z0-9][a-z0-9._-]{0,63}@[0-9]{1,9}$/)
  .default('default@1') as unknown as z.ZodType<ImageVersion>;
/** States written before it was told have their user; then it was told whether they have one. */
const user = z
  .union([
    z.enum(['whole', 'half-made', 'half-removed', 'none']),
    z.boolean().transform((exists): UserState => (exists ? 'whole' : 'none')),
  ])
  .default('whole');

const files = z.discriminatedUnion('where', [
  z.strictObject({ where: z.literal('none') }),
  z.strictObject({ where: z.literal('in-place'), image }),
  z.strictObject({ where: z.literal('kept'), since: epochSecondsSchema, image }),
]);

const loginNote = z.strictObject({
  cause: z.enum([...NOTE_CAUSES, 'unknown']),
  since: epochSecondsSchema.optional(),
  line: z.string().max(MAX_NOTE_LINE),
});

const sliver = z.strictObject({
  state: z.enum(['stopped', 'running']),
  slot,
  user,
  range: z.boolean(),
  files,
  halfMade: z.boolean().default(false),
  initscript: digest.optional(),
  keys: digest.optional(),
  unit: z.boolean(),
  limits: limits.default({}),
  login: z.boolean(),
  starts: z.int().nonnegative(),
  toldOf: epochSecondsSchema.optional(),
  loginNote: loginNote.optional(),
});

const delegate = z.strictObject({
  state: z.literal('delegate'),
  slot,
  user,
  keys: digest.optional(),
  login: z.boolean(),
});

const kept = z.strictObject({
  state: z.literal('kept'),
  slot,
  since: epochSecondsSchema,
  image,
});

/** States written before the disk quota was one of the limits have it beside them. */
const oldSliver = sliver
  .extend({ diskQuota: z.int().nonnegative() })
  .transform(({ diskQuota, ...rest }): ObservedSliver => {
    return { ...rest, limits: { ...rest.limits, diskQuota } };
  });

const state: z.ZodType<StoredState> = z.union([sliver, oldSliver, delegate, kept]);

export const storedAccountSchema = z.strictObject({
  name: accountNameSchema,
  /** A unit that ran in another boot runs no more. */
  boot_id: z.string().max(64),
  account: state,
});
export type StoredAccount = z.infer<typeof storedAccountSchema>;
