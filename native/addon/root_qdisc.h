/* root_qdisc.h: the root queueing disciplines of network interfaces, as the kernel lists them. */
#ifndef NODEMGR_ADDON_ROOT_QDISC_H
#define NODEMGR_ADDON_ROOT_QDISC_H

#include <net/if.h>
#include <node_api.h>
#include <stdbool.h>
#include <stdint.h>

#include "growing_list.h"

struct root_qdisc {
  int ifindex;
  uint32_t handle; /* 0: the kernel's own making. */
  char kind[IFNAMSIZ];
  bool is_htb; /* and then default_class is its default class's minor number. */
  uint32_t default_class;
};

/* Takes an interface's index: 1 to INT_MAX. */
bool interface_index(napi_env env, napi_value value, int *ifindex);

/*
 * Reads the root qdisc of `ifindex`. 0 and `*found`: false where it has none (an interface that is
 * down, noop); otherwise an errno: ENODEV when there is no such interface.
 */
int read_root_qdisc(int ifindex, bool *found, struct root_qdisc *root);

#endif
