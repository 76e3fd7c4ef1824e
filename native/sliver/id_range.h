/* id_range.h: which ids on the node are a sliver's, as subuid(5) says. */
#ifndef NODEMGR_ID_RANGE_H
#define NODEMGR_ID_RANGE_H

#include <stdbool.h>
#include <stdio.h>
#include <sys/types.h>

/*
 * Finds the first id of `name`'s 65536 in `ranges`, which is read to its end. False unless it has
 * exactly one line, of the form NAME:BASE:65536.
 */
bool find_id_range(FILE *ranges, const char *name, uid_t *base);

#endif
