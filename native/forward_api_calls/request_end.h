/*
 * request_end.h: where an XML-RPC request ends: behind its </methodCall>. It tells an end tag from the same letters
 * in a comment, a CDATA section or a processing instruction, and judges nothing else: the
 * API does. A document in UTF-16 has no end here, and ends with the input.
 */
#ifndef NODEMGR_REQUEST_END_H
#define NODEMGR_REQUEST_END_H

#include <stdbool.h>
#include <stddef.h>

enum markup { IN_TEXT, IN_MARKUP, IN_TAG, IN_END_TAG, IN_COMMENT, IN_CDATA, IN_INSTRUCTION };

/* How far a request has been looked at. {0} is its beginning. */
struct request_end {
  enum markup in;
  char token[12]; /* Of the markup, behind its '<'. */
  size_t token_length;
  char before[2]; /* The last characters, the newest last. */
};

/* Looks at the next `length` bytes. Returns how many belong to the request when it ends in them, otherwise 0. */
size_t find_request_end(struct request_end *end, const char *data, size_t length);

#endif
