/*
 * control.h: `start`, `stop` and `status` as the whole command of a login: what the holder of a
 * key can do about a sliver that nobody can log in to, and from outside at all.
 *
 * Each of the words is taken only when the command is that word and nothing else, whether the
 * sliver runs or not, so that it always means the same. A program of that name inside is run by
 * any other way to write it: with an argument, by its path, as `exec start`, or from a shell.
 */
#ifndef NODEMGR_CONTROL_H
#define NODEMGR_CONTROL_H

#include "caller.h"

enum act { NO_ACT, START, STOP, STATUS };

/* The act that a command is; NO_ACT for any other command, and for none (NULL). */
enum act act_in(const char *command);

/*
 * Gives up all rights but the caller's own, does it, and says in one sentence how it went: on
 * standard output, ending with 0, when the sliver has started or stopped as it was asked to, or
 * runs (STATUS); else on standard error, ending with 1. (An expired sliver's caller does not come
 * as far as this: find_caller() refuses all that it asks for.)
 */
_Noreturn void control(const struct caller *caller, enum act act);

#endif
