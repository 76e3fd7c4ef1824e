/* take_limits.c: see take_limits.h. */
#include "take_limits.h"

#include <stddef.h>
#include <sys/resource.h>

static const struct {
  int resource;
  rlim_t most;
} LIMITS[] = {
    {RLIMIT_MEMLOCK, 8 * 1024 * 1024}, /* MLOCK_LIMIT of the kernel. */
    {RLIMIT_MSGQUEUE, 819200},         /* MQ_BYTES_MAX of the kernel. */
    {RLIMIT_SIGPENDING, 16384},
};

bool take_limits(void) {
  bool taken = true;
  for (size_t i = 0; i < sizeof LIMITS / sizeof LIMITS[0]; i++) {
    struct rlimit limit;
    if (getrlimit((__rlimit_resource_t)LIMITS[i].resource, &limit) != 0) return false;
    if (limit.rlim_max <= LIMITS[i].most) continue;
    limit.rlim_max = LIMITS[i].most;
    if (limit.rlim_cur > limit.rlim_max) limit.rlim_cur = limit.rlim_max;
    taken &= setrlimit((__rlimit_resource_t)LIMITS[i].resource, &limit) == 0;
  }
  return taken;
}
