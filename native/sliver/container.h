/*
 * container.h: finds a running sliver's process 1 as the node sees it, for those who enter
 * the sliver or send it a signal. It reads /proc and the cgroup tree and changes nothing.
 */
#ifndef NODEMGR_CONTAINER_H
#define NODEMGR_CONTAINER_H

#include <stdint.h>
#include <sys/types.h>

struct container {
  pid_t supervisor;   /* systemd-nspawn, outside. */
  pid_t init;         /* Process 1 of the sliver, as the node counts. */
  int init_fd;        /* A pidfd of it: never means another process. */
  int payload_fd;     /* The cgroup in which everything of the sliver lives. */
  uint64_t bounding;  /* The most capabilities that process 1 can ever have. */
};

/* What find_container() returns, itself, where no process of the sliver is left. */
extern const char NOT_RUNNING[];

/*
 * Finds the container of the sliver `name`, whose ids begin at `base`. Returns NULL when it
 * is found, beyond doubt; otherwise why not, to follow the name in a message ('is not
 * running'), and then no descriptor is left open.
 */
const char *find_container(const char *name, uid_t base, struct container *container);

#endif
