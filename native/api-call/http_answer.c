/* http_answer.c: see http_answer.h. Lines are taken one at a time, bodies in pieces. */
#include "http_answer.h"

#include <string.h>
#include <strings.h>

static bool is_digit(char c) { return c >= '0' && c <= '9'; }

static int hex_digit(char c) {
  if (is_digit(c)) return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  if (c >= 'A' && c <= 'F') return c - 'A' + 10;
  return -1;
}

static bool too_big(struct failure *why) {
  return fail(why, "the API's answer is bigger than %d bytes", HTTP_BODY_MAX);
}

static bool malformed(struct failure *why, const char *what, const char *line) {
  return fail(why, "the API's answer is not HTTP: %s '%.80s'", what, line);
}

/* Keeps body bytes, or says why they cannot be kept. */
static bool keep(struct http_answer *answer, const char *data, size_t length,
                 struct failure *why) {
  if (length > HTTP_BODY_MAX - answer->body.length) return too_big(why);
  if (!bytes_append(&answer->body, data, length)) return fail(why, "out of memory");
  return true;
}

/* 'HTTP/1.1 200 OK'. Any final status but 200 ends the call here: its body is of no use. */
static bool take_status_line(struct http_answer *answer, const char *line, struct failure *why) {
  const bool shaped = strncmp(line, "HTTP/1.", 7) == 0 && is_digit(line[7]) && line[8] == ' ' &&
                      line[9] >= '1' && line[9] <= '9' && is_digit(line[10]) &&
                      is_digit(line[11]) && (line[12] == ' ' || line[12] == '\0');
  if (!shaped) return malformed(why, "it begins with", line);
  answer->interim = line[9] == '1' && strncmp(line + 9, "101", 3) != 0;
  if (!answer->interim && strncmp(line + 9, "200", 3) != 0)
    return fail(why, "the API answered with status %.100s", line + 9);
  answer->phase = HTTP_HEADERS;
  return true;
}

/* Digits only: no sign, no list. Lengths that differ from an earlier one are refused. */
static bool take_content_length(struct http_answer *answer, const char *value,
                                struct failure *why) {
  size_t length = 0;
  if (*value == '\0') return malformed(why, "Content-Length", value);
  for (const char *c = value; *c != '\0'; c++) {
    if (!is_digit(*c)) return malformed(why, "Content-Length", value);
    length = length * 10 + (size_t)(*c - '0');
    if (length > HTTP_BODY_MAX) return too_big(why);
  }
  if (answer->sized && answer->missing != length)
    return malformed(why, "a second Content-Length", value);
  answer->sized = true;
  answer->missing = length;
  return true;
}

static bool take_transfer_encoding(struct http_answer *answer, const char *value,
                                   struct failure *why) {
  if (answer->chunked || strcasecmp(value, "chunked") != 0)
    return malformed(why, "Transfer-Encoding", value);
  answer->chunked = true;
  return true;
}

/* Cuts 'Name: value' in two in place; NULL when it is not a header. */
static char *split_header(char *line) {
  const size_t name_length = strcspn(line, ": \t");
  if (name_length == 0 || line[name_length] != ':') return NULL;
  line[name_length] = '\0';
  char *value = line + name_length + 1;
  value += strspn(value, " \t");
  size_t length = strlen(value);
  while (length > 0 && strchr(" \t", value[length - 1]) != NULL) length--;
  value[length] = '\0';
  return value;
}

static bool take_header(struct http_answer *answer, char *line, struct failure *why) {
  const char *value = split_header(line);
  if (value == NULL) return malformed(why, "a header", line);
  if (answer->interim) return true;
  if (strcasecmp(line, "Content-Length") == 0) return take_content_length(answer, value, why);
  if (strcasecmp(line, "Transfer-Encoding") == 0) return take_transfer_encoding(answer, value, why);
  return true;
}

/* The empty line after the headers: what follows them, and how it ends. */
static bool end_headers(struct http_answer *answer, struct failure *why) {
  if (answer->chunked && answer->sized)
    return fail(why, "the API's answer gives both a length and chunks");
  if (answer->interim)
    answer->phase = HTTP_STATUS_LINE;
  else if (answer->chunked)
    answer->phase = HTTP_CHUNK_SIZE;
  else if (!answer->sized)
    answer->phase = HTTP_OPEN_BODY;
  else
    answer->phase = answer->missing == 0 ? HTTP_WHOLE : HTTP_SIZED_BODY;
  return true;
}

