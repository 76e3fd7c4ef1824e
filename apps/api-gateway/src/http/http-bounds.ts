/**
 * What one client may cost the API over HTTP, in one place. `api.*` of nodemgr.toml sets what depends
 * on a node (connections, bytes of a body, seconds of a request and of a write); what is here does
 * not. Only figures and their reasons: others keep to them.
 *
 *   of a connection   api.max_connections in all; of an account, of all ordinary users together, and
 *                     of each of them connection-places.ts; 408 or closed when nothing is asked for
 *                     KEEP_ALIVE_MS, or nothing moves for STALLED_MS
 *   of a header       431 over MAX_HEADER_BYTES or MAX_HEADERS
 *   of a body         413 over api.max_body_bytes; 503 when all together are too much (BodyRoom);
 *                     closed when it comes in crumbs (api-request.ts), and its caller kept
 *                     away for a second (crumb-bans.ts)
 *   of a request      408 after api.request_seconds, headers and body; 503 over MAX_PIPELINED or
 *                     MAX_PIPELINED_BYTES, once those before it are answered
 *   under way         one of a connection, so api.max_connections in all; MAX_BEGUN_A_TURN of all
 *                     callers in one turn of the loop, in rotation (caller-queues.ts); 32 changes of a
 *                     caller and 64 in all, beside them one ticket in all, in rotation likewise, each
 *                     given up after 20 s of waiting (make-writes.ts); one multicall of a caller, 4 of
 *                     all ordinary users (multicall.ts). Which callers are one: caller-shares.ts
 *   of an answer      fault 111 after ANSWER_MS; closed when it is not read for STALLED_MS, or sooner
 *                     when unread ones are too much (UnsentAnswers)
 */

export const MAX_HEADER_BYTES = 16 << 10;
/** Known clients send six. Each is an object, and node:http drops what is over its own limit unseen. */
export const MAX_HEADERS = 100;
export const KEEP_ALIVE_MS = 15_000;
/** A connection on which nothing moves for this long is closed, even if its answer is not read. */
export const STALLED_MS = 60_000;
/**
 * A change or a ticket may wait 20 s for its turn and take api.write_seconds; a multicall's last call begins
 * within 20 s. This is only for what outlasts them, and before STALLED_MS, which says nothing.
 */
export const ANSWER_MS = 50_000;
/** How long, and how much, a refused client may go on sending. */
export const LINGER = { ms: 2000, bytes: 16 << 20, leastChunk: 0 };
/** Requests that a client may send ahead of their answers. */
export const MAX_PIPELINED = 100;
/** What those may hold, of one connection: a hundred ordinary ones have 50 KiB. */
export const MAX_PIPELINED_BYTES = 256 << 10;
/**
 * Requests begun in one turn of the event loop, some 60 µs each: what a caller with a single one
 * waits for while others ask as fast as they can. New callers wait longer, for libuv accepts one
 * connection a turn. Measured with 250 busy connections of one account, another's calls take 1.2 ms
 * with 8 (32: 4 ms; no bound: 23 ms), and 16 answers 5% more calls a second than 8.
 */
export const MAX_BEGUN_A_TURN = 16;
/**
 * A request counts once more for each of these bytes of its body (one of 1 MiB can take 0.1 s to parse), so
 * that connections are accepted, and others' calls made, between any two large ones.
 */
export const BYTES_OF_A_TURN = 4 << 10;
/** The status for what there is too much of. */
export const BUSY = '503 Service Unavailable';
/** How often slow requests are looked for, at the least. */
export const MAX_CHECK_MS = 1000;
/** For a client that waits in the kernel's queue while the gateway restarts; as in the socket units. */
export const BACKLOG = 1024;
