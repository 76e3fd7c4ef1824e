/* login_shell.h: which program a login runs. Used inside the sliver, by its root. */
#ifndef NODEMGR_LOGIN_SHELL_H
#define NODEMGR_LOGIN_SHELL_H

/*
 * Runs the login shell that the sliver's /etc/passwd gives root, or /bin/sh when that says
 * nothing usable: with `-c COMMAND`, or as a login shell when `command` is NULL.
 */
_Noreturn void run_login_shell(const char *command);

#endif
