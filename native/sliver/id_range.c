/* id_range.c: see id_range.h. */
#include "id_range.h"

#include <string.h>

#include "identity.h"

bool find_id_range(FILE *ranges, const char *name, uid_t *base) {
  char line[256], wanted[64], digits[32];
  int found = 0;
  snprintf(wanted, sizeof wanted, "%s:", name);
  while (fgets(line, sizeof line, ranges) != NULL) {
    if (strncmp(line, wanted, strlen(wanted)) != 0) continue;
    int used = 0;
    const char *range = line + strlen(wanted);
    const bool whole = sscanf(range, "%31[0-9]:65536%n", digits, &used) == 1 && used > 0 &&
                       range[used] == '\n' && parse_base(digits, base);
    /* Any other line that begins with NAME: makes it nobody's range. */
    found += whole ? 1 : 2;
  }
  return found == 1;
}
