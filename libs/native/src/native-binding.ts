// What the native addon offers: the shape that native/addon implements, in JavaScript's terms.

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

/** A project's share of a file system, in KiB. */
export interface ProjectQuota {
  /** 0: no limit. */
  readonly hardKiB: number;
  readonly usedKiB: number;
}

/**
 * The system calls that Node.js does not offer. Every function is synchronous and never waits.
 *
 * Errors: a failed system call throws an `Error` whose `code` is the errno's name ('EBADF') and
 * whose message names what was done; an argument of the wrong type throws a `TypeError` with
 * `code` 'ERR_INVALID_ARG_TYPE', a number that cannot be a file descriptor a `RangeError` with
 * 'ERR_OUT_OF_RANGE'.
 */
export interface NativeBinding {
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
   * Charges what will be made in the folder at `path` to project `id` (FS_IOC_FSSETXATTR with
   * FS_XFLAG_PROJINHERIT); what is in it already keeps its project.
   *
   * Throws ELOOP or ENOTDIR for what is no folder, EOPNOTSUPP or ENOTTY where the file system knows no
   * projects, EPERM.
   */
  setProject(path: string, id: number): void;

  /** The project that the folder at `path` is charged to; 0: none. Errors as for `setProject`, ENOENT. */
  projectOf(path: string): number;

  /**
   * What project `id` may use of the file system that `path` is a folder of, and what it uses
   * (quotactl_fd(2)). Throws ESRCH, ENOSYS, EOPNOTSUPP or ENOTTY, with words that say so, where the
   * file system keeps no project quotas.
   */
  projectQuota(path: string, id: number): ProjectQuota;

  /** Limits project `id` to `hardKiB` (0: no limit), at once and for good. Errors as for `projectQuota`. */
  setProjectQuota(path: string, id: number, hardKiB: number): void;
}
