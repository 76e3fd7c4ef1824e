/*
 * watch.c: see watch.h. The child runs under an id that the caller may not send signals to,
 * hence CAP_KILL; nothing else is kept.
 */
#include "watch.h"

#include <linux/capability.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "login_note.h"
#include "refuse.h"

enum { STOPPING_MILLISECONDS = 500 };

static const int PASSED_ON[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGALRM};

/* What sigwait takes: those to pass on, and news of the child. */
static sigset_t awaited_signals(void) {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGCHLD);
  for (size_t i = 0; i < sizeof PASSED_ON / sizeof PASSED_ON[0]; i++)
    sigaddset(&signals, PASSED_ON[i]);
  return signals;
}

void block_signals(void) {
  sigset_t signals = awaited_signals();
  sigaddset(&signals, SIGTTOU); /* So that the terminal's foreground can be set (tcsetpgrp(3)). */
  sigprocmask(SIG_BLOCK, &signals, NULL);
  signal(SIGCHLD, SIG_DFL); /* Ignored, as a caller may leave it, there would be no news. */
}

static bool drop_rights(uid_t uid) {
  struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
  struct __user_cap_data_struct rights[2] = {
      {.effective = 1U << CAP_KILL, .permitted = 1U << CAP_KILL}, {0}};
  return prctl(PR_SET_KEEPCAPS, 1) == 0 && setresuid(uid, uid, uid) == 0 &&
         syscall(SYS_capset, &header, rights) == 0 && prctl(PR_SET_DUMPABLE, 0) == 0 &&
         prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) == 0;
}

/* Without a terminal to hand back, the other ends of pipes must see when the child closes them. */
static void let_go_of_pipes(int terminal) {
  if (terminal != -1) return;
  close(STDIN_FILENO);
  close(STDOUT_FILENO);
}

static void pass_on(pid_t child, int number) {
  /* To its whole group, as sshd(8) does, unless it has none yet. */
  if (kill(-child, number) != 0) kill(child, number);
}

/* The child was stopped from the terminal: this job stops too, and goes on with it. */
static void stop_with(pid_t child, int terminal) {
  if (terminal == -1) return;
  tcsetpgrp(terminal, getpgrp());
  /* In an orphaned group, as below sshd, the kernel lets nobody stop so; it just goes on. */
  raise(SIGTSTP);
  if (tcgetpgrp(terminal) == getpgrp()) tcsetpgrp(terminal, child);
  pass_on(child, SIGCONT);
}

/* Waits for the end of the child; its wait(2) status. */
static int wait_for(pid_t child, int terminal) {
  const sigset_t awaited = awaited_signals();
  for (int status = 0, number;;) {
    if (sigwait(&awaited, &number) != 0) continue;
    if (number != SIGCHLD) pass_on(child, number);
    else if (waitpid(child, &status, WNOHANG | WUNTRACED) == child) {
      if (!WIFSTOPPED(status)) return status;
      stop_with(child, terminal);
    }
  }
}

/* Whether process 1 of the sliver ends too: whoever stops a sliver ends all others first. */
static bool is_stopping(int init_fd) {
  struct pollfd init = {.fd = init_fd, .events = POLLIN};
  return poll(&init, 1, STOPPING_MILLISECONDS) == 1;
}

static int exit_status(int status, const char *name, int init_fd) {
  if (WIFEXITED(status)) return WEXITSTATUS(status);
  const int number = WTERMSIG(status);
  if ((number != SIGKILL && number != SIGTERM) || !is_stopping(init_fd)) return 128 + number;
  char text[ABSENCE_MAX];
  struct login_note note;
  const bool is_noted = read_login_note(name, &note);
  snprintf(text, sizeof text, "%s %s", name, is_noted ? note.line : "has stopped");
  complain(text);
  return 128 + SIGKILL;
}

int watch(pid_t child, const struct caller *caller, int init_fd, int terminal) {
  if (!drop_rights(caller->uid)) {
    kill(child, SIGKILL);
    refuse_errno("cannot give up the rights of root");
  }
  setpgid(child, child); /* The child does it too: whoever comes first, it is done in time. */
  let_go_of_pipes(terminal);
  const int status = wait_for(child, terminal);
  if (terminal != -1) tcsetpgrp(terminal, getpgrp());
  return exit_status(status, caller->name, init_fd);
}
