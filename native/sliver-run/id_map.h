/* id_map.h: a mapping of ids as the kernel wants it for a mount. */
#ifndef NODEMGR_ID_MAP_H
#define NODEMGR_ID_MAP_H

#include <sys/types.h>

/*
 * A descriptor of a user namespace that maps ids 0 to 65535 to `base` and up, for
 * mount_setattr(2) with MOUNT_ATTR_IDMAP; or gives up.
 */
int open_id_map(uid_t base);

#endif
