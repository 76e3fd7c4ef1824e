/*
 * http_answer.h: takes an HTTP/1.x answer apart as its bytes come in (RFC 9112). It does no
 * I/O. The answer is believed only when it is whole: the body is kept back until then.
 *
 * Strict where leniency could make a truncated or doubtful answer look whole: contradicting
 * lengths, unknown transfer codings and folded headers are failures. Lines may end in LF.
 */
#ifndef NODEMGR_HTTP_ANSWER_H
#define NODEMGR_HTTP_ANSWER_H

#include <stdbool.h>
#include <stddef.h>

#include "bytes.h"
#include "failure.h"

enum {
  HTTP_BODY_MAX = 64 * 1024 * 1024,
  HTTP_HEAD_MAX = 64 * 1024, /* All header and trailer lines together. */
  HTTP_LINE_MAX = 8 * 1024,
};

/* What the next byte belongs to. */
enum http_phase {
  HTTP_STATUS_LINE,
  HTTP_HEADERS,
  HTTP_SIZED_BODY,   /* Content-Length says where it ends. */
  HTTP_OPEN_BODY,    /* It ends where the connection does. */
  HTTP_CHUNK_SIZE,
  HTTP_CHUNK_DATA,
  HTTP_CHUNK_END,    /* The line break after a chunk. */
  HTTP_TRAILERS,
  HTTP_WHOLE,        /* Nothing is missing; what follows is not looked at. */
};

/* {0} before the first byte. */
struct http_answer {
  enum http_phase phase;
  bool interim; /* These are the headers of a 1xx answer; the real one follows. */
  bool chunked;
  bool sized;
  size_t missing;       /* Bytes of the sized body or of this chunk still to come. */
  size_t head_length;   /* Counted against HTTP_HEAD_MAX. */
  size_t line_length;
  char line[HTTP_LINE_MAX];
  struct bytes body; /* Freed by the owner of the struct. */
};

/* Takes the next bytes. False: the answer is malformed, too big, or not a 200. */
bool http_answer_feed(struct http_answer *answer, const char *data, size_t length,
                      struct failure *why);

/* The connection has ended. False unless the answer is whole. */
bool http_answer_end(struct http_answer *answer, struct failure *why);

#endif
