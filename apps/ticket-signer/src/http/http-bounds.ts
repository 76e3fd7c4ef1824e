/**
 * What one connection may cost, apart from what `limits` of the configuration sets. A connection carries
 * one request: signatures are rare, and what has ended cannot be kept open.
 */

export const MAX_HEADER_BYTES = 8 << 10;
export const MAX_HEADERS = 64;
/** A connection on which nothing moves for this long is closed, even if its answer is not read. */
export const STALLED_MS = 30_000;
/** What has waited for its turn for longer is told to come back, while it still listens. */
export const MAX_WAIT_MS = 20_000;
/** A handshake is a few round trips: no longer than this, signatures in between included (milliseconds). */
export const HANDSHAKE_MS = 5000;
/** Handshakes under way, of one address and of all: a caller with several connections at once has room. */
export const HANDSHAKES = { perAddress: 40, all: 240 } as const;
/** How often slow requests are looked for. */
export const CHECK_MS = 500;
/** Connections that wait in the kernel's queue; as in the socket units. */
export const BACKLOG = 128;
/** How long, and how much, a refused client may go on sending, so that it sees its answer. */
export const LINGER = { ms: 2000, bytes: 4 << 20, leastChunk: 1 << 10 };
/** For each request that may be under way, connections of the caller that are told to come back. */
export const TOLD_PER_SERVED = 4;
/** Those under way when the server stops have this long to be answered (milliseconds). */
export const STOP_MS = 500;
