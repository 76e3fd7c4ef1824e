/*
 * project.c: setProject(path, id) and projectOf(path), which project a folder's contents are
 * charged to. What is made in such a folder later inherits its project
 * (FS_XFLAG_PROJINHERIT); what is in it already keeps its own.
 */
#include "project.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/fs.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include "functions.h"
#include "js.h"

bool open_project_folder(napi_env env, napi_value value, const char *doing,
                         struct project_folder *folder) {
  size_t length;
  folder->fd = -1;
  if (!js_string(env, value, "a folder's path", ENAMETOOLONG, folder->path, sizeof folder->path,
                 &length))
    return false;
  folder->fd = open(folder->path, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
  if (folder->fd == -1) js_throw(env, errno, "%s %s", doing, folder->path);
  return folder->fd != -1;
}

bool project_id(napi_env env, napi_value value, uint32_t *id) {
  uint64_t number;
  if (!js_whole_number(env, value, "a project's id", UINT32_MAX, &number)) return false;
  *id = (uint32_t)number;
  return true;
}

/* 0 when the folder is the project's and will hand it on, otherwise an errno. */
static int give_to_project(int fd, uint32_t id) {
  struct fsxattr attributes;
  if (ioctl(fd, FS_IOC_FSGETXATTR, &attributes) != 0) return errno;
  attributes.fsx_projid = id;
  attributes.fsx_xflags |= FS_XFLAG_PROJINHERIT;
  return ioctl(fd, FS_IOC_FSSETXATTR, &attributes) == 0 ? 0 : errno;
}

napi_value set_project(napi_env env, napi_callback_info info) {
  static const char DOING[] = "set the project of";
  napi_value arguments[2];
  uint32_t id;
  struct project_folder folder;
  if (!js_arguments(env, info, 2, arguments) || !project_id(env, arguments[1], &id) ||
      !open_project_folder(env, arguments[0], DOING, &folder))
    return NULL;
  const int error = give_to_project(folder.fd, id);
  close(folder.fd);
  return error == 0 ? js_undefined(env) : js_throw(env, error, "%s %s", DOING, folder.path);
}

napi_value project_of(napi_env env, napi_callback_info info) {
  static const char DOING[] = "ask for the project of";
  napi_value argument;
  struct project_folder folder;
  if (!js_arguments(env, info, 1, &argument) ||
      !open_project_folder(env, argument, DOING, &folder))
    return NULL;
  struct fsxattr attributes = {0};
  const int error = ioctl(folder.fd, FS_IOC_FSGETXATTR, &attributes) == 0 ? 0 : errno;
  close(folder.fd);
  return error == 0 ? js_integer(env, attributes.fsx_projid)
                    : js_throw(env, error, "%s %s", DOING, folder.path);
}
