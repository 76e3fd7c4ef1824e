/* environment.h: the environment of a login. */
#ifndef NODEMGR_ENVIRONMENT_H
#define NODEMGR_ENVIRONMENT_H

/*
 * Replaces the environment by a fixed one (HOME, USER, LOGNAME, PATH, SHELL) and those few
 * variables of the caller's that are known and look harmless. May be called again.
 */
void set_environment(const char *shell);

#endif
