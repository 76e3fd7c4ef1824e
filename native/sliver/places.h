/*
 * places.h: where things are on the node and inside a sliver. The node's folders are fixed
 * when a program is compiled: nothing that a caller says or sets can move them. Tests build
 * variants that look elsewhere (the variables of the Makefile).
 */
#ifndef NODEMGR_PLACES_H
#define NODEMGR_PLACES_H

#ifndef NODEMGR_STATE_DIR
#define NODEMGR_STATE_DIR "/var/lib/nodemgr"
#endif
#ifndef NODEMGR_RUN_DIR
#define NODEMGR_RUN_DIR "/run/nodemgr"
#endif
#ifndef NODEMGR_LIB_DIR
#define NODEMGR_LIB_DIR "/usr/lib/nodemgr"
#endif
/* The folder of passwd, shadow and subuid. */
#ifndef NODEMGR_ETC_DIR
#define NODEMGR_ETC_DIR "/etc"
#endif
#ifndef NODEMGR_CGROUP_ROOT
#define NODEMGR_CGROUP_ROOT "/sys/fs/cgroup"
#endif
/* Below the root of the cgroup tree; each sliver's unit is a folder in it. */
#ifndef NODEMGR_SLICE
#define NODEMGR_SLICE "nodemgr.slice/nodemgr-slivers.slice"
#endif
#ifndef NODEMGR_NSPAWN
#define NODEMGR_NSPAWN "/usr/bin/systemd-nspawn"
#endif

/* Inside a sliver. */
#define NODEMGR_INSIDE_API "/run/nodemgr"
#define NODEMGR_INSIDE_INIT "/run/nodemgr-init"
#define NODEMGR_INSIDE_BOOT "/run/nodemgr-boot"

#define NODEMGR_INSIDE_PATH "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"

/* Every sliver has a full 16 bits of ids. */
enum { NODEMGR_IDS = 65536 };

#endif
