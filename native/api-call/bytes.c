/* bytes.c: see bytes.h. */
#include "bytes.h"

#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* Makes room for `more` bytes. Doubling keeps the copying in proportion to the bytes kept. */
static bool make_room(struct bytes *bytes, size_t more) {
  if (more <= bytes->capacity - bytes->length) return true;
  if (more > SIZE_MAX / 2 - bytes->length) return false;
  size_t capacity = bytes->capacity == 0 ? 4096 : bytes->capacity;
  while (capacity < bytes->length + more) capacity *= 2;
  char *data = realloc(bytes->data, capacity);
  if (data == NULL) return false;
  bytes->data = data;
  bytes->capacity = capacity;
  return true;
}

bool bytes_append(struct bytes *bytes, const char *data, size_t length) {
  if (length == 0) return true;
  if (!make_room(bytes, length)) return false;
  memcpy(bytes->data + bytes->length, data, length);
  bytes->length += length;
  return true;
}

void bytes_free(struct bytes *bytes) {
  free(bytes->data);
  *bytes = (struct bytes){0};
}
