/* api_exchange.h: one XML-RPC request and its answer over the API's Unix socket, by HTTP. */
#ifndef NODEMGR_API_EXCHANGE_H
#define NODEMGR_API_EXCHANGE_H

#include <stdbool.h>

#include "bytes.h"
#include "failure.h"

/*
 * Posts `xml` to the API at `socket_path` and puts the whole body of its answer into
 * `answer`. False, and nothing in `answer`, when there is no whole answer with status 200
 * and a body within `seconds`, connecting included.
 */
bool ask_api(const char *socket_path, int seconds, const struct bytes *xml, struct bytes *answer,
             struct failure *why);

#endif
