/*
 * confine.h: a login has no capability that the sliver's own start scripts have not, and none of
 * the system calls that are most of the kernel's surface to attack.
 */
#ifndef NODEMGR_CONFINE_H
#define NODEMGR_CONFINE_H

#include <stdbool.h>
#include <stdint.h>

/*
 * Gives up, for good and for all that this process starts, the capabilities outside the set
 * `bounding` and the system calls that no login needs and that reach parts of the kernel which
 * know nothing of containers: keyrings, bpf, perf events, userfaultfd, io_uring, files by handle,
 * modules, kexec (EPERM). It is a list of what is refused; what systemd-nspawn gives its payload
 * is a list of what is allowed. What stays open by that (swap, quotas, clocks, ports, accounting)
 * the kernel refuses to whoever has no capability of the node itself, and inside a sliver nobody
 * has. False and errno.
 */
bool confine(uint64_t bounding);

#endif
