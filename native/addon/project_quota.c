/*
 * project_quota.c: projectQuota(path, id) -> { hardKiB, usedKiB, hardInodes, usedInodes } and
 * setProjectQuota(path, id, hardKiB, hardInodes), what a project may use of the file system
 * that `path` is a folder of (quotactl_fd(2)). Both limits take hold at once and together, and
 * the kernel keeps them through reboots. Both throw ESRCH where the file system holds nobody to
 * them: ext4 with the feature `quota` reads and sets limits as ever when it is mounted without
 * prjquota, or after quotaoff(8).
 */
#include <errno.h>
#include <linux/dqblk_xfs.h>
#include <linux/quota.h>
#include <sys/syscall.h>
#include <unistd.h>

#include "functions.h"
#include "js.h"
#include "project.h"

/* One number on all architectures; libc has had no name for it for long. */
#ifndef SYS_quotactl_fd
#define SYS_quotactl_fd 443
#endif

enum { KIB = 1024 };

/* What a JavaScript number holds exactly; ext4 and XFS count no further than 2^63 bytes. */
#define QUOTA_MAX ((UINT64_C(1) << 53) - 1)

/* 0 or an errno. */
static int quota_command(int fd, unsigned command, uint32_t id, struct if_dqblk *quota) {
  return syscall(SYS_quotactl_fd, fd, QCMD(command, PRJQUOTA), id, quota) == 0 ? 0 : errno;
}

/* 0 where projects are held to their limits, or an errno: ESRCH where they are not. */
static int quotas_enforced(int fd) {
  struct fs_quota_statv state = {.qs_version = FS_QSTATV_VERSION1};
  if (syscall(SYS_quotactl_fd, fd, QCMD(Q_XGETQSTATV, PRJQUOTA), 0, &state) != 0) return errno;
  return (state.qs_flags & FS_QUOTA_PDQ_ENFD) != 0 ? 0 : ESRCH;
}

/* The errors by which kernels say that the file system keeps no such quotas. */
static const char *explanation(int error) {
  const bool none = error == ESRCH || error == ENOSYS || error == EOPNOTSUPP || error == ENOTTY;
  return none ? " (its file system keeps no project quotas: mount option prjquota, quotaon(8))"
              : "";
}

static napi_value throw_quota_error(napi_env env, int error, const char *doing, uint32_t id,
                                    const struct project_folder *folder) {
  return js_throw(env, error, "%s %u in %s%s", doing, id, folder->path, explanation(error));
}

/* XFS knows nothing of a project that it has not met yet: that one has no limit and no files. */
static int read_quota(int fd, uint32_t id, struct if_dqblk *quota) {
  *quota = (struct if_dqblk){0};
  const int off = quotas_enforced(fd);
  if (off != 0) return off;
  const int error = quota_command(fd, Q_GETQUOTA, id, quota);
  return error == ENOENT ? 0 : error;
}

static bool set_number(napi_env env, napi_value object, const char *name, uint64_t number) {
  return js_set(env, object, name, js_integer(env, (long long)number));
}

static napi_value quota_object(napi_env env, const struct if_dqblk *quota) {
  /* The limit is counted in KiB, what is used in bytes. */
  const uint64_t used_kib = (quota->dqb_curspace + KIB - 1) / KIB;
  napi_value object = js_object(env);
  const bool whole = object != NULL &&
                     set_number(env, object, "hardKiB", quota->dqb_bhardlimit) &&
                     set_number(env, object, "usedKiB", used_kib) &&
                     set_number(env, object, "hardInodes", quota->dqb_ihardlimit) &&
                     set_number(env, object, "usedInodes", quota->dqb_curinodes);
  return whole ? object : NULL;
}

napi_value project_quota(napi_env env, napi_callback_info info) {
  static const char DOING[] = "read the quota of project";
  napi_value arguments[2];
  uint32_t id;
  struct project_folder folder;
  if (!js_arguments(env, info, 2, arguments) || !project_id(env, arguments[1], &id) ||
      !open_project_folder(env, arguments[0], "read a project quota in", &folder))
    return NULL;
  struct if_dqblk quota;
  const int error = read_quota(folder.fd, id, &quota);
  close(folder.fd);
  return error == 0 ? quota_object(env, &quota)
                    : throw_quota_error(env, error, DOING, id, &folder);
}

napi_value set_project_quota(napi_env env, napi_callback_info info) {
  static const char DOING[] = "set the quota of project";
  napi_value arguments[4];
  uint32_t id;
  uint64_t hard_kib, hard_inodes;
  struct project_folder folder;
  if (!js_arguments(env, info, 4, arguments) || !project_id(env, arguments[1], &id) ||
      !js_whole_number(env, arguments[2], "a quota in KiB", QUOTA_MAX, &hard_kib) ||
      !js_whole_number(env, arguments[3], "a quota in inodes", QUOTA_MAX, &hard_inodes) ||
      !open_project_folder(env, arguments[0], "set a project quota in", &folder))
    return NULL;
  struct if_dqblk quota = {
      .dqb_bhardlimit = hard_kib, .dqb_ihardlimit = hard_inodes, .dqb_valid = QIF_LIMITS};
  const int off = quotas_enforced(folder.fd);
  const int error = off != 0 ? off : quota_command(folder.fd, Q_SETQUOTA, id, &quota);
  close(folder.fd);
  return error == 0 ? js_undefined(env) : throw_quota_error(env, error, DOING, id, &folder);
}
