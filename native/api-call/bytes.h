/* bytes.h: a run of bytes that grows as it is filled. Its user sets the bound. */
#ifndef NODEMGR_BYTES_H
#define NODEMGR_BYTES_H

#include <stdbool.h>
#include <stddef.h>

/* {0} is an empty one; bytes_free makes it empty again. */
struct bytes {
  char *data;
  size_t length;
  size_t capacity;
};

/* Adds a copy of `length` bytes; false, and nothing is added, when there is no memory. */
bool bytes_append(struct bytes *bytes, const char *data, size_t length);

void bytes_free(struct bytes *bytes);

#endif
