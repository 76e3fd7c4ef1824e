/* enter.h: what happens inside: the way from a process of the node's to a shell of the sliver's. */
#ifndef NODEMGR_ENTER_H
#define NODEMGR_ENTER_H

#include "../sliver/container.h"

/*
 * Gives this process, and the children that it will have, the limits of process 1 and no
 * priority of whoever started this program. `init` counts as this process counts.
 */
void take_on_limits(pid_t init);

/*
 * Becomes root of the sliver in this process and runs root's login shell there: with
 * `-c COMMAND`, or as a login shell when `command` is NULL. `terminal` is the descriptor of
 * the terminal that it shall have in the foreground, or -1.
 *
 * The process must be a member of the sliver's pid namespace already (a child made after
 * setns(CLONE_NEWPID)), and its signals be blocked.
 */
_Noreturn void enter(const struct container *container, const char *command, int terminal);

#endif
