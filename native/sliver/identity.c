/* identity.c: see identity.h. */
#include "identity.h"

#include <stdint.h>
#include <string.h>

#include "places.h"

#define SITE "abcdefghijklmnopqrstuvwxyz0123456789."
#define PROJECT SITE "ABCDEFGHIJKLMNOPQRSTUVWXYZ_"

bool is_sliver_name(const char *name) {
  const size_t site = strspn(name, SITE);
  if (site == 0 || name[site] != '_') return false;
  const size_t project = strspn(name + site + 1, PROJECT);
  const size_t length = site + 1 + project;
  return project > 0 && name[length] == '\0' && length <= SLIVER_NAME_MAX && name[0] != '.' &&
         name[length - 1] != '.' && strstr(name, "..") == NULL;
}

bool parse_base(const char *digits, uid_t *base) {
  const size_t length = strlen(digits);
  uint64_t value = 0;
  if (length == 0 || length > 10) return false;
  for (const char *c = digits; *c != '\0'; c++) {
    if (*c < '0' || *c > '9') return false;
    value = value * 10 + (uint64_t)(*c - '0');
  }
  /* The last id, (uid_t)-1, means 'no change' to chown(2): nobody's. */
  if (value < NODEMGR_IDS || value > UINT32_MAX - NODEMGR_IDS) return false;
  *base = (uid_t)value;
  return true;
}
