/*
 * take_limits.h: the limits that a user inside has of what the kernel counts for each user
 * (getrlimit(2)): locked memory, message queues, pending signals.
 *
 * The kernel counts these for the user inside and for whoever made the user namespace, which
 * is root of the node for every sliver; and there it compares with the limit that this process
 * had when it made the namespace (user_namespaces(7), ucounts). With a finite one the first
 * sliver to use it up would leave nothing for the others. So the unit has none
 * (nodemgr-sliver@.service), and each sliver takes its own here, once it is in its namespace.
 */
#ifndef NODEMGR_TAKE_LIMITS_H
#define NODEMGR_TAKE_LIMITS_H

#include <stdbool.h>

/* Lowers the limits of this process, for good, where they are above a sliver's. False and errno. */
bool take_limits(void);

#endif
