/*
 * id_map.c: see id_map.h. A user namespace needs a process to be made; it is a child that
 * does nothing but wait, and is gone when the descriptor is there.
 */
#include "id_map.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "../sliver/places.h"
#include "give_up.h"

static pid_t start_in_user_namespace(void) {
  struct clone_args how = {.flags = CLONE_NEWUSER, .exit_signal = SIGCHLD};
  const pid_t child = (pid_t)syscall(SYS_clone3, &how, sizeof how);
  if (child == -1) give_up_errno("cannot make a user namespace");
  if (child > 0) return child;
  prctl(PR_SET_PDEATHSIG, SIGKILL);
  for (;;) pause();
}

static void write_map(pid_t pid, const char *file, uid_t base) {
  char path[64], map[64];
  snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
  const int length = snprintf(map, sizeof map, "0 %u %d\n", base, NODEMGR_IDS);
  const int fd = open(path, O_WRONLY | O_CLOEXEC);
  if (fd == -1 || write(fd, map, (size_t)length) != length)
    give_up_errno("cannot write %s", path);
  close(fd);
}

static int open_namespace(pid_t pid) {
  char path[64];
  snprintf(path, sizeof path, "/proc/%d/ns/user", pid);
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd == -1) give_up_errno("cannot open %s", path);
  return fd;
}

int open_id_map(uid_t base) {
  const pid_t child = start_in_user_namespace();
  write_map(child, "uid_map", base);
  write_map(child, "gid_map", base);
  const int fd = open_namespace(child);
  kill(child, SIGKILL);
  while (waitpid(child, NULL, 0) == -1 && errno == EINTR) continue;
  return fd;
}
