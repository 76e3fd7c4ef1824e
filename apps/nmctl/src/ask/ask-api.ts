/** Makes one XML-RPC call on the API's Unix socket. Who calls is for the kernel to say. */
import { request } from 'node:http';
import { Fault } from '@nodemgr/faults';
import {
  type DecodeBounds,
  decodeResponse,
  encodeCall,
  type XmlRpcAnswer,
  type XmlRpcValue,
} from '@nodemgr/xml-rpc';

/** Largest answer taken: DumpDatabase of a full node, with room to spare. */
const MAX_ANSWER_BYTES = 256 << 20;
const BOUNDS: DecodeBounds = { maxDepth: 100, maxValues: 5_000_000, maxText: MAX_ANSWER_BYTES };

export interface ApiCall {
  readonly socketPath: string;
  readonly method: string;
  readonly params: readonly XmlRpcValue[];
  /** For the whole of it, answer included. */
  readonly deadlineMs: number;
}

interface Reply {
  readonly status: number;
  readonly body: Uint8Array;
}

function post({ socketPath, deadlineMs }: ApiCall, body: string): Promise<Reply> {
  return new Promise((resolve, reject) => {
    const signal = AbortSignal.timeout(deadlineMs);
    const headers = { 'content-type': 'text/xml', 'content-length': Buffer.byteLength(body) };
    const options = { socketPath, path: '/RPC2', method: 'POST', headers, signal, agent: false };
    const sent = request(options, (response) => {
      const chunks: Buffer[] = [];
      let bytes = 0;
      response.on('data', (chunk: Buffer) => {
        bytes += chunk.length;
        if (bytes > MAX_ANSWER_BYTES) {
          sent.destroy(new Error(`the answer is larger than ${MAX_ANSWER_BYTES} bytes`));
        } else chunks.push(chunk);
      });
      response.on('error', reject);
      response.on('end', () =>
        resolve({ status: response.statusCode ?? 0, body: Buffer.concat(chunks) }),
      );
    });
    sent.on('error', reject);
    sent.end(body);
  });
}

function reasonOf(error: unknown, deadlineMs: number): string {
  const { name, code, message } = error as NodeJS.ErrnoException;
  if (name === 'AbortError' || name === 'TimeoutError') return `no answer in ${deadlineMs} ms`;
  if (code === 'ENOENT' || code === 'ECONNREFUSED') return 'nobody answers there';
  return message;
}

/**
 * callApi returns the API's answer, a value or a fault. Rejects with Fault: `unavailable` when
 * nobody answers in time, `not-xml-rpc` when the answer is none that can be read, and RangeError
 * for a parameter that XML-RPC cannot carry.
 */
export async function callApi(call: ApiCall): Promise<XmlRpcAnswer> {
  const body = encodeCall(call.method, call.params);
  let reply: Reply;
  try {
    reply = await post(call, body);
  } catch (cause) {
    const reason = reasonOf(cause, call.deadlineMs);
    throw new Fault('unavailable', `the API at ${call.socketPath}: ${reason}`, { cause });
  }
  if (reply.status !== 200) {
    throw new Fault('not-xml-rpc', `the API answered with HTTP status ${reply.status}`);
  }
  return decodeResponse(reply.body, BOUNDS);
}
