/**
 * Tells a public key that may become a line of authorized_keys (sshd(8)) from one that may not: a
 * newline would add a second line, and options before the type would grant more than a login. Pure.
 */
import { Buffer } from 'node:buffer';

export type SshKeyVerdict =
  /** `line` is what authorized_keys gets: `type base64 [comment]`, single spaces between. */
  { readonly ok: true; readonly line: string } | { readonly ok: false; readonly why: string };

/** Longer than any key in use (RSA with 16384 bits: 2.8 kB of base64), comment included. */
const MAX_KEY_LENGTH = 16_384;
/** Control characters, and the two line ends that Unicode adds. */
const UNPRINTABLE = /[\p{Cc}\u2028\u2029]/u;
const KEY = /^([A-Za-z0-9@.-]{1,64}) +([A-Za-z0-9+/]+={0,2})(?: +(\S.*))?$/;

const broken = (why: string): SshKeyVerdict => ({ ok: false, why });

/** beginsWithType reports whether a key's blob begins with the type's name as a string (RFC 4253, 6.6). */
function beginsWithType(blob: Buffer, type: string): boolean {
  const end = 4 + type.length;
  return (
    blob.length > end &&
    blob.readUInt32BE(0) === type.length &&
    blob.toString('latin1', 4, end) === type
  );
}

/** readSshKey checks one public key, as `<key value>` or `delegates.ssh_keys` give it. */
export function readSshKey(value: string): SshKeyVerdict {
  if (value.length > MAX_KEY_LENGTH)
    return broken(`it is longer than ${MAX_KEY_LENGTH} characters`);
  if (UNPRINTABLE.test(value)) return broken('it contains a line end or a control character');
  const [, type, base64, comment] = KEY.exec(value.trim()) ?? [];
  if (type === undefined || base64 === undefined)
    return broken('it is not `type base64 [comment]`');
  const blob = Buffer.from(base64, 'base64');
  if (blob.toString('base64') !== base64) return broken('its base64 does not decode');
  if (!beginsWithType(blob, type)) return broken(`its base64 is not a key of type ${type}`);
  return {
    ok: true,
    line: comment === undefined ? `${type} ${base64}` : `${type} ${base64} ${comment}`,
  };
}
