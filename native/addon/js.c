/* js.c: see js.h. Nothing here knows what the addon's functions are for. */
#include "js.h"

#include <errno.h>
#include <inttypes.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

/* A path may be part of a message, and nothing else in one is long. */
enum { MESSAGE_SIZE = PATH_MAX + 512 };

bool js_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *arguments) {
  size_t given = count;
  if (napi_get_cb_info(env, info, &given, arguments, NULL, NULL) != napi_ok) {
    js_throw_engine(env);
    return false;
  }
  if (given == count) return true;
  char message[80];
  snprintf(message, sizeof message, "takes %zu argument%s, not %zu", count, count == 1 ? "" : "s",
           given);
  napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", message);
  return false;
}

static bool throw_range_error(napi_env env, const char *what, uint64_t most) {
  char message[120];
  snprintf(message, sizeof message, "%s must be an integer from 0 to %" PRIu64, what, most);
  napi_throw_range_error(env, "ERR_OUT_OF_RANGE", message);
  return false;
}

bool js_whole_number(napi_env env, napi_value value, const char *what, uint64_t most,
                     uint64_t *number) {
  double given = 0;
  if (napi_get_value_double(env, value, &given) != napi_ok) {
    char message[120];
    snprintf(message, sizeof message, "%s must be a number", what);
    napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", message);
    return false;
  }
  /* Written so that NaN is refused too; the cast is only reached for a value that fits. */
  if (!(given >= 0 && given <= (double)most) || (double)(uint64_t)given != given)
    return throw_range_error(env, what, most);
  *number = (uint64_t)given;
  return true;
}

bool js_fd(napi_env env, napi_value value, int *fd) {
  uint64_t number;
  if (!js_whole_number(env, value, "a file descriptor", INT_MAX, &number)) return false;
  *fd = (int)number;
  return true;
}

static bool string_length(napi_env env, napi_value value, const char *what, size_t *length) {
  if (napi_get_value_string_utf8(env, value, NULL, 0, length) == napi_ok) return true;
  char message[80];
  snprintf(message, sizeof message, "%s must be a string", what);
  napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", message);
  return false;
}

bool js_string(napi_env env, napi_value value, const char *what, int too_long, char *buffer,
               size_t size, size_t *length) {
  if (!string_length(env, value, what, length)) return false;
  if (*length >= size) {
    js_throw(env, too_long, "%s of %zu bytes, at most %zu fit", what, *length, size - 1);
    return false;
  }
  if (napi_get_value_string_utf8(env, value, buffer, size, length) != napi_ok) {
    js_throw_engine(env);
    return false;
  }
  if (*length == 0 || memchr(buffer, '\0', *length) != NULL) {
    js_throw(env, EINVAL, "%s is empty or contains a NUL", what);
    return false;
  }
  return true;
}

static const char *errno_name(int error) {
  const char *name = strerrorname_np(error);
  return name == NULL ? "EUNKNOWN" : name;
}

static const char *errno_meaning(int error) {
  const char *meaning = strerrordesc_np(error);
  return meaning == NULL ? "unknown error" : meaning;
}

/* Makes the Error itself rather than napi_throw_error, so that `code` is always there. */
static bool throw_coded(napi_env env, const char *code, const char *message) {
  napi_value code_value, message_value, error;
  return napi_create_string_utf8(env, code, NAPI_AUTO_LENGTH, &code_value) == napi_ok &&
         napi_create_string_utf8(env, message, NAPI_AUTO_LENGTH, &message_value) == napi_ok &&
         napi_create_error(env, code_value, message_value, &error) == napi_ok &&
         napi_throw(env, error) == napi_ok;
}

napi_value js_throw(napi_env env, int error, const char *format, ...) {
  char doing[MESSAGE_SIZE];
  va_list values;
  va_start(values, format);
  vsnprintf(doing, sizeof doing, format, values);
  va_end(values);

  char message[MESSAGE_SIZE + 128];
  snprintf(message, sizeof message, "%s: %s (%s)", doing, errno_meaning(error), errno_name(error));
  if (!throw_coded(env, errno_name(error), message)) js_throw_engine(env);
  return NULL;
}

napi_value js_throw_engine(napi_env env) {
  bool pending = false;
  if (napi_is_exception_pending(env, &pending) != napi_ok || !pending)
    napi_throw_error(env, "ERR_NODE_API", "the JavaScript engine refused a Node-API call");
  return NULL;
}

napi_value js_integer(napi_env env, long long value) {
  napi_value result;
  return napi_create_int64(env, value, &result) == napi_ok ? result : js_throw_engine(env);
}

napi_value js_boolean(napi_env env, bool value) {
  napi_value result;
  return napi_get_boolean(env, value, &result) == napi_ok ? result : js_throw_engine(env);
}

napi_value js_undefined(napi_env env) {
  napi_value result;
  return napi_get_undefined(env, &result) == napi_ok ? result : js_throw_engine(env);
}

napi_value js_text(napi_env env, const char *text) {
  napi_value result;
  return napi_create_string_utf8(env, text, NAPI_AUTO_LENGTH, &result) == napi_ok
             ? result
             : js_throw_engine(env);
}

napi_value js_object(napi_env env) {
  napi_value result;
  return napi_create_object(env, &result) == napi_ok ? result : js_throw_engine(env);
}

bool js_set(napi_env env, napi_value object, const char *name, napi_value value) {
  if (value == NULL) return false;
  if (napi_set_named_property(env, object, name, value) == napi_ok) return true;
  js_throw_engine(env);
  return false;
}

bool js_get(napi_env env, napi_value object, const char *what, const char *name,
            napi_value *value) {
  napi_valuetype type;
  if (napi_typeof(env, object, &type) == napi_ok && type == napi_object) {
    if (napi_get_named_property(env, object, name, value) == napi_ok) return true;
    js_throw_engine(env);
    return false;
  }
  char message[120];
  snprintf(message, sizeof message, "%s must be an object", what);
  napi_throw_type_error(env, "ERR_INVALID_ARG_TYPE", message);
  return false;
}
