/**
 * The records: units of desired state, and the schemas that everything entering the database
 * passes. Field names are those that DumpDatabase shows, hence snake_case.
 */
import { Buffer } from 'node:buffer';
import * as z from 'zod';
import * as bounds from './bounds.ts';
import { type LeasesRecord, leasesRecordSchema } from './leases.ts';
import {
  type AccountName,
  accountNameSchema,
  bitsPerSecondSchema,
  DEFAULT_IMAGE,
  type EpochSeconds,
  epochSecondsSchema,
  imageNameSchema,
} from './quantities.ts';
import {
  type AccountType,
  BWCAP_KEY,
  LEASES_KEY,
  recordKeyOf,
  recordKeySchema,
} from './record-key.ts';
import { RESOURCE_NAMES, type Rspec } from './rspec.ts';

/** Who vouches for a record. A full update from one source touches no other's records. */
export const SOURCES = ['plc', 'config', 'ticket'] as const;
export type Source = (typeof SOURCES)[number];
export const sourceSchema = z.enum(SOURCES);

/** The ways in which a PLC may say what it wants of a node, and the name of what it says, for people. */
export const PLC_DOCUMENTS = { 'slices-xml': 'slices.xml', getslivers: 'GetSlivers' } as const;
export type PlcKind = keyof typeof PLC_DOCUMENTS;
export const plcKindSchema = z.enum(Object.keys(PLC_DOCUMENTS) as [PlcKind, ...PlcKind[]]);

const integer = z.int();

/** `__proto__` would be no property but the object's prototype. */
const RESOURCE_NAME = /^(?!__proto__$)[A-Za-z0-9_.:-]+$/;
export const resourceNameSchema = z.string().max(bounds.MAX_RESOURCE_NAME).regex(RESOURCE_NAME);

const rspecInWords = z
  .record(resourceNameSchema, integer)
  .refine((rspec) => Object.keys(rspec).length <= bounds.MAX_RESOURCES, {
    error: `wants at most ${bounds.MAX_RESOURCES} resources`,
  });

const KNOWN: ReadonlySet<string> = new Set(RESOURCE_NAMES);

/** isPlainRspec reports whether `value` has nothing but amounts of resources that we know by name. */
function isPlainRspec(value: unknown): value is Rspec {
  if (typeof value !== 'object' || value === null) return false;
  if (Object.getPrototypeOf(value) !== Object.prototype) return false;
  for (const [name, amount] of Object.entries(value)) {
    if (!KNOWN.has(name) || !Number.isSafeInteger(amount)) return false;
  }
  return true;
}

/**
 * An RSpec. Three come with every account of every message: what all of them are like is seen at a glance, and
 * only what is not goes through the schema, name by name.
 */
export const rspecSchema: z.ZodType<Rspec> = z.unknown().transform((value, context): Rspec => {
  if (isPlainRspec(value)) return value;
  const checked = rspecInWords.safeParse(value);
  if (checked.success) return checked.data;
  for (const issue of checked.error.issues) context.addIssue({ ...issue });
  return z.NEVER;
});

/** A name in a loan: it need not exist (yet), but it is a name, so that its size is bounded in bytes. */
const loanName = z
  .string()
  .max(bounds.MAX_RESOURCE_NAME)
  .regex(/^[\x20-\x7e]*$/, { error: 'wants a name in printable ASCII' });

export const loanSchema = z.tuple([loanName, loanName, integer]).readonly();
/** `[recipient, resource, amount]`: what the lender gives away of its own RSpec. */
export type Loan = z.infer<typeof loanSchema>;

export const loansSchema = z.array(loanSchema).max(bounds.MAX_LOANS);

/**
 * withPlainLineEnds returns a start script that can run. One whose first line ends in CR LF cannot: the kernel
 * looks for the interpreter `/bin/sh\r`. Whatever wrote it ends all its lines so. Where the first line ends in
 * LF alone, a CR that comes later may be meant (a here-document), and stays.
 */
export function withPlainLineEnds(script: string): string {
  return /^[^\n]*\r\n/.test(script) ? script.replaceAll('\r\n', '\n') : script;
}

/** `[caller, method]`: that caller may call that method on this sliver. */
export type Delegation = readonly [caller: string, method: string];

/** textOfBytes returns the schema of a text of at most `most` bytes in UTF-8. */
export const textOfBytes = (most: number) =>
  z.string().refine((text) => text.length <= most && Buffer.byteLength(text) <= most, {
    error: `wants at most ${most} bytes`,
  });

const accountFields = {
  record_key: recordKeySchema,
  timestamp: epochSecondsSchema,
  expiry: epochSecondsSchema.optional(),
  name: accountNameSchema,
  plc_instantiated: z.boolean(),
  ssh_keys: textOfBytes(bounds.MAX_KEYS_BYTES),
};

const keyNamesAccount = (record: {
  record_key: string;
  account_type: AccountType;
  name: AccountName;
}): boolean => record.record_key === recordKeyOf(record.account_type, record.name);
const KEY_MISMATCH = { error: 'wants record_key to be account_type, _ and name' };

export const sliverRecordSchema = z
  .strictObject({
    ...accountFields,
    account_type: z.literal('sliver'),
    id: z.int().nonnegative(),
    rspec: rspecSchema,
    initscript: textOfBytes(bounds.MAX_INITSCRIPT_BYTES),
    /** Of which image a new sliver is made. Records written before there was a choice name none. */
    image: imageNameSchema.default(DEFAULT_IMAGE),
    delegations: z
      .array(z.tuple([z.string().max(32), z.string().max(64)]))
      .max(bounds.MAX_DELEGATIONS),
  })
  .refine(keyNamesAccount, KEY_MISMATCH);
