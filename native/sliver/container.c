/*
 * container.c: see container.h.
 *
 * The unit's cgroup holds two others that systemd-nspawn(1) makes: `supervisor` with itself
 * in it, and `payload` with the container. Below `payload` the tenant does as it likes, so
 * nothing there is believed for its place alone: process 1 is the child of the supervisor
 * that has number 1 in its own pid namespace.
 *
 * Process numbers are used again. So process 1 is first held (its folder in /proc and a
 * pidfd; neither ever means another process), then all is asked again of what is held. The
 * folder answers only while the process lives: an answer after the pidfd was made says that
 * both are the same process.
 */
#include "container.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/pidfd.h>
#include <unistd.h>

#include "places.h"

const char NOT_RUNNING[] = "is not running";
#define NOT_ITSELF "is starting or stopping, or is not what was started"

enum { TEXT_MAX = 8192 };

/* Reads a whole small file of the kernel's. False when it is not there or does not fit. */
static bool read_text(int folder, const char *path, char text[TEXT_MAX]) {
  const int fd = openat(folder, path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd == -1) return false;
  size_t length = 0;
  ssize_t got;
  while ((got = read(fd, text + length, TEXT_MAX - 1 - length)) > 0) length += (size_t)got;
  close(fd);
  text[length] = '\0';
  return got == 0 && length < TEXT_MAX - 1;
}

/* The text after `label` in the line of `text` that begins with it; NULL when none does. */
static const char *line_after(const char *text, const char *label) {
  const size_t length = strlen(label);
  for (const char *line = text; line != NULL; line = strchr(line, '\n')) {
    if (*line == '\n') line++;
    if (strncmp(line, label, length) == 0) return line + length;
  }
  return NULL;
}

/* The parent of a process; 0 when that cannot be known. `status` is proc_pid_status(5). */
static pid_t parent_in(const char *status) {
  const char *parent = line_after(status, "PPid:");
  return parent == NULL ? 0 : (pid_t)strtol(parent, NULL, 10);
}

static bool is_child(pid_t pid, pid_t parent) {
  char path[64], status[TEXT_MAX];
  snprintf(path, sizeof path, "/proc/%d/status", pid);
  return read_text(AT_FDCWD, path, status) && parent_in(status) == parent;
}

/* The only process in a cgroup; 0 when there is none, or another one too. */
static pid_t only_process(int unit_fd, const char *cgroup_procs) {
  char text[TEXT_MAX];
  char *end = text;
  if (!read_text(unit_fd, cgroup_procs, text)) return 0;
  const long pid = strtol(text, &end, 10);
  return pid > 0 && strcmp(end, "\n") == 0 ? (pid_t)pid : 0;
}

/* A child of `parent` in the payload cgroup itself, where process 1 is unless it was moved. */
static pid_t child_in_payload(int payload_fd, pid_t parent) {
  const int fd = openat(payload_fd, "cgroup.procs", O_RDONLY | O_CLOEXEC);
  FILE *list = fd == -1 ? NULL : fdopen(fd, "r");
  if (list == NULL) {
    if (fd != -1) close(fd);
    return 0;
  }
  pid_t child = 0;
  for (int pid; child == 0 && fscanf(list, "%d", &pid) == 1;)
    if (is_child(pid, parent)) child = pid;
  fclose(list);
  return child;
}

/* A child of `parent` anywhere: a tenant that uses cgroups itself has moved process 1. */
static pid_t child_on_node(pid_t parent) {
  DIR *processes = opendir("/proc");
  if (processes == NULL) return 0;
  pid_t child = 0;
  for (struct dirent *entry; child == 0 && (entry = readdir(processes)) != NULL;) {
    const int pid = atoi(entry->d_name); /* 0 for what is not a process. */
    if (pid > 0 && is_child(pid, parent)) child = pid;
  }
  closedir(processes);
  return child;
}

