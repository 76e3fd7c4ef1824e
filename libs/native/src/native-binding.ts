// What the native addon offers: the shape that native/addon implements, in JavaScript's terms.
import type { NetworkBinding } from './network-binding.ts';

/** Who is at the other end of a Unix socket, as the kernel noted it when they connected. */
export interface PeerCredentials {
  /**
   * The process that connected. It may have ended since, and its number may be another's by
   * now: good for a log line, not for a decision. 0 when it is in a pid namespace that this
   * process cannot see.
   */
  readonly pid: number;
  /** Its effective user id, as this process's user namespace maps it. Never (uid_t)-1. */
  readonly uid: number;
  /** Its effective group id, likewise. */
  readonly gid: number;
}

/** What a project may use of a file system, and uses. */
export interface ProjectQuota {
  /** The hard limit of its blocks, in KiB; 0: none. */
  readonly hardKiB: number;
  /** What its files use, in KiB, rounded up. */
  readonly usedKiB: number;
  /** The hard limit of its inodes: files, folders, links and whatever else has a name; 0: none. */
  readonly hardInodes: number;
  /** How many it has. */
  readonly usedInodes: number;
}

/**
 * The system calls that Node.js does not offer. Every function is synchronous and waits for
 * nothing but the kernel's own answer.
 *
 * Errors: a failed system call throws an `Error` whose `code` is the errno's name ('EBADF') and
 * whose message names what was done; an argument of the wrong type throws a `TypeError` with
 * `code` 'ERR_INVALID_ARG_TYPE', a number out of its range (a file descriptor's, a project
 * id's) a `RangeError` with 'ERR_OUT_OF_RANGE'.
 */
export interface NativeBinding extends NetworkBinding {
  /**
   * Who connected the Unix socket `fd` (SO_PEERCRED, unix(7)).
   *
   * Throws when the kernel's answer would not be a peer's: EAFNOSUPPORT for a socket that is not
   * a Unix socket (on TCP the kernel answers 0, -1, -1), ENOTCONN for one that has no peer or
   * only listens, ENOTSOCK and EBADF for what is no socket.
   */
  peerCredentials(fd: number): PeerCredentials;

  /**
   * Sends one datagram to the service manager (sd_notify(3)): 'READY=1', 'WATCHDOG=1',
   * 'STATUS=…', assignments one a line.
   *
   * `socketPath` is the value of $NOTIFY_SOCKET: an absolute path of at most 107 bytes, or '@'
   * and an abstract name; EAFNOSUPPORT for anything else. `message` is 1 to 4096 bytes of UTF-8
   * without NUL: systemd drops longer ones (EMSGSIZE). EAGAIN when the manager's queue is full,
   * ENOENT or ECONNREFUSED when nobody listens.
   */
  notify(socketPath: string, message: string): void;

  /**
   * Takes the exclusive lock on the file at `path`, which is made (mode 0600) when absent, and
   * returns the descriptor that holds it. The lock lasts until `unlockFile` or until the process
   * ends, however it ends; child processes do not inherit it (flock(2)).
   *
   * Throws EAGAIN when it is held already, by this process or another; ELOOP when `path` is a
   * symbolic link; EINVAL when it is not a regular file; ENAMETOOLONG above 4095 bytes.
   * Nobody may remove the file: a lock on a removed file excludes nobody.
   */
  lockFile(path: string): number;

  /**
   * Gives up a lock by closing `fd`, which must come from `lockFile` and not be used again.
   * EBADF when it is closed already, EINVAL when that number is something else by now.
   */
  unlockFile(fd: number): void;

  /**
   * Whether the kernel's clock is being kept right (adjtimex(2) with modes = 0; an NTP client
   * says so to the kernel). False since boot until then, and again when it has been let run.
   *
   * Throws EPERM where a seccomp filter forbids even the question: systemd's ProtectClock=yes
   * does, and so do some containers.
   */
  clockSynchronised(): boolean;

  /**
   * A text that changes whenever the file at `path` does: it is written or replaced, or another is mounted over
   * it. Undefined: there is none. A file that is changed twice within some milliseconds may look the same. Links
   * are followed.
   *
   * Throws as stat(2) does.
   */
  fileStamp(path: string): string | undefined;

  /**
   * Gives the folder at `path` to the project `id` (0 to 4294967295; 0: that of all files that
   * have no other) and lets what is made in it later inherit it (FS_XFLAG_PROJINHERIT,
   * xfsctl(3)). What is in it already keeps its own. Needs CAP_FOWNER for another's folder.
   *
   * Throws ELOOP or ENOTDIR for what is a link or no folder, EOPNOTSUPP or ENOTTY on a file
   * system without projects (ext4: feature `project`).
   */
  setProject(path: string, id: number): void;

  /** The project of the folder at `path`; 0 when it was given to none. Throws as setProject. */
  projectOf(path: string): number;

  /**
   * What the project `id` may use and uses of the file system that the folder `path` is on
   * (quotactl_fd(2), Q_GETQUOTA). Needs CAP_SYS_ADMIN (EPERM).
   *
   * Throws ESRCH, ENOSYS, EOPNOTSUPP or ENOTTY, and the message says so, when that file system
   * keeps no project quotas: it must be mounted with `prjquota`.
   */
  projectQuota(path: string, id: number): ProjectQuota;

  /**
   * Sets the hard limits of the project's blocks to `hardKiB` and of its inodes to `hardInodes`;
   * 0: none. They take hold at once and survive a reboot. They do not bind processes with
   * CAP_SYS_RESOURCE. Throws as projectQuota.
   */
  setProjectQuota(path: string, id: number, hardKiB: number, hardInodes: number): void;
}