export type SliverRecord = z.infer<typeof sliverRecordSchema>;

export const delegateRecordSchema = z
  .strictObject({ ...accountFields, account_type: z.literal('delegate') })
  .refine(keyNamesAccount, KEY_MISMATCH);
export type DelegateRecord = z.infer<typeof delegateRecordSchema>;

export const networkSchema = z.union([z.ipv4(), z.ipv6(), z.cidrv4(), z.cidrv6()], {
  error: 'wants an IPv4 or IPv6 address or prefix, such as 192.0.2.0/24 or 2001:db8::1',
});

export const bwcapRecordSchema = z.strictObject({
  record_key: z.literal(BWCAP_KEY),
  timestamp: epochSecondsSchema,
  expiry: epochSecondsSchema.optional(),
  cap: z.int().min(8).pipe(bitsPerSecondSchema),
  exempt_ips: z.array(networkSchema).max(bounds.MAX_EXEMPT_IPS),
});
export type BwcapRecord = z.infer<typeof bwcapRecordSchema>;

export type AccountRecord = SliverRecord | DelegateRecord;
/** A record that a source delivers. (`timestamp` is db-service's own.) */
export type DeliveredRecord = AccountRecord | BwcapRecord | LeasesRecord;
export const deliveredRecordSchema: z.ZodType<DeliveredRecord> = z.union([
  sliverRecordSchema,
  delegateRecordSchema,
  bwcapRecordSchema,
  leasesRecordSchema,
]);

const claimSchema = z.object({
  account_type: z.string().optional(),
  record_key: z.string().optional(),
});
const byKind: Readonly<Record<string, z.ZodType<DeliveredRecord>>> = {
  sliver: sliverRecordSchema,
  delegate: delegateRecordSchema,
  [BWCAP_KEY]: bwcapRecordSchema,
  [LEASES_KEY]: leasesRecordSchema,
};

/**
 * checkRecord returns `candidate` as a record, or what is wrong with it and where. It is held to the
 * one schema that it claims (by its account_type, else its record_key), so that the reason is about
 * the field that does not fit and not about the four kinds that it might have been.
 */
export function checkRecord(
  candidate: unknown,
): { readonly record: DeliveredRecord } | { readonly why: string } {
  const claimed = claimSchema.safeParse(candidate);
  const kind = claimed.data?.account_type ?? claimed.data?.record_key ?? '';
  const schema = Object.hasOwn(byKind, kind) ? byKind[kind] : undefined;
  if (schema === undefined) {
    const others = `${BWCAP_KEY} or ${LEASES_KEY}`;
    return { why: `wants account_type to be sliver or delegate, or record_key to be ${others}` };
  }
  const checked = schema.safeParse(candidate);
  if (checked.success) return { record: checked.data };
  const [issue] = checked.error.issues;
  const where = issue === undefined || issue.path.length === 0 ? '' : `${issue.path.join('.')}: `;
  return { why: `${where}${issue?.message ?? 'does not fit'}` };
}

/** isSliver reports whether `record` describes a sliver. */
export function isSliver(record: DeliveredRecord): record is SliverRecord {
  return 'account_type' in record && record.account_type === 'sliver';
}

/** isAccount reports whether `record` describes a sliver or a delegate. */
export function isAccount(record: DeliveredRecord): record is AccountRecord {
  return 'account_type' in record;
}

/** isLeases reports whether `record` holds the node's leases. */
export function isLeases(record: DeliveredRecord): record is LeasesRecord {
  return record.record_key === LEASES_KEY;
}

/**
 * What this node itself knows of an account, beside the authority's record. It survives every
 * delivery, and goes only with the account's files.
 */
export interface LocalFacts {
  readonly loans: readonly Loan[];
  /** Stop was called, and no Start since. */
  readonly stopped: boolean;
  /** The caller of that Stop. Absent: nothing is stopped, or the Stop was called before callers were noted. */
  readonly stopped_by?: string | undefined;
  /** When that Stop was called. */
  readonly stopped_at?: EpochSeconds | undefined;
  /** CreateSliver was called for a sliver that PLC has not instantiated, and no DeleteSliver since. */
  readonly created: boolean;
  /** How often Start was called: a running sliver runs its start scripts again when it grows. */
  readonly starts: number;
  /** The value of `starts` at the last ReCreate: a sliver that was started before then is stopped and started anew. */
  readonly recreated: number;
  /** When the lease ends by which the sliver holds the node (seconds since 1970); 0: it holds none. */
  readonly leased_until: number;
}

export const localFactsSchema = z.strictObject({
  loans: loansSchema,
  stopped: z.boolean(),
  stopped_by: z.string().max(bounds.MAX_CALLER).optional(),
  stopped_at: epochSecondsSchema.optional(),
  created: z.boolean(),
  starts: z.int().nonnegative(),
  // Facts of before there was a ReCreate.
  recreated: z.int().nonnegative().default(0),
  // Facts of before there were leases.
  leased_until: z.int().nonnegative().default(0),
});

export const NO_LOCAL_FACTS: LocalFacts = Object.freeze({
  loans: [],
  stopped: false,
  created: false,
  starts: 0,
  recreated: 0,
  leased_until: 0,
});
