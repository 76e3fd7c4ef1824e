/* give_up.c: see give_up.h. */
#include "give_up.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 1024 };

void give_up(int status, const char *format, ...) {
  char text[TEXT_MAX];
  va_list values;
  va_start(values, format);
  vsnprintf(text, sizeof text, format, values);
  va_end(values);
  fprintf(stderr, "sliver-run: %s\n", text);
  exit(status);
}

void give_up_errno(const char *format, ...) {
  const int error = errno;
  char text[TEXT_MAX];
  va_list values;
  va_start(values, format);
  vsnprintf(text, sizeof text, format, values);
  va_end(values);
  give_up(FAILED, "%s: %s", text, strerror(error));
}
