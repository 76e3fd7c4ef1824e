/* failure.c: see failure.h. */
#include "failure.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

static const char FAULT_HEAD[] =
    "<?xml version=\"1.0\"?>\n"
    "<methodResponse><fault><value><struct>"
    "<member><name>faultCode</name><value><int>111</int></value></member>"
    "<member><name>faultString</name><value><string>";
static const char FAULT_TAIL[] =
    "</string></value></member>"
    "</struct></value></fault></methodResponse>\n";
static_assert(sizeof FAULT_HEAD + sizeof FAULT_TAIL < 512, "the frame fits FAULT_DOCUMENT_MAX");

void make_printable(char *text) {
  for (char *c = text; *c != '\0'; c++)
    if (*c < ' ' || *c > '~') *c = '?';
}

bool fail(struct failure *why, const char *format, ...) {
  va_list values;
  va_start(values, format);
  vsnprintf(why->text, sizeof why->text, format, values);
  va_end(values);
  make_printable(why->text);
  return false;
}

static const char *escaped(char c) {
  switch (c) {
    case '&': return "&amp;";
    case '<': return "&lt;";
    case '>': return "&gt;";
    default: return NULL;
  }
}

static size_t put(char *at, const char *text, size_t length) {
  memcpy(at, text, length);
  return length;
}

size_t fault_document(const struct failure *why, char document[FAULT_DOCUMENT_MAX]) {
  size_t length = put(document, FAULT_HEAD, sizeof FAULT_HEAD - 1);
  for (const char *c = why->text; *c != '\0'; c++) {
    const char *entity = escaped(*c);
    length += entity == NULL ? put(document + length, c, 1)
                             : put(document + length, entity, strlen(entity));
  }
  return length + put(document + length, FAULT_TAIL, sizeof FAULT_TAIL - 1);
}
