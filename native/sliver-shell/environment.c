/*
 * environment.c: see environment.h. What is passed on tells of the caller's terminal,
 * language and address, and may name no file: no value has a '/'.
 */
#include "environment.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "../sliver/places.h"
#include "refuse.h"

#define ALPHANUMERIC "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"

enum { VALUE_MAX = 128 };

static const char *const PASSED_ON[] = {
    "TERM",        "COLORTERM",  "LANG",          "LANGUAGE",   "LC_ALL",         "LC_CTYPE",
    "LC_NUMERIC",  "LC_TIME",    "LC_COLLATE",    "LC_MONETARY", "LC_MESSAGES",    "LC_PAPER",
    "LC_NAME",     "LC_ADDRESS", "LC_TELEPHONE",  "LC_MEASUREMENT", "LC_IDENTIFICATION",
    "SSH_CONNECTION",
};
enum { PASSED_ON_COUNT = sizeof PASSED_ON / sizeof PASSED_ON[0] };

static bool is_harmless(const char *value) {
  const size_t length = strnlen(value, VALUE_MAX + 1);
  return length > 0 && length <= VALUE_MAX && strspn(value, ALPHANUMERIC "._@:%+ -") == length;
}

static void set(const char *name, const char *value) {
  if (setenv(name, value, 1) != 0) refuse_errno("cannot set the environment");
}

void set_environment(const char *shell) {
  const char *values[PASSED_ON_COUNT];
  /* clearenv(3) forgets the strings and leaves them where they are. */
  for (int i = 0; i < PASSED_ON_COUNT; i++) values[i] = getenv(PASSED_ON[i]);
  clearenv();
  for (int i = 0; i < PASSED_ON_COUNT; i++)
    if (values[i] != NULL && is_harmless(values[i])) set(PASSED_ON[i], values[i]);
  set("HOME", "/root");
  set("USER", "root");
  set("LOGNAME", "root");
  set("PATH", NODEMGR_INSIDE_PATH);
  set("SHELL", shell);
}
