/*
 * lock_file.c: lockFile(path) -> fd and unlockFile(fd), the lock by which one process owns
 * a file or a folder (flock(2)). The kernel frees it when the holder ends, however it ends.
 * The file stays behind, and nobody may remove it: a lock on a removed file excludes nobody.
 */
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "functions.h"
#include "js.h"

/* 0 when fd is an open regular file, otherwise an errno. */
static int regular_file(int fd) {
  struct stat status;
  if (fstat(fd, &status) != 0) return errno;
  return S_ISREG(status.st_mode) ? 0 : EINVAL;
}

/* 0 when the lock is taken; EAGAIN when another open file holds it. */
static int take_lock(int fd) {
  int result;
  do {
    result = flock(fd, LOCK_EX | LOCK_NB);
  } while (result == -1 && errno == EINTR);
  return result == -1 ? errno : 0;
}

napi_value lock_file(napi_env env, napi_callback_info info) {
  napi_value argument;
  char path[PATH_MAX];
  size_t length;
  if (!js_arguments(env, info, 1, &argument) ||
      !js_string(env, argument, "a lock file's path", ENAMETOOLONG, path, sizeof path, &length))
    return NULL;

  /* O_NONBLOCK, O_NOCTTY: a device or pipe put in the file's place is refused, not waited for. */
  const int fd =
      open(path, O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0600);
  if (fd == -1) return js_throw(env, errno, "open lock file %s", path);

  int error = regular_file(fd);
  if (error == 0) error = take_lock(fd);
  napi_value result = error == 0 ? js_integer(env, fd) : js_throw(env, error, "lock %s", path);
  if (result == NULL) close(fd);
  return result;
}

napi_value unlock_file(napi_env env, napi_callback_info info) {
  napi_value argument;
  int fd;
  if (!js_arguments(env, info, 1, &argument) || !js_fd(env, argument, &fd)) return NULL;

  /*
   * Whatever else has this number by now (a socket, a pipe) is not ours to close; nor are
   * the standard streams, which may well be regular files, and Node.js dies without them.
   */
  const int error = fd <= STDERR_FILENO ? EINVAL : regular_file(fd);
  if (error != 0) return js_throw(env, error, "unlock file descriptor %d", fd);
  /* On Linux the descriptor is gone even when close says EINTR: never repeat it (close(2)). */
  if (close(fd) == -1 && errno != EINTR)
    return js_throw(env, errno, "unlock file descriptor %d", fd);
  return js_undefined(env);
}
