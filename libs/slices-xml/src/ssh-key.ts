/**
 * Tells a public key that sshd(8) can use as a line of authorized_keys from one that it cannot, and from
 * one that would grant more than a login: options before the type, or a second line. The judge is what
 * `ssh-keygen -l` accepts (OpenSSH 9 and 10, sshkey.c); ssh-key.agreement.test.ts asks it. Pure.
 */
import { Buffer } from 'node:buffer';
import { ECDH } from 'node:crypto';
import { BadBlob, SshReader } from './ssh-wire.ts';

export type SshKeyVerdict =
  /** `line` is what authorized_keys gets: `type base64 [comment]`, single spaces between. */
  { readonly ok: true; readonly line: string } | { readonly ok: false; readonly why: string };

/** Longer than any key in use (RSA with 16384 bits: 2.8 kB of base64), comment included. */
const MAX_KEY_LENGTH = 16_384;
/** Control characters, and the two line ends that Unicode adds. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029]+/gu;
/** The separators are sshd's: spaces and tabs, any number. */
const KEY = /^([^ \t]+)[ \t]+([^ \t]+)(?:[ \t]+(.*))?$/s;
const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;

/** OpenSSH's bounds of the modulus of an RSA key: SSH_RSA_MINIMUM_MODULUS_SIZE and SSHBUF_MAX_BIGNUM. */
const MIN_RSA_BITS = 1024;
const MAX_RSA_BITS = 16_384;
const ED25519_BYTES = 32;
/** The first byte of a point that is not compressed (SEC 1, 2.3.3). */
const UNCOMPRESSED = 0x04;

const broken = (why: string): SshKeyVerdict => ({ ok: false, why });

function readRsa(blob: SshReader): void {
  if (blob.mpintBits('exponent') > MAX_RSA_BITS) throw new BadBlob('its exponent is too large');
  const bits = blob.mpintBits('modulus');
  if (bits < MIN_RSA_BITS)
    throw new BadBlob(`it has ${bits} bits; sshd takes ${MIN_RSA_BITS} or more`);
  if (bits > MAX_RSA_BITS)
    throw new BadBlob(`it has ${bits} bits; sshd takes at most ${MAX_RSA_BITS}`);
}

function readEd25519(blob: SshReader): void {
  const { length } = blob.string('public key');
  if (length !== ED25519_BYTES) {
    throw new BadBlob(`its public key has ${length} bytes instead of ${ED25519_BYTES}`);
  }
}

/**
 * readEcdsa returns the reader of a curve's keys. OpenSSH also refuses points with tiny coordinates, which
 * nobody comes upon by accident: sshd then passes over the line.
 */
const readEcdsa = (name: string, curve: string) => (blob: SshReader) => {
  if (blob.string('curve').toString('latin1') !== name)
    throw new BadBlob(`its curve is not ${name}`);
  const point = blob.string('point');
  if (point[0] !== UNCOMPRESSED) throw new BadBlob('its point is not an uncompressed one');
  try {
    ECDH.convertKey(point, curve);
  } catch {
    throw new BadBlob(`its point is not on the curve ${name}`);
  }
};

/** The application of a key on a security token: a C string, such as `ssh:`. */
function readApplication(blob: SshReader): void {
  const nul = blob.string('application').subarray(0, -1).includes(0);
  if (nul) throw new BadBlob('its application contains a NUL');
}

const readP256 = readEcdsa('nistp256', 'prime256v1');

/** The types of keys that sshd lets log in, and what reads the rest of a blob of that type. */
const READERS: ReadonlyMap<string, (blob: SshReader) => void> = new Map([
  ['ssh-rsa', readRsa],
  ['ssh-ed25519', readEd25519],
  ['ecdsa-sha2-nistp256', readP256],
  ['ecdsa-sha2-nistp384', readEcdsa('nistp384', 'secp384r1')],
  ['ecdsa-sha2-nistp521', readEcdsa('nistp521', 'secp521r1')],
  [
    'sk-ssh-ed25519@openssh.com',
    (blob) => {
      readEd25519(blob);
      readApplication(blob);
    },
  ],
  [
    'sk-ecdsa-sha2-nistp256@openssh.com',
    (blob) => {
      readP256(blob);
      readApplication(blob);
    },
  ],
]);

