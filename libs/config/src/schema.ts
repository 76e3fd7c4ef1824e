/**
 * nodemgr.toml: every key, its unit, its default and what is allowed. Pure; reading the file is in
 * load-config.ts. The file is validated once and then frozen.
 */
import {
  ACCOUNT_NAME_RULE,
  accountNameSchema,
  BESIDE_HOLDER,
  DEFAULT_RSPEC,
  imageNameSchema,
  networkSchema,
  plcKindSchema,
  RESOURCE_NAMES,
  type ResourceName,
  readAmount,
  resourceOf,
} from '@nodemgr/records';
import * as z from 'zod';

const DAY = 86_400;

const path = z.string().startsWith('/', { error: 'wants an absolute path' });
const urlText = 'URL that begins with https: or file:';
const interfaceText = 'name of an interface, at most 15 characters';
const zoneText = 'name of a time zone, such as UTC or Europe/Paris';
const UTC = 'UTC';

/** The zones are those of the ICU library that Node.js comes with; loading it takes memory that UTC need not cost. */
function isTimeZone(text: string): boolean {
  if (text === UTC) return true;
  try {
    new Intl.DateTimeFormat('en', { timeZone: text });
    return true;
  } catch {
    // RangeError: the answer to the question.
    return false;
  }
}

const positiveSeconds = z
  .number()
  .min(0.05)
  .max(365 * DAY);

const node = z.strictObject({
  /** This node's id at PLC. A slice is ours if its <nodes> names it. */
  id: z.int().nonnegative(),
  /** Database, last good document, pretended machine. Kept between runs. */
  state_dir: path.default('/var/lib/nodemgr'),
  /** Sockets of the bus and of the API. */
  runtime_dir: path.default('/run/nodemgr'),
  /** What carries the agents' steps out. `linux` changes this machine; `dry-run` prints them and pretends. */
  driver: z.enum(['dry-run', 'linux']).default('dry-run'),
  /** Says which boot this is. */
  boot_id_file: path.default('/proc/sys/kernel/random/boot_id'),
});

/** plc.images: the images of this node that stand for families of PLC's. */
const images = z
  .record(z.string().min(1).max(255), imageNameSchema)
  .refine((map) => Object.keys(map).length <= 1000, { error: 'wants at most 1000 families' })
  .describe('table from a family of PLC to the name of an image')
  .default({});

const plcKeys = z.strictObject({
  /** What PLC speaks. */
  kind: plcKindSchema.default('slices-xml'),
  /** Where slices.xml is: https:, or file: for a copy on this machine. Or where PLC answers GetSlivers: https:. */
  url: z.url({ protocol: /^(https|file)$/, error: `wants a ${urlText}` }).describe(urlText),
  /** PEM file with the authority's own CA; the system's CAs where absent. */
  ca_file: path.optional(),
  /**
   * Who may sign slices.xml, as ssh-keygen(1) has it under ALLOWED SIGNERS; where it is set no other document counts.
   * Read for each document. It must be root's or plc-fetcher's, and writable by nobody else, and so must be the next.
   */
  allowed_signers_file: path.optional(),
  /** Public keys, one a line, whose signatures do not count. */
  revocation_file: path.optional(),
  /** How many different people must have signed a document. */
  signatures_needed: z.int().min(1).max(16).default(1),
  /** A signed document that was made longer ago is trouble; nothing is removed because of it. */
  max_age_seconds: positiveSeconds.optional(),
  /** The key that PLC knows this node by, where it speaks GetSlivers: readable by plc-fetcher's user alone. */
  node_key_file: path.optional(),
  /** The prefix of PLC's own slices: `PREFIX_default` has settings of all nodes. GetSlivers only. */
  slice_prefix: z
    .string()
    .regex(/^[a-z0-9.]{1,20}$/)
    .default('pl'),
  /** Images by the family of a sliver. GetSlivers only. */
  images,
  poll_seconds: positiveSeconds.default(600),
  /** Share of the poll interval, 0 to 1, over which a fleet's polls are spread, the first one too. */
  spread: z.number().min(0).max(1).default(1),
  /** A fetch that takes longer has failed. */
  timeout_seconds: positiveSeconds.default(60),
  /** The longest wait after failures. */
  max_backoff_seconds: positiveSeconds.default(600),
  /** The largest document taken, after decompression. */
  max_bytes: z
    .int()
    .min(1024)
    .max(1 << 30)
    .default(128 << 20),
});

