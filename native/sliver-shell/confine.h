/* confine.h: a login may do no more than what the sliver's own start scripts may. */
#ifndef NODEMGR_CONFINE_H
#define NODEMGR_CONFINE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Gives up, for good and for all that this process starts, the capabilities outside the set
 * `bounding` and the system calls that systemd-nspawn refuses its payload. False and errno.
 */
bool confine(uint64_t bounding);

#endif
