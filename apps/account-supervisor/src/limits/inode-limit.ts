/**
 * How many files a sliver's disk quota is good for. Without a limit, a tenant could use up the inodes of
 * the whole node with empty files, which take no block of any quota.
 */
/** As mke2fs(8) makes a file system: one inode for each 16 KiB of it. */
const KIB_PER_INODE = 16;
/** The copies, folders and marks of deletion that an overlay needs of its own however small it is. */
const FEWEST = 16_384;

/** inodeLimit returns the inodes that go with a quota in KiB; 0, none, with none. */
export function inodeLimit(quota: number): number {
  return quota === 0 ? 0 : Math.max(FEWEST, Math.floor(quota / KIB_PER_INODE));
}
