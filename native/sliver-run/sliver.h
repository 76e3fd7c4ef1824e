/* sliver.h: which sliver to run, from sliver-run's argument and its unit's environment. */
#ifndef NODEMGR_SLIVER_H
#define NODEMGR_SLIVER_H

#include <sys/types.h>

struct sliver {
  const char *name;
  const char *machine; /* Its host name: a label without '_' (systemd-nspawn(1)). */
  const char *image;   /* 'default@1', a folder's name in the images folder. */
  uid_t base;          /* Root's id inside, as the node sees it. */
};

/* Checks the name and the environment's NODEMGR_MACHINE, _BASE and _IMAGE, or gives up. */
struct sliver take_sliver(const char *name);

#endif
