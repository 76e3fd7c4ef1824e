/* growing_list.h: items of one size, one after the other, as many as come up to a bound. */
#ifndef NODEMGR_ADDON_GROWING_LIST_H
#define NODEMGR_ADDON_GROWING_LIST_H

#include <stddef.h>

/* Begins with `item_size` and `most` set and the rest 0; ends with free(items). */
struct growing_list {
  size_t item_size;
  size_t most;
  size_t count;
  size_t room;
  void *items;
};

/* Adds `item`. 0, ENOMEM, or EOVERFLOW beyond `most` items. */
int list_add(struct growing_list *list, const void *item);

#endif
