/*
 * sliver-shell: the login shell of slivers' accounts, and the only setuid program of the node
 * manager. `ssh princeton_sirius@node` starts it as that account; it enters the sliver of
 * whoever started it, and no other, and runs root's shell there.
 *
 *   outside, as root                              what it rests on
 *   1. descriptors: 0-2 open, no others           nothing of the node's is carried inside
 *   2. arguments: none, or -c COMMAND             sshd(8), login(1)
 *   3. caller: the real user id's own account     the kernel, passwd; our record; subuid
 *      and that it may log in                     shadow
 *   4. container: process 1 of that sliver        cgroup, parent, pid namespace, id map,
 *                                                 held by a pidfd
 *   5. its limits; setns(pid), fork ────┐
 *   6. drop to the caller's user id,    │ inside
 *      with CAP_KILL alone              │ a. join the payload cgroup
 *   7. pass signals on, wait            │ b. setns(all the others), become root there
 *   8. end as the child ended           │ c. confine, have the terminal, clean environment
 *                                       │ d. exec root's shell of the sliver's /etc/passwd
 *
 * `start`, `stop` and `status` as the whole command are for the account itself (control.h):
 * once the caller is known, logins let in or not, all rights but the caller's own are given up,
 * and nothing is entered. What refuses a login says why as account-supervisor has noted it
 * (login_note.h).
 *
 * The child is in the sliver's pid namespace from its first instruction, so it dies with the
 * sliver. Until d. it is this program: not dumpable, so that nobody inside can look into it,
 * and with no descriptor but 0 to 2 and those that close at exec.
 *
 * The environment is the caller's and is not trusted: nothing reads it but environment.c.
 * The terminal stays the caller's own. Whoever runs this as another user by hand (su,
 * runuser) should give it a terminal of its own (--pty), as for anyone who is not trusted.
 *
 * Exit status: that of the shell, 128 + N when signal N ended it (137 and one line when the
 * sliver stopped meanwhile); 126 and one line when it was refused and nothing was run; that of
 * control.h for its words.
 */
#include <fcntl.h>
#include <limits.h>
#include <sched.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "../sliver/container.h"
#include "caller.h"
#include "control.h"
#include "enter.h"
#include "login_note.h"
#include "refuse.h"
#include "watch.h"

/*
 * A missing one is opened, so that nothing else takes its number. A folder is a way out: the
 * sliver's root could walk up from it.
 */
static void make_sure_of_descriptors(void) {
  struct stat status;
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++) {
    if (fcntl(fd, F_GETFD) == -1 && open("/dev/null", O_RDWR | O_NOCTTY) != fd)
      refuse("cannot open /dev/null in place of descriptor %d", fd);
    if (fstat(fd, &status) != 0 || S_ISDIR(status.st_mode) ||
        (fcntl(fd, F_GETFL) & O_PATH) != 0)
      refuse("descriptor %d is not for reading or writing", fd);
  }
  if (close_range(STDERR_FILENO + 1, UINT_MAX, 0) != 0) refuse_errno("cannot close descriptors");
}

/* The command to run, or NULL for a login shell. */
static const char *take_command(int argc, char **argv) {
  if (argc == 1) return NULL;
  if (argc != 3 || strcmp(argv[1], "-c") != 0)
    refuse("takes no arguments but -c and a command");
  return argv[2];
}

/* A descriptor of the controlling terminal, when this process is in its foreground; or -1. */
static int foreground_terminal(void) {
  for (int fd = STDIN_FILENO; fd <= STDERR_FILENO; fd++)
    if (tcgetpgrp(fd) == getpgrp()) return fd;
  return -1;
}

int main(int argc, char **argv) {
  make_sure_of_descriptors();
  if (prctl(PR_SET_DUMPABLE, 0) != 0) refuse_errno("cannot hide from other processes");
  if (chdir("/") != 0) refuse_errno("cannot leave the folder that it was started in");
  const char *command = take_command(argc, argv);
  const struct caller caller = find_caller();
  const enum act act = act_in(command);
  if (act != NO_ACT) control(&caller, act);
  require_login_allowed(caller.name);

  struct container container = {0};
  const char *reason = find_container(caller.name, caller.base, &container);
  if (reason != NULL) {
    char text[ABSENCE_MAX];
    describe_absence(caller.name, reason, text);
    refuse("%s", text);
  }

  take_on_limits(container.init);
  const int terminal = foreground_terminal();
  block_signals();
  /* From here on this process's children, not itself, are in the sliver's pid namespace. */
  if (setns(container.init_fd, CLONE_NEWPID) != 0) refuse_errno("cannot enter %s", caller.name);
  const pid_t child = fork();
  if (child == -1) refuse_errno("cannot start a process in %s", caller.name);
  if (child == 0) enter(&container, command, terminal);

  return watch(child, &caller, container.init_fd, terminal);
}
