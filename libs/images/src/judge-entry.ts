/** Judges one file of an unpacked tree: may slivers be made of it? Pure. */

/** What find(1) says of one file. */
export interface TreeEntry {
  /** Below the tree's root; empty for the root itself. */
  readonly path: string;
  /** As find's %y: f, d, l, p (pipe), s (socket), b and c (devices). */
  readonly type: string;
  readonly uid: number;
  readonly gid: number;
  /** What it takes on the disk, in units of 512 bytes. */
  readonly blocks: number;
  readonly inode: string;
  readonly links: number;
}

/** A sliver has this many ids (DESIGN.md, section 5): those of an image must be among them. */
const IDS = 65536;

const DEVICES: Readonly<Record<string, string>> = { b: 'block', c: 'character' };

/** parseEntry reads what find(1) printed in FIND_FORMAT, without the NUL at its end. */
export function parseEntry(text: string): TreeEntry {
  const [type = '', uid, gid, blocks, inode = '', links, ...path] = text.split(' ');
  return {
    path: path.join(' '),
    type,
    uid: Number(uid),
    gid: Number(gid),
    blocks: Number(blocks),
    inode,
    links: Number(links),
  };
}

export const FIND_FORMAT = '%y %U %G %b %i %n %P\\0';

/** judgeEntry returns why no sliver can be made of a tree with this file in it; undefined: it may stay. */
export function judgeEntry({ path, type, uid, gid }: TreeEntry): string | undefined {
  const device = DEVICES[type];
  if (device !== undefined) return `/${path} is a ${device} device; an image has none outside /dev`;
  const [id, sort] = uid >= IDS ? [uid, 'user'] : [gid, 'group'];
  if (id < IDS) return undefined;
  return `/${path} belongs to ${sort} ${id}; a sliver has only the ids up to ${IDS - 1}`;
}
