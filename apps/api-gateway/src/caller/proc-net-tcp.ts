/**
 * Finds who owns the other end of a TCP connection in the text of /proc/net/tcp and /proc/net/tcp6
 * (proc(5), net/ipv4/tcp_ipv4.c). Pure: the text comes in, a user id or a reason goes out.
 *
 * The trap: the kernel shows user id 0 for a socket that no process holds any more (orphaned, in
 * TIME_WAIT, not yet accepted). Who sends a request and closes at once must not become root.
 */
import { type HostUid, hostUid } from '@nodemgr/records';

/** One end of a connection: an IPv4 or IPv6 address as Node.js writes it, and a port. */
export interface End {
  readonly address: string;
  readonly port: number;
}

export interface Connection {
  /** The end of the process that connected to us. */
  readonly peer: End;
  /** Our end. */
  readonly own: End;
  /** Inode of our accepted socket: shows that the rows are of this connection and no later one. */
  readonly ownInode: bigint;
}

export type Owner = { readonly uid: HostUid } | { readonly unknown: string };

/** How the kernel lays out an address in memory shows in these files. */
export type ByteOrder = 'LE' | 'BE';

/** States in which a process still holds its socket: ESTABLISHED, FIN_WAIT1, FIN_WAIT2, CLOSE_WAIT. */
const HELD_STATES: ReadonlySet<string> = new Set(['01', '04', '05', '08']);
/** Field numbers of a row (the first field is the row's number). */
const STATE = 3;
const UID = 7;
const INODE = 9;

interface Row {
  readonly state: string;
  readonly uid: string;
  readonly inode: string;
}

const V4 = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/;

function bytesOfV4(address: string): readonly number[] | undefined {
  return V4.exec(address)?.slice(1).map(Number);
}

function bytesOfGroups(text: string): readonly number[] {
  if (text === '') return [];
  return text.split(':').flatMap((group) => {
    const v4 = bytesOfV4(group);
    if (v4 !== undefined) return v4;
    const value = Number.parseInt(group, 16);
    return [value >> 8, value & 0xff];
  });
}

/** bytesOf returns the 4 or 16 bytes of an address; IPv6 addresses of IPv4 ones are made IPv4. */
function bytesOf(address: string): readonly number[] {
  const v4 = bytesOfV4(address);
  if (v4 !== undefined) return v4;
  const [plain = ''] = address.split('%');
  const [head = '', tail] = plain.split('::');
  const before = bytesOfGroups(head);
  const after = tail === undefined ? [] : bytesOfGroups(tail);
  const zeros = new Array<number>(Math.max(0, 16 - before.length - after.length)).fill(0);
  const bytes = [...before, ...zeros, ...after];
  const mapped = bytes.slice(0, 12).join() === MAPPED_PREFIX.join();
  return mapped ? bytes.slice(12) : bytes;
}

const MAPPED_PREFIX: readonly number[] = [0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff];

/** The kernel prints each 32 bits of an address as one number, in the machine's byte order. */
function hexOf(bytes: readonly number[], order: ByteOrder): string {
  const words: string[] = [];
  for (let at = 0; at < bytes.length; at += 4) {
    const word = bytes.slice(at, at + 4);
    if (order === 'LE') word.reverse();
    words.push(...word.map((byte) => byte.toString(16).padStart(2, '0')));
  }
  return words.join('').toUpperCase();
}

const hexPort = (port: number): string => port.toString(16).toUpperCase().padStart(4, '0');

/** How `tcp` or `tcp6` writes the pair of addresses in a row, in that order. */
function pairs(local: End, remote: End, order: ByteOrder): readonly string[] {
  const ends = [local, remote].map(({ address, port }) => ({ bytes: bytesOf(address), port }));
  const written = (prefix: readonly number[]) =>
    ends
      .map(({ bytes, port }) => `${hexOf([...prefix, ...bytes], order)}:${hexPort(port)}`)
      .join(' ');
  const isV4 = ends.every(({ bytes }) => bytes.length === 4);
  // A socket of IPv6 that talks IPv4 is listed in tcp6.
  return isV4 ? [written([]), written(MAPPED_PREFIX)] : [written([])];
}

/** rowsOf returns the rows of a pair of addresses. The text is searched, not parsed: it can be long. */
function rowsOf(text: string, pair: string): readonly Row[] {
  const rows: Row[] = [];
  const sought = `: ${pair} `;
  for (let at = text.indexOf(sought); at >= 0; at = text.indexOf(sought, at + 1)) {
    const end = text.indexOf('\n', at);
    const line = text.slice(text.lastIndexOf('\n', at) + 1, end < 0 ? undefined : end);
    const fields = line.trim().split(/\s+/);
    const { [STATE]: state, [UID]: uid, [INODE]: inode } = fields;
    if (state !== undefined && uid !== undefined && inode !== undefined) {
      rows.push({ state, uid, inode });
    }
  }
  return rows;
}

/**
 * distinct leaves one row of each socket: the kernel lists one twice when the table changes between
 * two parts of a reading. A socket under two user ids stays two.
 */
function distinct(rows: readonly Row[]): readonly Row[] {
  return [...new Map(rows.map((row) => [`${row.inode} ${row.uid}`, row])).values()];
}

const UNSIGNED = /^\d{1,10}$/;

/**
 * ownerOfPeer returns the user id of the process at the other end of a connection, from the texts
 * of /proc/net/tcp and tcp6 read after the connection was accepted. Unknown when the peer's socket
 * is not on this machine, when no process holds it any more, and when the connection is gone, so
 * that another may have its ports by now.
 */
export function ownerOfPeer(
  texts: readonly string[],
  connection: Connection,
  order: ByteOrder,
): Owner {
  const find = (local: End, remote: End): readonly Row[] => {
    const written = pairs(local, remote, order);
    return texts.flatMap((text) => written.flatMap((pair) => rowsOf(text, pair)));
  };
  const { peer, own, ownInode } = connection;
  if (!find(own, peer).some(({ inode }) => inode === String(ownInode))) {
    return { unknown: 'the connection was closed before its owner was looked up' };
  }
  const theirs = find(peer, own);
  const held = distinct(
    theirs.filter(({ state, inode }) => HELD_STATES.has(state) && inode !== '0'),
  );
  const [row] = held;
  if (row === undefined) {
    const orphaned = 'no process holds the other end any more';
    return { unknown: theirs.length > 0 ? orphaned : 'the other end is not on this machine' };
  }
  if (held.length > 1 || !UNSIGNED.test(row.uid)) return { unknown: 'the other end is ambiguous' };
  return { uid: hostUid(Number(row.uid)) };
}