/* '1a2b', perhaps with ';extension' after it. */
static bool take_chunk_size(struct http_answer *answer, const char *line, struct failure *why) {
  size_t size = 0;
  const char *c = line;
  for (; hex_digit(*c) != -1; c++) {
    size = size * 16 + (size_t)hex_digit(*c);
    if (size > HTTP_BODY_MAX) return too_big(why);
  }
  const char *after = c + strspn(c, " \t");
  if (c == line || (*after != '\0' && *after != ';'))
    return malformed(why, "a chunk of size", line);
  answer->missing = size;
  answer->phase = size == 0 ? HTTP_TRAILERS : HTTP_CHUNK_DATA;
  return true;
}

static bool take_line(struct http_answer *answer, char *line, struct failure *why) {
  switch (answer->phase) {
    case HTTP_STATUS_LINE:
      return take_status_line(answer, line, why);
    case HTTP_HEADERS:
      return *line == '\0' ? end_headers(answer, why) : take_header(answer, line, why);
    case HTTP_CHUNK_SIZE:
      return take_chunk_size(answer, line, why);
    case HTTP_CHUNK_END:
      if (*line != '\0') return malformed(why, "after a chunk", line);
      answer->phase = HTTP_CHUNK_SIZE;
      return true;
    default: /* HTTP_TRAILERS: passed over up to the empty line. */
      if (*line == '\0') answer->phase = HTTP_WHOLE;
      return true;
  }
}

/* Ends the collected line: without its CR, with a NUL, and without control characters. */
static bool end_line(struct http_answer *answer, struct failure *why) {
  if (answer->line_length > 0 && answer->line[answer->line_length - 1] == '\r')
    answer->line_length--;
  answer->line[answer->line_length] = '\0';
  for (size_t i = 0; i < answer->line_length; i++)
    if ((unsigned char)answer->line[i] < ' ' && answer->line[i] != '\t')
      return malformed(why, "a control character in", answer->line);
  answer->line_length = 0;
  return take_line(answer, answer->line, why);
}

/* Chunk sizes are not counted: there may be many, and the body's bound holds them. */
static bool count_head(struct http_answer *answer, size_t length, struct failure *why) {
  if (answer->phase == HTTP_CHUNK_SIZE || answer->phase == HTTP_CHUNK_END) return true;
  answer->head_length += length;
  if (answer->head_length <= HTTP_HEAD_MAX) return true;
  return fail(why, "the headers of the API's answer are longer than %d bytes", HTTP_HEAD_MAX);
}

/* Takes bytes up to the end of the line, or all of them. Returns how many; 0 is a failure. */
static size_t feed_line(struct http_answer *answer, const char *data, size_t length,
                        struct failure *why) {
  const char *end = memchr(data, '\n', length);
  const size_t part = end == NULL ? length : (size_t)(end - data);
  const size_t taken = end == NULL ? part : part + 1;
  if (!count_head(answer, taken, why)) return 0;
  if (part >= HTTP_LINE_MAX - answer->line_length) {
    fail(why, "a line of the API's answer is longer than %d bytes", HTTP_LINE_MAX - 1);
    return 0;
  }
  memcpy(answer->line + answer->line_length, data, part);
  answer->line_length += part;
  if (end != NULL && !end_line(answer, why)) return 0;
  return taken;
}

/* Takes bytes of a sized body or a chunk. Returns how many; 0 is a failure. */
static size_t feed_counted(struct http_answer *answer, const char *data, size_t length,
                           struct failure *why) {
  const size_t part = length < answer->missing ? length : answer->missing;
  if (!keep(answer, data, part, why)) return 0;
  answer->missing -= part;
  if (answer->missing == 0)
    answer->phase = answer->phase == HTTP_SIZED_BODY ? HTTP_WHOLE : HTTP_CHUNK_END;
  return part;
}

static size_t feed_part(struct http_answer *answer, const char *data, size_t length,
                        struct failure *why) {
  switch (answer->phase) {
    case HTTP_SIZED_BODY:
    case HTTP_CHUNK_DATA:
      return feed_counted(answer, data, length, why);
    case HTTP_OPEN_BODY:
      return keep(answer, data, length, why) ? length : 0;
    default:
      return feed_line(answer, data, length, why);
  }
}

bool http_answer_feed(struct http_answer *answer, const char *data, size_t length,
                      struct failure *why) {
  while (length > 0 && answer->phase != HTTP_WHOLE) {
    const size_t taken = feed_part(answer, data, length, why);
    if (taken == 0) return false;
    data += taken;
    length -= taken;
  }
  return true;
}

bool http_answer_end(struct http_answer *answer, struct failure *why) {
  if (answer->phase == HTTP_OPEN_BODY) answer->phase = HTTP_WHOLE;
  if (answer->phase == HTTP_WHOLE) return true;
  if (answer->head_length == 0)
    return fail(why, "the API closed the connection without an answer");
  return fail(why, "the API's answer was cut short");
}
