/* sliver.c: see sliver.h. */
#include "sliver.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../sliver/identity.h"
#include "give_up.h"

#define DIGITS "0123456789"
#define LOWER "abcdefghijklmnopqrstuvwxyz" DIGITS
#define ALPHANUMERIC "ABCDEFGHIJKLMNOPQRSTUVWXYZ" LOWER

enum { MACHINE_MAX = 64, IMAGE_NAME_MAX = 64, VERSION_DIGITS_MAX = 9 };

/* A host name's label: no '-' at either end (RFC 1123, section 2.1). */
static bool is_machine(const char *text) {
  const size_t length = strlen(text);
  return length > 0 && length <= MACHINE_MAX && strspn(text, ALPHANUMERIC "-") == length &&
         text[0] != '-' && text[length - 1] != '-';
}

/* ^[a-z0-9][a-z0-9._-]{0,63}@[1-9][0-9]{0,8}$: never '.', '..' or a path. */
static bool is_image(const char *text) {
  const size_t name = strspn(text, LOWER "._-");
  if (name == 0 || name > IMAGE_NAME_MAX || text[name] != '@') return false;
  const char *version = text + name + 1;
  const size_t digits = strspn(version, DIGITS);
  return strspn(text, LOWER) > 0 && digits > 0 && digits <= VERSION_DIGITS_MAX &&
         version[digits] == '\0' && version[0] != '0';
}

static const char *take(const char *variable, bool (*is_right)(const char *)) {
  const char *value = getenv(variable);
  if (value == NULL) give_up(MISUSED, "the environment has no %s", variable);
  if (!is_right(value)) give_up(MISUSED, "%s is not right: '%.100s'", variable, value);
  return value;
}

static bool is_base(const char *text) {
  uid_t base;
  return parse_base(text, &base);
}

struct sliver take_sliver(const char *name) {
  if (!is_sliver_name(name)) give_up(MISUSED, "not a sliver's name: '%.100s'", name);
  struct sliver sliver = {
      .name = name,
      .machine = take("NODEMGR_MACHINE", is_machine),
      .image = take("NODEMGR_IMAGE", is_image),
  };
  parse_base(take("NODEMGR_BASE", is_base), &sliver.base);
  return sliver;
}