/** Keys that mean something only where signatures are wanted, with their values where they are not set. */
const OF_SIGNATURES = {
  revocation_file: undefined,
  signatures_needed: 1,
  max_age_seconds: undefined,
} as const;

/** What only signed documents have, and what only one kind of PLC needs. */
const plc = plcKeys.superRefine((keys, context) => {
  const { kind, url, node_key_file, allowed_signers_file } = keys;
  const issue = (key: string, message: string) =>
    context.addIssue({ code: 'custom', path: [key], message });
  if (allowed_signers_file === undefined) {
    for (const [key, unset] of Object.entries(OF_SIGNATURES)) {
      if (keys[key as keyof typeof OF_SIGNATURES] === unset) continue;
      issue(key, 'means something only together with plc.allowed_signers_file');
    }
  }
  if (kind !== 'getslivers') return;
  const complain = (key: string, wants: string) => issue(key, `kind "getslivers" wants ${wants}`);
  if (allowed_signers_file !== undefined) {
    complain('allowed_signers_file', 'none: its answers carry no signatures');
  }
  if (!url.startsWith('https:')) complain('url', 'a URL that begins with https:');
  if (node_key_file === undefined) {
    complain('node_key_file', 'the absolute path of the file with the key of this node');
  }
});

const guard = z.strictObject({
  /** The largest share of the running slivers that one update may remove. */
  max_removed_share: z.number().min(0).max(1).default(0.5),
  /** The guard acts when at least this many run. */
  min_slivers: z.int().min(1).default(4),
});

const clock = z.strictObject({
  /** Whether records expire, kept files are purged and days begin only once the clock has been synchronised since boot. */
  require_sync: z.boolean().default(true),
  jump_seconds: positiveSeconds.default(30),
  settle_seconds: z.number().min(0).max(DAY).default(300),
});

const tickets = z.strictObject({
  /**
   * PEM public keys and certificates of those who may sign tickets; no tickets are accepted without it.
   * Read for each ticket. It must be root's or db-service's, and writable by nobody else.
   */
  trusted_keys_file: path.default('/etc/nodemgr/ticket-keys.pem'),
  /** Whether signatures and digests with SHA-1 count, which old tools make. */
  allow_rsa_sha1: z.boolean().default(false),
});

const leases = z.strictObject({
  /** On a node with lease_or_shared, while a slice has a lease: its shares are raised, or the others stop. */
  beside_holder: z.enum(BESIDE_HOLDER).default('raise'),
  /** How many times its CPU, network and disk shares a holder has, where they are raised. */
  raise: z.int().min(1).max(1000).default(10),
  /** How long before a lease stops a sliver its tenants are told, in seconds; 0: they are not. */
  warn_seconds: z.int().min(0).max(DAY).default(60),
  /** How they are told: by a file inside, by a signal to the first process, which runs their script with `warn`. */
  warn_by: z
    .array(z.enum(['file', 'signal']))
    .max(2)
    .default(['file']),
});

const accounts = z.strictObject({
  /** Accounts worked on side by side. */
  workers: z.int().min(1).max(64).default(4),
  /** How long a removed sliver's files are kept. */
  keep_files_seconds: z
    .int()
    .min(0)
    .max(365 * DAY)
    .default(DAY),
  /**
   * First user id of the id ranges, 65536 ids for each sliver. The default begins what systemd
   * leaves unused (UIDs.md); 4094 ranges end below the foreign-image range.
   */
  first_range_id: z.int().min(65536).max(4_294_901_760).multipleOf(65536).default(1_879_048_192),
  /** User ids of the accounts themselves: one for each, from here on. */
  first_uid: z.int().min(1000).max(60_000).default(30_000),
  /** How many accounts fit on this node. */
  slots: z.int().min(1).max(4094).default(4094),
  /** How many times their room on the disk the quotas of all slivers may add up to before that is trouble. */
  disk_overcommit: z.number().min(1).max(10_000).default(1),
  /** The part of what their disk takes that one sliver may write at the most; 1: no bound. */
  disk_write_part: z.number().min(0.01).max(1).default(0.5),
  passwd_file: path.default('/etc/passwd'),
  subuid_file: path.default('/etc/subuid'),
  /** Login shells: an account is ours only if it has one of them. */
  sliver_shell: path.default('/usr/lib/nodemgr/sliver-shell'),
  delegate_shell: path.default('/usr/lib/nodemgr/forward_api_calls'),
});

