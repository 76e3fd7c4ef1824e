/* project.h: the arguments that the functions on project quotas have in common. */
#ifndef NODEMGR_ADDON_PROJECT_H
#define NODEMGR_ADDON_PROJECT_H

#include <limits.h>
#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>

/* A folder on a file system that has projects (FS_IOC_FSSETXATTR(2const)). */
struct project_folder {
  char path[PATH_MAX];
  int fd; /* -1 when none is open. */
};

/*
 * Opens the folder that `value` names: never a link, never what is not a folder. False, and
 * an exception is pending, when it cannot. `doing` begins the message ('set the project of').
 */
bool open_project_folder(napi_env env, napi_value value, const char *doing,
                         struct project_folder *folder);

/* Takes a project's id: 0 to 4294967295; 0 is the project of all files that have no other. */
bool project_id(napi_env env, napi_value value, uint32_t *id);

#endif
