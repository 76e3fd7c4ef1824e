/**
 * The one list of the causes that an account may wait for, and of what ends each wait. Pure. A cause with signs is
 * taken up within two seconds of being mended (libs/daemon, waits.ts); one without is tried again with
 * back-off, of up to five minutes, and both by `nmctl retry`.
 */

/** The things that are looked at while an account waits for them; a machine says where. */
export const SIGNS = [
  /** The versions of images: each gets its name by one rename. */
  'images',
  /** passwd, shadow, subuid, subgid, and what a name service keeps below /etc. */
  'users',
  /** The lock files of useradd(8) and its like; those that it takes with fcntl(2) say nothing. */
  'locks',
  /** The folder of our records: one that is replaced or deleted; an edit in place says nothing. */
  'records',
  /** The folder of slivers' files. */
  'files',
  /** Where systemd-machined notes containers. */
  'containers',
  /** Free blocks and inodes. The kernel gives no notice of freed room: statfs(2). */
  'room',
  /** Whether the file system that holds the slivers has room for one more (disk/judge-disk.ts). */
  'space',
  /** Whether the state folder and /etc can be written at all: a mount, or a remount, changes it. */
  'writable',
  /** Whether the state folder's file system keeps project quotas. quotaon(8) gives no notice: quotactl_fd(2). */
  'quota',
  /** The folders of units that an operator writes: a mask is a link there. */
  'units',
  /** The folders of programs. */
  'programs',
] as const;
export type SignName = (typeof SIGNS)[number];

export const CAUSES = {
  /** The image that a new sliver needs is not on this node; an import ends it. */
  'image-missing': ['images'],
  /** All slots are held; an account of ours that goes frees one too (supervisor.ts, #freeSlot). */
  'no-id-range': ['users'],
  /** Somebody else's user, or one of ours that was changed, has the name. */
  'name-taken': ['users'],
  /** Our record of the account cannot be read. */
  'record-damaged': ['records'],
  /** Files of a sliver of that name lie there, and no record of ours says whose they are. */
  'files-of-nobody': ['files', 'records'],
  /** Somebody else's container has the name. */
  'container-taken': ['containers'],
  /** Somebody else's user has the user id by now, or somebody else has ids of the range. */
  'id-taken': ['users'],
  /** Another program changes users, or has died while it did and left its lock. */
  'users-locked': ['locks', 'users'],
  /** ENOSPC, EDQUOT: blocks or inodes are used up. */
  'disk-full': ['room', 'writable'],
  /** So little is left of the slivers' file system that none is added. */
  'disk-filled': ['space'],
  /** EROFS. */
  'read-only': ['writable'],
  /** The file system is mounted without project quotas, they are switched off, or it is another one. */
  'quota-off': ['quota', 'writable'],
  /** The sliver's unit is masked. */
  'unit-masked': ['units'],
  /** A program that a step runs is not installed. */
  'program-missing': ['programs'],
  /** No document that permits the removal has been accepted since this boot: the first one ends it (supervisor.ts). */
  'no-document': [],
  /** Kept files are in the way of a delegate: their purge ends it (DueWatch). */
  'files-kept': [],
  /** systemd starts the sliver again and again: nobody reports that it has begun to work. */
  'unit-ends': [],
  /** Nothing that is known to be mended by anybody. */
  unknown: [],
} as const satisfies Readonly<Record<string, readonly SignName[]>>;
export type Cause = keyof typeof CAUSES;

/** The texts of programs and system calls, in the order in which they are looked for; LC_ALL is C.UTF-8. */
const TEXTS: readonly (readonly [RegExp, Cause])[] = [
  [/ENOSPC|EDQUOT|No space left on device|Disk quota exceeded/, 'disk-full'],
  // useradd(8) does not say why; whatever else it was is tried again with back-off.
  [/failure while writing changes to \/etc\//, 'disk-full'],
  [/EROFS|Read-only file system/, 'read-only'],
  // The addon's own words (project.c, project_quota.c).
  [
    /keeps no project quotas|^set the project of .*: (Operation not supported|Inappropriate ioctl)/,
    'quota-off',
  ],
  [/cannot lock \/etc\/|existing lock file/, 'users-locked'],
  [/ is masked/, 'unit-masked'],
  [/^cannot run \S+: spawn \S+ ENOENT/, 'program-missing'],
  [/^ENOENT: .*, stat '.*\/images\//, 'image-missing'],
  // useradd(8): ids of the range are registered for somebody.
  [/Can't get unique subordinate [UG]ID range/, 'no-id-range'],
  [/user '\S+' already exists|^a user of that name/, 'name-taken'],
  [/UID \d+ is not unique|^user id \d+ belongs to/, 'id-taken'],
];

/** causeOf returns the cause that the account must wait for, by an error of the machine's. */
export function causeOf(error: unknown): Cause {
  if (!(error instanceof Error)) return 'unknown';
  const code = 'code' in error ? String(error.code) : '';
  const text = `${error.message} ${code}`;
  return TEXTS.find(([pattern]) => pattern.test(text))?.[1] ?? 'unknown';
}