/* Whether a cgroup file (cgroups(7)) says 'in this unit's payload, or somewhere below it'. */
static bool in_payload(const char *cgroups, const char *name) {
  char payload[256];
  const int length = snprintf(payload, sizeof payload,
                              "/" NODEMGR_SLICE "/nodemgr-sliver@%s.service/payload", name);
  const char *path = line_after(cgroups, "0::");
  return path != NULL && strncmp(path, payload, (size_t)length) == 0 &&
         (path[length] == '\n' || path[length] == '/');
}

/* Whether an id map (user_namespaces(7)) is the sliver's range and nothing else. */
static bool maps_to(const char *map, uid_t base) {
  unsigned inside, outside, count;
  char more;
  return sscanf(map, "%u %u %u %c", &inside, &outside, &count, &more) == 3 && inside == 0 &&
         outside == base && count == NODEMGR_IDS;
}

/* Whether 'NSpid:' of a status says that the process is number 1 of a pid namespace, one down. */
static bool is_process_one(const char *status) {
  const char *numbers = line_after(status, "NSpid:");
  int here, there, used = 0;
  return numbers != NULL && sscanf(numbers, "%d\t%d%n", &here, &there, &used) == 2 &&
         there == 1 && numbers[used] == '\n';
}

/* Asks everything of the process behind its folder in /proc. */
static bool is_this_sliver(int proc_fd, const char *name, uid_t base, struct container *found) {
  char status[TEXT_MAX], cgroups[TEXT_MAX], uids[TEXT_MAX], gids[TEXT_MAX];
  if (!read_text(proc_fd, "status", status) || !read_text(proc_fd, "cgroup", cgroups) ||
      !read_text(proc_fd, "uid_map", uids) || !read_text(proc_fd, "gid_map", gids))
    return false;
  const char *bounding = line_after(status, "CapBnd:");
  if (bounding == NULL) return false;
  found->bounding = strtoull(bounding, NULL, 16);
  return parent_in(status) == found->supervisor && is_process_one(status) &&
         in_payload(cgroups, name) && maps_to(uids, base) && maps_to(gids, base);
}

/* Holds process 1 and verifies it; false leaves nothing open. */
static bool hold_init(int unit_fd, const char *name, uid_t base, struct container *found) {
  char path[32];
  snprintf(path, sizeof path, "/proc/%d", found->init);
  const int proc_fd = open(path, O_PATH | O_DIRECTORY | O_CLOEXEC);
  if (proc_fd == -1) return false;
  found->init_fd = pidfd_open(found->init, 0);
  const bool held = found->init_fd != -1 && is_this_sliver(proc_fd, name, base, found) &&
                    only_process(unit_fd, "supervisor/cgroup.procs") == found->supervisor;
  close(proc_fd);
  if (!held && found->init_fd != -1) close(found->init_fd);
  return held;
}

static const char *find_in_unit(int unit_fd, const char *name, uid_t base,
                                struct container *found) {
  found->supervisor = only_process(unit_fd, "supervisor/cgroup.procs");
  if (found->supervisor == 0) return NOT_RUNNING;
  found->init = child_in_payload(found->payload_fd, found->supervisor);
  if (found->init == 0) found->init = child_on_node(found->supervisor);
  if (found->init == 0) return NOT_RUNNING;
  return hold_init(unit_fd, name, base, found) ? NULL : NOT_ITSELF;
}

const char *find_container(const char *name, uid_t base, struct container *found) {
  const int folder = O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC;
  char unit[256];
  snprintf(unit, sizeof unit,
           NODEMGR_CGROUP_ROOT "/" NODEMGR_SLICE "/nodemgr-sliver@%s.service", name);
  const int unit_fd = open(unit, folder);
  if (unit_fd == -1) return NOT_RUNNING;
  found->payload_fd = openat(unit_fd, "payload", folder);
  const char *reason =
      found->payload_fd == -1 ? NOT_RUNNING : find_in_unit(unit_fd, name, base, found);
  if (reason != NULL && found->payload_fd != -1) close(found->payload_fd);
  close(unit_fd);
  return reason;
}
