/*
 * sliver-init: process 1 of every sliver. It runs the sliver's start scripts and then only
 * waits: for processes that lost their parent, and for
 *
 *     SIGHUP     run the start scripts again (as they are now)
 *     SIGTERM    end everything inside, then itself
 *
 * The start scripts are the record's initscript. The node keeps it in /run/nodemgr-boot; it
 * is installed as /etc/rc.vinit and run as `/etc/rc.vinit start`, with its output in
 * /var/log/rc.vinit.log. Without one, /etc/rc.vinit is removed.
 *
 * It is root inside and nobody outside. The sliver's files are the tenant's and may be in any
 * state: whatever goes wrong here is said in that log and stops nothing else. It is linked
 * statically, because the image that it runs in may have no C library, or another one.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../sliver/places.h"
#include "install_script.h"

#define SCRIPT_SOURCE NODEMGR_INSIDE_BOOT "/rc.vinit"
#define SCRIPT "/etc/rc.vinit"
#define SCRIPT_LOG "/var/log/rc.vinit.log"

enum { STOP_TENTHS = 50, HANG_UP_TENTHS = 10 };

/* The log tells of the last start only: nothing grows with every start. */
static int open_log(void) {
  const int flags = O_WRONLY | O_CREAT | O_TRUNC | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  const int log = open(SCRIPT_LOG, flags, 0644);
  return log != -1 ? log : open("/dev/null", O_WRONLY | O_CLOEXEC);
}

static void report(int log, const char *doing) {
  dprintf(log, "sliver-init: cannot %s: %s\n", doing, strerror(errno));
}

static _Noreturn void run_script(int log) {
  char *const environment[] = {"HOME=/root", "USER=root", "LOGNAME=root",
                               "PATH=" NODEMGR_INSIDE_PATH, NULL};
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  setsid();
  dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  execle(SCRIPT, SCRIPT, "start", (char *)NULL, environment);
  /* A script without '#!' is the shell's (execvp(3)). */
  if (errno == ENOEXEC) execle("/bin/sh", "sh", SCRIPT, "start", (char *)NULL, environment);
  report(STDERR_FILENO, "run " SCRIPT);
  _exit(127);
}

/* Scripts of an earlier start that still run are left alone. */
static void start_scripts(void) {
  const int log = open_log();
  const enum script script = install_script(SCRIPT_SOURCE, SCRIPT);
  if (script == SCRIPT_BROKEN) report(log, "install " SCRIPT);
  const pid_t child = script == SCRIPT_READY ? fork() : 1;
  if (child == 0) run_script(log);
  if (child == -1) report(log, "start a process for " SCRIPT);
  close(log);
}

static void reap(void) {
  while (waitpid(-1, NULL, WNOHANG) > 0) continue;
}

static bool is_alone(void) { return kill(-1, 0) == -1 && errno == ESRCH; }

/*
 * Logins are children of nobody in here, so 'no children' would not mean 'alone'. A shell at
 * a terminal does not end for SIGTERM, and what is stopped does not even hear it.
 */
static void stop_all(void) {
  const struct timespec tenth = {.tv_nsec = 100 * 1000 * 1000};
  sigset_t news;
  sigemptyset(&news);
  sigaddset(&news, SIGCHLD);
  kill(-1, SIGTERM);
  kill(-1, SIGCONT);
  for (int waited = 0; waited < STOP_TENTHS && !is_alone(); waited++) {
    if (waited == HANG_UP_TENTHS) kill(-1, SIGHUP);
    sigtimedwait(&news, NULL, &tenth);
    reap();
  }
}

int main(void) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGCHLD);
  sigaddset(&signals, SIGHUP);
  sigaddset(&signals, SIGTERM);
  /* Blocked signals wait; process 1 is not even told of others that it does not handle. */
  sigprocmask(SIG_BLOCK, &signals, NULL);
  umask(022);
  start_scripts();
  for (int number;;) {
    if (sigwait(&signals, &number) != 0) continue;
    if (number == SIGCHLD) reap();
    if (number == SIGHUP) start_scripts();
    if (number == SIGTERM) break;
  }
  stop_all();
  return 0;
}
