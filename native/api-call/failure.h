/*
 * failure.h: why a call failed, in one line of text for people, and the XML-RPC fault that
 * tells the caller so.
 */
#ifndef NODEMGR_FAILURE_H
#define NODEMGR_FAILURE_H

#include <stdbool.h>
#include <stddef.h>

/* Always printable ASCII: it goes into XML and to a terminal, and may quote what others sent. */
struct failure {
  char text[400];
};

/* Makes printable ASCII of a text: whatever else is in it becomes '?'. */
void make_printable(char *text);

/* Writes the reason down and returns false, so that a check can end with `return fail(…)`. */
bool fail(struct failure *why, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* Room for any fault document: every character of the text may become five ('&amp;'). */
enum { FAULT_DOCUMENT_MAX = 5 * sizeof(struct failure) + 512 };

/*
 * Writes the XML-RPC fault (code 111, 'the node manager cannot do this now') into
 * `document` and returns its length. It allocates nothing, so it can report that memory ran out.
 */
size_t fault_document(const struct failure *why, char document[FAULT_DOCUMENT_MAX]);

#endif
