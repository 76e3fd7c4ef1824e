/**
 * ticket-signer.toml: every key, its unit, its default and what is allowed. Pure; the file is read in
 * load-signer-config.ts.
 */
import { isSliceName } from '@nodemgr/records';
import { MAX_TICKET_BYTES } from '@nodemgr/tickets';
import * as z from 'zod';
import { PATTERN_RULE, SLICE_PATTERN } from './slice-pattern.ts';

const DAY = 86_400;
const YEAR = 365 * DAY;
/** Whom the kernel cannot name is this user (proc(5), overflowuid), so it is nobody in particular. */
const OVERFLOW_UID = 65_534;

/** wanting makes a schema whose every complaint, and whose description, is `text`. */
function wanting<T extends z.ZodType>(text: string, make: (words: { error: string }) => T): T {
  return make({ error: `wants ${text}` }).describe(text);
}

const integer = (least: number, most: number) =>
  wanting(`a whole number, ${least} to ${most}`, (words) =>
    z.int(words).min(least, words).max(most, words),
  );
const matching = (text: string, pattern: RegExp) =>
  wanting(text, (words) => z.string(words).regex(pattern, words));
const path = matching('an absolute path', /^\/[^\0]*$/);

const unix = z.strictObject({
  /** Where systemd listens, its unit decides. */
  socket: path.default('/run/nodemgr-ticket-signer/sign.sock'),
});

const tls = z.strictObject({
  /** Where systemd listens, its unit decides on these two. */
  address: wanting('an IPv4 or IPv6 address', (words) =>
    z.union([z.ipv4(words), z.ipv6(words)], words),
  ).default('127.0.0.1'),
  /** 0: any that is free. */
  port: integer(0, 65_535).default(1813),
  /** PEM: the server's own certificate, and those between it and its authority. */
  certificate_file: path,
  /** PEM; nobody but its owner may read it. */
  key_file: path,
  /** PEM: who issues the callers' certificates. */
  client_ca_file: path,
});

const limits = z.strictObject({
  max_body_bytes: integer(1024, MAX_TICKET_BYTES).default(MAX_TICKET_BYTES),
  /** How long a request may take to arrive; a TLS handshake no longer, and 5 seconds at most. */
  request_seconds: integer(1, 300).default(10),
  /** Requests under way: of one caller, and of all. */
  requests_per_caller: integer(1, 1000).default(8),
  requests: integer(1, 10_000).default(64),
});

/** As openssl x509 -fingerprint -sha256 prints it, or without its colons. */
const fingerprint = matching(
  'a SHA-256 in hex: 64 digits, colons between pairs or none',
  /^(?:[0-9a-f]{64}|(?:[0-9a-f]{2}:){31}[0-9a-f]{2})$/i,
).transform((text) => text.replaceAll(':', '').toLowerCase());

const pattern = wanting(PATTERN_RULE, (words) =>
  z
    .string(words)
    .refine((text) => text === '*' || isSliceName(text) || SLICE_PATTERN.test(text), words),
);

const IDENTITIES = ['uid', 'certificate_sha256', 'certificate_cn'] as const;

const caller = z
  .strictObject({
    /** How the log names it. */
    name: matching('1 to 64 of A-Z, a-z, 0-9, ., _, @ and -', /^[A-Za-z0-9._@-]{1,64}$/),
    uid: wanting('a user id other than 65534', (words) =>
      z
        .int(words)
        .min(0, words)
        .max(4_294_967_294, words)
        .refine((uid) => uid !== OVERFLOW_UID, words),
    ).optional(),
    certificate_sha256: fingerprint.optional(),
    certificate_cn: matching('a common name, 1 to 64 characters', /^[^\p{Cc}]{1,64}$/u).optional(),
    slices: wanting(`a list of 1 to 100, each ${PATTERN_RULE}`, (words) =>
      z.array(pattern, words).min(1, words).max(100, words),
    ),
    max_lifetime_seconds: integer(60, 10 * YEAR).default(7 * DAY),
  })
  .refine((given) => IDENTITIES.filter((key) => given[key] !== undefined).length === 1, {
    error: `wants exactly one of ${IDENTITIES.join(', ')}`,
  });

const signing = z.strictObject({
  /** PEM; nobody but its owner may read it. */
  key_file: path.default('/etc/nodemgr-ticket-signer/key.pem'),
  /** Of an RSA signature; an EC key signs with SHA-256. */
  hash: wanting('"sha256" or "sha512"', (words) => z.enum(['sha256', 'sha512'], words)).default(
    'sha256',
  ),
});

export const signerSchema = z.strictObject({
  signing: signing.prefault({}),
  unix: unix.prefault({}),
  tls: tls.optional(),
  limits: limits.prefault({}),
  callers: wanting('1 to 1000 tables [[callers]]', (words) =>
    z.array(caller, words).min(1, words).max(1000, words),
  ),
});

export type SignerConfig = z.infer<typeof signerSchema>;
export type CallerConfig = SignerConfig['callers'][number];
