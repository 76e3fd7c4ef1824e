/*
 * sliver-init NAME: process 1 of every sliver. It runs the sliver's start script and then
 * only waits: for processes that lost their parent, and for
 *
 *     SIGHUP     run the start script again (as it is now), with `restart`
 *     SIGUSR1    with a number (sigqueue(3)), the seconds until the sliver is stopped: run the
 *                script that was last started with `warn NAME SECONDS`
 *     SIGTERM    run it with `stop`, end everything inside, then itself
 *
 * The start script is the record's initscript. The node keeps it in /run/nodemgr-boot; it is
 * installed as /etc/rc.vinit and run as `/etc/rc.vinit start NAME`, with its output in
 * /var/log/rc.vinit.log. Without one, /etc/rc.vinit is removed. `stop` is of the script that
 * was last started, and has five seconds: it can hold up nobody who stops the sliver.
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
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "../sliver/places.h"
#include "install_script.h"
#include "take_limits.h"

#define SCRIPT_SOURCE NODEMGR_INSIDE_BOOT "/rc.vinit"
#define SCRIPT "/etc/rc.vinit"
#define SCRIPT_LOG "/var/log/rc.vinit.log"

/* Together less than the unit's TimeoutStopSec. */
enum { STOP_SCRIPT_MS = 5000, STOP_TENTHS = 50, HANG_UP_TENTHS = 10 };

static const struct timespec TENTH = {.tv_nsec = 100 * 1000 * 1000};

/* The log tells of the last start and the stop after it: O_TRUNC, or 0 to go on. */
static int open_log(int truncate) {
  const int flags = O_WRONLY | O_CREAT | O_APPEND | O_NONBLOCK | O_NOCTTY | O_CLOEXEC;
  const int log = open(SCRIPT_LOG, flags | truncate, 0644);
  return log != -1 ? log : open("/dev/null", O_WRONLY | O_CLOEXEC);
}

/*
 * systemd-nspawn puts a pipe over it that nobody writes to: a reader would wait for ever. The kernel's
 * own file below refuses whoever is inside a user namespace. EINVAL: there is nothing over it.
 */
static bool uncover_kernel_log(void) {
  return umount2("/proc/kmsg", MNT_DETACH) == 0 || errno == EINVAL;
}

static void report(int log, const char *doing) {
  dprintf(log, "sliver-init: cannot %s: %s\n", doing, strerror(errno));
}

/* Of something that failed before there was a log. */
static void report_late(int error, const char *doing) {
  const int log = open_log(0);
  errno = error;
  report(log, doing);
  close(log);
}

/* What the script is called with; `seconds` is NULL but for a warning. */
struct call {
  const char *verb, *name, *seconds;
};

static _Noreturn void run_script(int log, const struct call *call) {
  char *const environment[] = {"HOME=/root", "USER=root", "LOGNAME=root",
                               "PATH=" NODEMGR_INSIDE_PATH, NULL};
  sigset_t none;
  sigemptyset(&none);
  sigprocmask(SIG_SETMASK, &none, NULL);
  setsid();
  dup2(open("/dev/null", O_RDONLY | O_CLOEXEC), STDIN_FILENO);
  dup2(log, STDOUT_FILENO);
  dup2(log, STDERR_FILENO);
  /* execve(2) changes none of them. */
  char *const arguments[] = {"sh", SCRIPT, (char *)call->verb, (char *)call->name,
                             (char *)call->seconds, NULL};
  execve(SCRIPT, arguments + 1, environment);
  /* A script without '#!' is the shell's (execvp(3)). */
  if (errno == ENOEXEC) execve("/bin/sh", arguments, environment);
  report(STDERR_FILENO, "run " SCRIPT);
  _exit(127);
}

/* The script's process; -1 when there is none, which the log says. */
static pid_t fork_script(int log, struct call call) {
  const pid_t child = fork();
  if (child == 0) run_script(log, &call);
  if (child == -1) report(log, "start a process for " SCRIPT);
  return child;
}

