/*
 * login_shell.c: see login_shell.h. /etc/passwd is the tenant's here and may be anything; it
 * is read with the tenant's own rights, so the worst that it can do is spoil its own login.
 */
#include "login_shell.h"

#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "environment.h"
#include "refuse.h"

enum { SHELL_MAX = 256, PASSWD_LINES_MAX = 10000 };

#define FALLBACK "/bin/sh"

/* Takes the 7th field of a line 'root:…' (passwd(5)); false unless it may be a program's path. */
static bool take_shell(char *line, char shell[SHELL_MAX]) {
  char *field = line;
  for (int i = 0; i < 6; i++) {
    field = strchr(field, ':');
    if (field == NULL) return false;
    field++;
  }
  field[strcspn(field, ":\n")] = '\0';
  return field[0] == '/' && snprintf(shell, SHELL_MAX, "%s", field) < SHELL_MAX;
}

static bool find_shell(FILE *passwd, char shell[SHELL_MAX]) {
  char line[1024];
  for (int i = 0; i < PASSWD_LINES_MAX && fgets(line, sizeof line, passwd) != NULL; i++)
    if (strncmp(line, "root:", 5) == 0) return take_shell(line, shell);
  return false;
}

/* O_NONBLOCK: a pipe put in the file's place is not waited for. */
static bool shell_of_root(char shell[SHELL_MAX]) {
  struct stat status;
  const int fd = open("/etc/passwd", O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
  if (fd == -1) return false;
  FILE *passwd = fstat(fd, &status) == 0 && S_ISREG(status.st_mode) ? fdopen(fd, "r") : NULL;
  const bool found = passwd != NULL && find_shell(passwd, shell);
  if (passwd != NULL) fclose(passwd);
  else close(fd);
  return found;
}

/* login(1): a login shell is told so by a '-' before its name. */
static void run(const char *shell, const char *command) {
  char login_name[SHELL_MAX + 1];
  const char *name = strrchr(shell, '/') + 1;
  snprintf(login_name, sizeof login_name, "-%s", name);
  set_environment(shell);
  if (command == NULL) execl(shell, login_name, (char *)NULL);
  else execl(shell, name, "-c", command, (char *)NULL);
}

void run_login_shell(const char *command) {
  char shell[SHELL_MAX];
  if (shell_of_root(shell)) run(shell, command);
  run(FALLBACK, command);
  refuse_errno("cannot run a shell in the sliver");
}
