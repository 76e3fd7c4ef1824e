/** Makes one XML-RPC call, by whatever way leads to the API. */
import {
  type DecodeBounds,
  decodeResponse,
  encodeCall,
  type XmlRpcAnswer,
  type XmlRpcValue,
} from '@nodemgr/xml-rpc';

/** Largest answer taken: DumpDatabase of a full node, with room to spare. */
export const MAX_ANSWER_BYTES = 256 << 20;
const BOUNDS: DecodeBounds = { maxDepth: 100, maxValues: 5_000_000, maxText: MAX_ANSWER_BYTES };

/** A way to the API: takes a methodCall there and returns the body of the answer. Rejects with Fault. */
export type PostCall = (body: string, deadlineMs: number) => Promise<Uint8Array>;

export interface ApiCall {
  readonly post: PostCall;
  readonly method: string;
  readonly params: readonly XmlRpcValue[];
  /** For the whole of it, answer included. */
  readonly deadlineMs: number;
}

/**
 * callApi returns the API's answer, a value or a fault. Rejects with Fault: `unavailable` when
 * nobody answers in time, `not-xml-rpc` when the answer is none that can be read, and RangeError
 * for a parameter that XML-RPC cannot carry.
 */
export async function callApi({
  post,
  method,
  params,
  deadlineMs,
}: ApiCall): Promise<XmlRpcAnswer> {
  return decodeResponse(await post(encodeCall(method, params), deadlineMs), BOUNDS);
}
