/* file_system.h: the mounts of a sliver, in a namespace that nobody else sees. */
#ifndef NODEMGR_FILE_SYSTEM_H
#define NODEMGR_FILE_SYSTEM_H

#include "../sliver/places.h"
#include "sliver.h"

/* Where the sliver's whole file system is, for this process and what it becomes. */
#define SLIVER_ROOT NODEMGR_RUN_DIR "/mnt/root"

/* Where its terminals are: a devpts of its own, for /dev/pts. */
#define SLIVER_TERMINALS NODEMGR_RUN_DIR "/mnt/terminals"

/* Leaves the node's mount namespace and mounts the sliver's file system, or gives up. */
void mount_file_system(const struct sliver *sliver);

#endif