/** Names of signature algorithms that OpenSSH takes for the type of the key that makes them. */
const ALIASES: ReadonlyMap<string, string> = new Map([
  ['rsa-sha2-256', 'ssh-rsa'],
  ['rsa-sha2-512', 'ssh-rsa'],
  ['webauthn-sk-ecdsa-sha2-nistp256@openssh.com', 'sk-ecdsa-sha2-nistp256@openssh.com'],
]);

const isCertificate = (type: string): boolean => /-cert-v0[01]@openssh\.com$/.test(type);

/** isType reports whether `word` is what a key begins with, of use or not. */
const isType = (word: string): boolean =>
  READERS.has(word) || ALIASES.has(word) || word === 'ssh-dss' || isCertificate(word);

/** endOfOptions returns where the first blank is that is in no quotes, as sshd looks for it; `\"` is no quote. */
function endOfOptions(text: string): number {
  let quoted = false;
  let at = 0;
  for (; at < text.length && (quoted || (text[at] !== ' ' && text[at] !== '\t')); at += 1) {
    if (text[at] === '\\' && text[at + 1] === '"') at += 1;
    else if (text[at] === '"') quoted = !quoted;
  }
  return at;
}

/** optionsBefore returns the options that stand before a key's type; undefined where none do. */
function optionsBefore(text: string): string | undefined {
  const end = endOfOptions(text);
  const [word = ''] = text.slice(end).trimStart().split(/[ \t]/, 1);
  return isType(word) ? text.slice(0, end) : undefined;
}

function whyNoType(text: string, type: string): string {
  const options = optionsBefore(text);
  if (options !== undefined) {
    const shown = options.length > 80 ? `${options.slice(0, 80)}…` : options;
    return `options before a key are not allowed: ${JSON.stringify(shown)}`;
  }
  const shown = type.length > 80 ? `${type.slice(0, 80)}…` : type;
  return `sshd knows no keys of type ${JSON.stringify(shown)}`;
}

/** Reads the blob of a key; returns why it is none, undefined where nothing is wrong. */
function whyNoKey(type: string, base64: string): string | undefined {
  const bytes = Buffer.from(base64, 'base64');
  // As OpenSSH: padded, and without stray bits in the last character.
  if (!BASE64.test(base64) || bytes.toString('base64') !== base64)
    return 'its base64 does not decode';
  const blob = new SshReader(bytes);
  try {
    if (blob.string('type').toString('latin1') !== type)
      return `its base64 is not a key of type ${type}`;
    READERS.get(type)?.(blob);
    blob.end();
    return undefined;
  } catch (error) {
    if (error instanceof BadBlob) return error.message;
    throw error;
  }
}

/** readSshKey checks one public key, as `<key value>` or `delegates.ssh_keys` give it. */
export function readSshKey(value: string): SshKeyVerdict {
  const text = value.trim();
  if (text.length > MAX_KEY_LENGTH) return broken(`it is longer than ${MAX_KEY_LENGTH} characters`);
  if (text === '') return broken('it is empty');
  if (/[\r\n]/.test(text)) return broken('a line end is in the middle of it');
  const [, word = text, base64, comment = ''] = KEY.exec(text) ?? [];
  const type = ALIASES.get(word) ?? word;
  if (type === 'ssh-dss') return broken('servers of today let nobody in with a DSS key (ssh-dss)');
  if (isCertificate(type))
    return broken('it is a certificate; the public key itself is wanted here');
  if (!READERS.has(type)) return broken(whyNoType(text, word));
  if (base64 === undefined) return broken('it is not `type base64 [comment]`');
  const why = whyNoKey(type, base64);
  if (why !== undefined) return broken(why);
  // A comment means nothing to sshd, but people look at it on terminals.
  const words = comment.replace(UNPRINTABLE, ' ').trim();
  return { ok: true, line: words === '' ? `${type} ${base64}` : `${type} ${base64} ${words}` };
}
