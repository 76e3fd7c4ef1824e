/*
 * js.h: what every function of the addon needs from Node-API: arguments checked before
 * they are used, and errors thrown as JavaScript Errors that have a `code`.
 *
 * A function that returns false or NULL here has left an exception pending; its caller
 * returns NULL to JavaScript at once and calls nothing more of Node-API.
 */
#ifndef NODEMGR_ADDON_JS_H
#define NODEMGR_ADDON_JS_H

#include <node_api.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* Takes the call's arguments; throws a TypeError unless there are exactly `count`. */
bool js_arguments(napi_env env, napi_callback_info info, size_t count, napi_value *arguments);

/* Takes a file descriptor: an integer from 0 to INT_MAX. */
bool js_fd(napi_env env, napi_value value, int *fd);

/* Takes an integer from 0 to `most` (at most 2^53 - 1); `what` names it in messages. */
bool js_whole_number(napi_env env, napi_value value, const char *what, uint64_t most,
                     uint64_t *number);

/*
 * Takes a string as UTF-8 into `buffer` of `size` bytes, with a terminating NUL.
 * An empty string and one with a NUL inside throw EINVAL; one that does not fit throws
 * `too_long` (an errno). `what` names the argument in messages.
 */
bool js_string(napi_env env, napi_value value, const char *what, int too_long, char *buffer,
               size_t size, size_t *length);

/*
 * Throws an Error whose `code` is the name of `error` (an errno, 'EBADF') and whose message
 * is the formatted text followed by the error's meaning. Returns NULL.
 */
napi_value js_throw(napi_env env, int error, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

/* Throws for a Node-API call that failed, unless an exception is pending already. Returns NULL. */
napi_value js_throw_engine(napi_env env);

/* Values for JavaScript; NULL (with an exception pending) when the engine cannot make them. */
napi_value js_integer(napi_env env, long long value);
napi_value js_boolean(napi_env env, bool value);
napi_value js_undefined(napi_env env);
napi_value js_text(napi_env env, const char *text);
napi_value js_object(napi_env env);

/*
 * Gives `object` a property. False, with an exception pending, when it cannot or when `value` is
 * NULL, so that the makers of values above need no check of their own.
 */
bool js_set(napi_env env, napi_value object, const char *name, napi_value value);

/* Takes the property `name` of `object`, which `what` names: a TypeError when that is no object. */
bool js_get(napi_env env, napi_value object, const char *what, const char *name,
            napi_value *value);

#endif
