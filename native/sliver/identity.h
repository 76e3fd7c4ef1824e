/* identity.h: what a sliver's name and its first id on the node may be (DESIGN.md, section 4). */
#ifndef NODEMGR_IDENTITY_H
#define NODEMGR_IDENTITY_H

#include <stdbool.h>
#include <sys/types.h>

enum { SLIVER_NAME_MAX = 32 };

/*
 * Whether `name` matches ^[a-z0-9.]+_[a-zA-Z0-9_.]+$, has no dot first, last or twice in a row, and
 * has at most 32 characters. Names that differ in case alone are different slivers.
 */
bool is_sliver_name(const char *name);

/*
 * Takes the first id of a sliver's range from decimal digits. False unless all 65536 ids of
 * the range exist and none of them is an id of the node's own (below 65536).
 */
bool parse_base(const char *digits, uid_t *base);

#endif
