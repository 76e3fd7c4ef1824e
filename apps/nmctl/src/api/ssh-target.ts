/**
 * Where `--via` leads: ssh://USER@HOST[:PORT], read strictly. What comes out of it is safe as an
 * argument of ssh(1): it can be taken for no option, and for no other user, host or port. Pure.
 */
import { isIPv6 } from 'node:net';

export interface SshTarget {
  readonly user: string;
  /** A name (of the DNS, or of the user's own ssh_config), an IPv4 address, or an IPv6 one without brackets. */
  readonly host: string;
  /** undefined: whatever ssh itself would use. */
  readonly port: number | undefined;
}

/** Users and hosts that ssh(1) takes after `--`; neither begins with '-'. */
const USER = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,63}$/;
const HOST = /^[A-Za-z0-9_][A-Za-z0-9_.-]{0,252}$/;
/** RFC 4007, 11: the zone of a link-local address. */
const ZONE = /^[A-Za-z0-9_.-]{1,32}$/;
const MAX_PORT = 65_535;
const SHAPE = 'ssh://USER@HOST or ssh://USER@HOST:PORT';

function refuse(why: string): never {
  throw new SyntaxError(`wants ${SHAPE}: ${why}`);
}

function userIn(text: string): string {
  if (text.includes(':')) refuse('a password has no place in it');
  return USER.test(text) ? text : refuse(`'${text}' is no user name`);
}

/** In a URL the % before a zone is written %25 (RFC 6874); people write it plainly. */
function addressIn(text: string): string {
  const [address = '', zone, ...more] = text.replace('%25', '%').split('%');
  const isZoned = zone === undefined || (ZONE.test(zone) && more.length === 0);
  if (!isIPv6(address) || !isZoned) refuse(`'${text}' is no IPv6 address`);
  return zone === undefined ? address : `${address}%${zone}`;
}

function hostIn(text: string): string {
  const [, bracketed] = /^\[(.*)\]$/.exec(text) ?? [];
  if (bracketed !== undefined) return addressIn(bracketed);
  return HOST.test(text) ? text : refuse(`'${text}' is no host`);
}

function portIn(text: string | undefined): number | undefined {
  if (text === undefined) return undefined;
  const port = /^\d{1,5}$/.test(text) ? Number(text) : 0;
  return port > 0 && port <= MAX_PORT ? port : refuse(`'${text}' is no port`);
}

/** parseSshTarget reads a URL. Throws SyntaxError with the form that is wanted and what was wrong. */
export function parseSshTarget(url: string): SshTarget {
  const [, rest] = /^ssh:\/\/([^/?#]*)\/?$/i.exec(url) ?? [];
  if (rest === undefined) return refuse('that is another URL, or has more than a host in it');
  const at = rest.lastIndexOf('@');
  if (at === -1) return refuse('the user is missing');
  const place = rest.slice(at + 1);
  if (/^[^[]*:.*:/.test(place)) refuse('an IPv6 address stands in brackets');
  const [, host = '', port] = /^(\[.*\]|[^:]*)(?::(.*))?$/.exec(place) ?? [];
  return { user: userIn(rest.slice(0, at)), host: hostIn(host), port: portIn(port) };
}

/** describeTarget returns its name in messages, as `ssh` takes it: del_snoop@node. */
export function describeTarget({ user, host, port }: SshTarget): string {
  return `${user}@${host}${port === undefined ? '' : `, port ${port}`}`;
}
