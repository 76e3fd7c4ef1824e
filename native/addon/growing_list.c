/* growing_list.c: see growing_list.h. */
#include "growing_list.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

enum { FIRST_ROOM = 64 };

static int make_room(struct growing_list *list) {
  const size_t room = list->room == 0 ? FIRST_ROOM : list->room * 2;
  void *items = reallocarray(list->items, room, list->item_size);
  if (items == NULL) return ENOMEM;
  list->items = items;
  list->room = room;
  return 0;
}

int list_add(struct growing_list *list, const void *item) {
  if (list->count >= list->most) return EOVERFLOW;
  const int error = list->count < list->room ? 0 : make_room(list);
  if (error != 0) return error;
  memcpy((unsigned char *)list->items + list->count * list->item_size, item, list->item_size);
  list->count++;
  return 0;
}