const bandwidth = z.strictObject({
  /** Cap of the node's ordinary traffic, bits/s; no cap where absent. */
  cap: z.int().min(8).max(1e12).optional(),
  /** Addresses and prefixes that the cap does not count. */
  exempt_ips: z
    .array(networkSchema.describe('IPv4 or IPv6 address or prefix'))
    .max(20_000)
    .default([]),
  /** Uplink; that of the default route where absent. */
  interface: z
    .string()
    .regex(/^[A-Za-z0-9_.@-]{1,15}$/, { error: `wants the ${interfaceText}` })
    .describe(interfaceText)
    .optional(),
  /** Bits/s of the uplink. */
  link_rate: z.int().min(8).max(1e12).default(1e9),
  /** The hour at which the day of the daily byte limits begins, in `day_zone`. */
  day_hour: z.int().min(0).max(23).default(0),
  /** The time zone that `day_hour` is of. */
  day_zone: z
    .string()
    .max(64)
    .refine(isTimeZone, { error: `wants a ${zoneText}` })
    .describe(zoneText)
    .default(UTC),
});

const delegate = z.strictObject({
  name: accountNameSchema.describe(`name like ${ACCOUNT_NAME_RULE}`),
  /** Public keys, as in authorized_keys. */
  ssh_keys: z.array(z.string().min(1).max(16_384)).max(100).default([]),
  /** Methods that it may call on every sliver of this node. */
  methods: z
    .array(z.string().regex(/^[A-Za-z]{1,64}$/))
    .max(50)
    .default([]),
});

const api = z.strictObject({
  /** Unix socket; `api.sock` in the runtime directory where absent. */
  socket: path.optional(),
  /** Port on 127.0.0.1; 0: no TCP. */
  tcp_port: z.int().min(0).max(65_535).default(812),
  /** User ids that count as root. */
  root_uids: z.array(z.int().nonnegative()).min(1).max(100).default([0]),
  max_body_bytes: z
    .int()
    .min(1024)
    .max(64 << 20)
    .default(1 << 20),
  /** How deep arrays and structs may nest. */
  max_depth: z.int().min(2).max(100).default(16),
  /** How long a request may take to arrive. */
  request_seconds: positiveSeconds.default(10),
  /** How long a write waits for db-service. */
  write_seconds: positiveSeconds.default(5),
  max_connections: z.int().min(1).max(100_000).default(1000),
});

const log = z.strictObject({
  level: z.enum(['trace', 'debug', 'info', 'warn', 'error']).default('info'),
});

const plainAmount = z.int().min(0);
/** -1 is no limit, as an authority writes it. */
const limitlessAmount = z.int().min(-1);

function amount(name: ResourceName) {
  const schema = resourceOf(name)?.unlimited === undefined ? plainAmount : limitlessAmount;
  return schema.default(DEFAULT_RSPEC[name]);
}

type Amounts<T> = Record<ResourceName, T>;

const rspecDefaults = z
  .strictObject(
    Object.fromEntries(RESOURCE_NAMES.map((name) => [name, amount(name)])) as Amounts<
      ReturnType<typeof amount>
    >,
  )
  .transform((written) => {
    const read = RESOURCE_NAMES.map((name) => [
      name,
      readAmount(name, written[name]) ?? DEFAULT_RSPEC[name],
    ]);
    return Object.fromEntries(read) as Amounts<number>;
  })
  .prefault({});

export const configSchema = z.strictObject({
  node,
  plc,
  guard: guard.prefault({}),
  clock: clock.prefault({}),
  tickets: tickets.prefault({}),
  leases: leases.prefault({}),
  accounts: accounts.prefault({}),
  bandwidth: bandwidth.prefault({}),
  delegates: z.array(delegate).max(100).default([]),
  api: api.prefault({}),
  log: log.prefault({}),
  /** What a sliver has of each resource when its record does not say. */
  rspec_defaults: rspecDefaults,
});

export type Config = z.infer<typeof configSchema>;
