/* watch.h: what stays outside while someone is logged in. */
#ifndef NODEMGR_WATCH_H
#define NODEMGR_WATCH_H

#include "caller.h"

/* Blocks the signals that watch() is going to take in order. */
void block_signals(void);

/*
 * Gives up all rights but the caller's own and the one to send the child signals; passes
 * signals on to it until it has ended. Returns the exit status to end with.
 */
int watch(pid_t child, const struct caller *caller, int init_fd, int terminal);

#endif