/* Scripts of an earlier start that still run are left alone. False: there is none to run. */
static bool start_script(const char *verb, const char *name) {
  const int log = open_log(O_TRUNC);
  const enum script script = install_script(SCRIPT_SOURCE, SCRIPT);
  if (script == SCRIPT_BROKEN) report(log, "install " SCRIPT);
  if (script == SCRIPT_READY) fork_script(log, (struct call){.verb = verb, .name = name});
  close(log);
  return script == SCRIPT_READY;
}

/* Of the script that was last started, which is not waited for. */
static void warn(const char *name, int seconds) {
  char text[16];
  const int log = open_log(0);
  snprintf(text, sizeof text, "%d", seconds);
  fork_script(log, (struct call){.verb = "warn", .name = name, .seconds = text});
  close(log);
}

/* Whether `awaited` is among those that have ended. */
static bool reap(pid_t awaited) {
  bool ended = false;
  for (pid_t pid; (pid = waitpid(-1, NULL, WNOHANG)) > 0;) ended |= pid == awaited;
  return ended;
}

static long long now_ms(void) {
  struct timespec now;
  clock_gettime(CLOCK_MONOTONIC, &now);
  return now.tv_sec * 1000LL + now.tv_nsec / 1000000;
}

/* What the script has not done in its time ends together with everything else. */
static void stop_script(const char *name) {
  sigset_t news;
  sigemptyset(&news);
  sigaddset(&news, SIGCHLD);
  const int log = open_log(0);
  const pid_t child = fork_script(log, (struct call){.verb = "stop", .name = name});
  const long long end = now_ms() + STOP_SCRIPT_MS;
  while (child != -1 && !reap(child)) {
    if (now_ms() >= end) {
      dprintf(log, "sliver-init: " SCRIPT " stop has not ended in %d s\n", STOP_SCRIPT_MS / 1000);
      break;
    }
    sigtimedwait(&news, NULL, &TENTH);
  }
  close(log);
}

static bool is_alone(void) { return kill(-1, 0) == -1 && errno == ESRCH; }

/*
 * Logins are children of nobody in here, so 'no children' would not mean 'alone'. A shell at
 * a terminal does not end for SIGTERM, and what is stopped does not even hear it.
 */
static void stop_all(void) {
  sigset_t news;
  sigemptyset(&news);
  sigaddset(&news, SIGCHLD);
  kill(-1, SIGTERM);
  kill(-1, SIGCONT);
  for (int waited = 0; waited < STOP_TENTHS && !is_alone(); waited++) {
    if (waited == HANG_UP_TENTHS) kill(-1, SIGHUP);
    sigtimedwait(&news, NULL, &TENTH);
    reap(0);
  }
}

int main(int argc, char **argv) {
  if (argc != 2) return 2;
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGCHLD);
  sigaddset(&signals, SIGHUP);
  sigaddset(&signals, SIGUSR1);
  sigaddset(&signals, SIGTERM);
  /* Blocked signals wait; process 1 is not even told of others that it does not handle. */
  sigprocmask(SIG_BLOCK, &signals, NULL);
  umask(022);
  if (!take_limits()) return 1;
  const bool uncovered = uncover_kernel_log();
  const int error = errno;
  bool has_script = start_script("start", argv[1]);
  if (!uncovered) report_late(error, "uncover /proc/kmsg");
  for (siginfo_t news;;) {
    const int number = sigwaitinfo(&signals, &news);
    if (number == SIGCHLD) reap(0);
    /* Whoever is root in here may send it too, and without a number. */
    const bool is_warning = number == SIGUSR1 && news.si_code == SI_QUEUE;
    if (is_warning && has_script) warn(argv[1], news.si_value.sival_int);
    if (number == SIGHUP) has_script = start_script("restart", argv[1]);
    if (number == SIGTERM) break;
  }
  if (has_script) stop_script(argv[1]);
  stop_all();
  return 0;
}
