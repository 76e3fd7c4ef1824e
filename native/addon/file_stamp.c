/*
 * file_stamp.c: fileStamp(path) -> text, which changes whenever the file at `path` does: written, replaced,
 * or another mounted over it. stat(2) without what fs.statSync() makes of it, which costs more than the call.
 */
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <sys/stat.h>

#include "functions.h"
#include "js.h"

enum { STAMP_SIZE = 128 };

static long long nanoseconds(struct timespec time) {
  return (long long)time.tv_sec * 1000000000 + time.tv_nsec;
}

napi_value file_stamp(napi_env env, napi_callback_info info) {
  napi_value argument;
  char path[PATH_MAX];
  size_t length;
  if (!js_arguments(env, info, 1, &argument) ||
      !js_string(env, argument, "a file's path", ENAMETOOLONG, path, sizeof path, &length))
    return NULL;
  struct stat found;
  if (stat(path, &found) != 0)
    return errno == ENOENT ? js_undefined(env) : js_throw(env, errno, "look at %s", path);
  char stamp[STAMP_SIZE];
  snprintf(stamp, sizeof stamp, "%llu/%llu/%lld/%lld/%lld", (unsigned long long)found.st_dev,
           (unsigned long long)found.st_ino, (long long)found.st_size, nanoseconds(found.st_mtim),
           nanoseconds(found.st_ctim));
  return js_text(env, stamp);
}
