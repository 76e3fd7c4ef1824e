/* refuse.c: see refuse.h. */
#include "refuse.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { TEXT_MAX = 400 };

void complain(const char *text) {
  char line[TEXT_MAX + 32];
  const int length = snprintf(line, sizeof line, "sliver-shell: %.*s\n", TEXT_MAX, text);
  /* Nothing can be done when this fails; the exit status says it too. */
  if (write(STDERR_FILENO, line, (size_t)length) == -1) return;
}

void refuse(const char *format, ...) {
  char text[TEXT_MAX];
  va_list values;
  va_start(values, format);
  vsnprintf(text, sizeof text, format, values);
  va_end(values);
  complain(text);
  _exit(REFUSED);
}

void refuse_errno(const char *format, ...) {
  const int error = errno;
  char text[TEXT_MAX];
  va_list values;
  va_start(values, format);
  vsnprintf(text, sizeof text, format, values);
  va_end(values);
  refuse("%s: %s", text, strerror(error));
}
