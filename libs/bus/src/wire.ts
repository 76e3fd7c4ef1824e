/** The bodies of the bus: JSON, checked by schema on both ends. No sockets here. */
import { FAULT_NAMES, Fault } from '@nodemgr/faults';
import * as z from 'zod';
import { MAX_MESSAGE_BYTES } from './socket-file.ts';

export const requestSchema = z.object({
  method: z.string().max(64),
  /** CLOCK_MONOTONIC in milliseconds: after it nobody waits for the answer. */
  deadline: z.number(),
  params: z.unknown(),
});
export type Request = z.infer<typeof requestSchema>;

export const answerSchema = z.union([
  z.object({ ok: z.literal(true), result: z.unknown() }),
  z.object({ ok: z.literal(false), kind: z.enum(FAULT_NAMES), message: z.string() }),
]);
export type Answer = z.infer<typeof answerSchema>;

/** monotonicMs returns a time that two processes on one machine agree on and no clock change moves. */
export function monotonicMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}

/** checked returns `value` as the schema has it; throws `bad-argument` naming what was wrong and where. */
export function checked<T>(schema: z.ZodType<T>, value: unknown, what: string): T {
  const outcome = schema.safeParse(value);
  if (outcome.success) return outcome.data;
  const [issue] = outcome.error.issues;
  const where = issue?.path.length ? ` at ${issue.path.map(String).join('.')}` : '';
  throw new Fault('bad-argument', `${what}${where}: ${issue?.message ?? 'does not fit'}`);
}

/** parseJson returns what `text` holds; throws `bad-argument` when it is not JSON. */
export function parseJson(text: string, what: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new Fault('bad-argument', `${what} is not JSON`, { cause });
  }
}

/** encodeBody returns `value` as JSON; throws `bad-argument` when it is more than a message may hold. */
export function encodeBody(value: unknown, what: string): string {
  const tooLarge = `${what} is larger than the ${MAX_MESSAGE_BYTES >> 20} MiB of a message`;
  let body: string;
  try {
    body = JSON.stringify(value);
  } catch (cause) {
    // "Invalid string length": it would not even fit into a string.
    if (cause instanceof RangeError) throw new Fault('bad-argument', tooLarge, { cause });
    throw cause;
  }
  if (Buffer.byteLength(body) > MAX_MESSAGE_BYTES) throw new Fault('bad-argument', tooLarge);
  return body;
}
