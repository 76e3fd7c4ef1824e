/*
 * clock_synchronised.c: clockSynchronised() -> boolean, whether the kernel's clock is kept
 * right by someone (an NTP client). adjtimex(2) with modes = 0 only asks, needs no right,
 * and is what `timedatectl` shows as 'System clock synchronized'.
 */
#include <errno.h>
#include <sys/timex.h>

#include "functions.h"
#include "js.h"

napi_value clock_synchronised(napi_env env, napi_callback_info info) {
  if (!js_arguments(env, info, 0, NULL)) return NULL;
  struct timex now = {0};
  const int state = adjtimex(&now);
  if (state == -1) return js_throw(env, errno, "ask the kernel whether the clock is synchronised");
  return js_boolean(env, state != TIME_ERROR && (now.status & STA_UNSYNC) == 0);
}
