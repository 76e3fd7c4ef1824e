/*
 * enter.c: see enter.h. The order matters: what needs rights outside (cgroup, limits) comes
 * before the namespaces; what is read from the sliver's files comes after its root is all
 * that this process is.
 */
#include "enter.h"

#include <errno.h>
#include <fcntl.h>
#include <grp.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../sliver/places.h"
#include "confine.h"
#include "environment.h"
#include "login_shell.h"
#include "refuse.h"

/* Writes all of `text` to a file of the kernel's; false and errno when it does not take it. */
static bool write_text(int folder, const char *path, const char *text) {
  const int fd = openat(folder, path, O_WRONLY | O_CLOEXEC | O_NOFOLLOW);
  if (fd == -1) return false;
  const bool written = write(fd, text, strlen(text)) == (ssize_t)strlen(text);
  const int error = errno;
  close(fd);
  errno = error;
  return written;
}

/* Which the kernel kills first when memory runs out: what the unit's OOMScoreAdjust= says. */
static bool take_on_oom_score(pid_t init) {
  char path[64], score[16] = "";
  snprintf(path, sizeof path, "/proc/%d/oom_score_adj", init);
  const int fd = open(path, O_RDONLY | O_CLOEXEC);
  if (fd == -1) return false;
  const ssize_t got = read(fd, score, sizeof score - 1);
  close(fd);
  return got > 0 && write_text(AT_FDCWD, "/proc/self/oom_score_adj", score);
}

void take_on_limits(pid_t init) {
  struct rlimit limit;
  for (int resource = 0; resource < (int)RLIM_NLIMITS; resource++)
    if (prlimit(init, (__rlimit_resource_t)resource, NULL, &limit) != 0 ||
        setrlimit((__rlimit_resource_t)resource, &limit) != 0)
      refuse_errno("cannot take on the sliver's limits");
  const struct sched_param ordinary = {0};
  if (!take_on_oom_score(init) || sched_setscheduler(0, SCHED_OTHER, &ordinary) != 0 ||
      setpriority(PRIO_PROCESS, 0, 0) != 0)
    refuse_errno("cannot take on an ordinary priority");
}

/*
 * '0' is the process that writes. A tenant that has given its own cgroups controllers may
 * have no process in `payload` itself (cgroups(7), 'no internal processes'): then logins get
 * a cgroup of their own beside its.
 */
static void join_cgroup(int payload_fd) {
  if (write_text(payload_fd, "cgroup.procs", "0")) return;
  if (errno == EBUSY && (mkdirat(payload_fd, "login", 0755) == 0 || errno == EEXIST) &&
      write_text(payload_fd, "login/cgroup.procs", "0"))
    return;
  refuse_errno("cannot join the sliver's cgroup");
}

/* The network is the node's, as process 1's is: entering that changes nothing. */
static void enter_namespaces(int init_fd) {
  if (setns(init_fd, CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWCGROUP |
                         CLONE_NEWNET) != 0)
    refuse_errno("cannot enter the sliver");
}

static void become_root(const struct container *container) {
  if (setgroups(0, NULL) != 0 || setresgid(0, 0, 0) != 0 || setresuid(0, 0, 0) != 0)
    refuse_errno("cannot become root of the sliver");
  /* Changing ids may have made this process readable to the tenant again (prctl(2)). */
  if (prctl(PR_SET_DUMPABLE, 0) != 0) refuse_errno("cannot hide from the sliver");
  if (!confine(container->bounding)) refuse_errno("cannot confine the login");
}

/* Before signals are let in: a background group that sets the foreground is sent SIGTTOU. */
static void take_terminal(int terminal) {
  if (setpgid(0, 0) != 0) refuse_errno("cannot have a process group");
  if (terminal != -1 && tcsetpgrp(terminal, getpgrp()) != 0)
    refuse_errno("cannot have the terminal");
}

static void reset_signals(void) {
  sigset_t none;
  for (int number = 1; number < NSIG; number++) signal(number, SIG_DFL); /* But for the two. */
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
}

void enter(const struct container *container, const char *command, int terminal) {
  join_cgroup(container->payload_fd);
  enter_namespaces(container->init_fd);
  become_root(container);
  take_terminal(terminal);
  reset_signals();
  umask(022);
  if (chdir("/root") != 0 && chdir("/") != 0) refuse_errno("cannot go to the sliver's root");
  run_login_shell(command);
}
