/* request_end.c: see request_end.h. XML 1.0, sections 2.5 to 2.7 and 3.1. */
#include "request_end.h"

#include <string.h>

static const char COMMENT[] = "!--";
static const char CDATA[] = "![CDATA[";
static const char END_TAG[] = "/methodCall";

static bool is_space(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n'; }

static bool begins(const struct request_end *end, const char *whole) {
  return end->token_length <= strlen(whole) && memcmp(end->token, whole, end->token_length) == 0;
}

static bool is_whole(const struct request_end *end, const char *whole) {
  return end->token_length == strlen(whole) && begins(end, whole);
}

/* What the markup is, as far as it has been read. */
static enum markup kind_of(const struct request_end *end, char newest) {
  if (end->token[0] == '?') return IN_INSTRUCTION;
  if (is_whole(end, COMMENT)) return IN_COMMENT;
  if (is_whole(end, CDATA)) return IN_CDATA;
  if (is_whole(end, END_TAG)) return IN_END_TAG;
  if (begins(end, COMMENT) || begins(end, CDATA) || begins(end, END_TAG)) return IN_MARKUP;
  return newest == '>' ? IN_TEXT : IN_TAG;
}

static enum markup read_token(struct request_end *end, char c) {
  end->token[end->token_length++] = c;
  const enum markup kind = kind_of(end, c);
  /* What opens a section is no part of what closes it: <!--> is not a whole comment. */
  if (kind != IN_MARKUP) memset(end->before, 0, sizeof end->before);
  return kind;
}

static bool closes(const struct request_end *end, char c, char before, char one_before) {
  return c == '>' && end->before[1] == before && (one_before == 0 || end->before[0] == one_before);
}

/* Where the next character is in; `*over` when it ends the request. */
static enum markup step(struct request_end *end, char c, bool *over) {
  switch (end->in) {
    case IN_TEXT:
      end->token_length = 0;
      return c == '<' ? IN_MARKUP : IN_TEXT;
    case IN_MARKUP: return read_token(end, c);
    case IN_TAG: return c == '>' ? IN_TEXT : IN_TAG;
    case IN_END_TAG:
      *over = c == '>';
      return is_space(c) || *over ? IN_END_TAG : IN_TAG;
    case IN_COMMENT: return closes(end, c, '-', '-') ? IN_TEXT : IN_COMMENT;
    case IN_CDATA: return closes(end, c, ']', ']') ? IN_TEXT : IN_CDATA;
    case IN_INSTRUCTION: return closes(end, c, '?', 0) ? IN_TEXT : IN_INSTRUCTION;
  }
  return IN_TEXT;
}

size_t find_request_end(struct request_end *end, const char *data, size_t length) {
  for (size_t i = 0; i < length; i++) {
    const enum markup was = end->in;
    bool over = false;
    end->in = step(end, data[i], &over);
    if (over) return i + 1;
    if (was == IN_MARKUP) continue;
    end->before[0] = end->before[1];
    end->before[1] = data[i];
  }
  return 0;
}
