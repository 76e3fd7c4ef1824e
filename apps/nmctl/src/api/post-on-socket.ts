/** Takes a request to the API's Unix socket on this machine. The kernel identifies the caller. */
import { request } from 'node:http';
import { Fault } from '@nodemgr/faults';
import { MAX_ANSWER_BYTES, type PostCall } from './ask-api.ts';

interface Reply {
  readonly status: number;
  readonly body: Uint8Array;
}

function post(socketPath: string, body: string, deadlineMs: number): Promise<Reply> {
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
 * postOnSocket makes the way to a socket. It rejects with Fault: `unavailable` when nobody answers in
 * time, `not-xml-rpc` for an HTTP status other than 200.
 */
export function postOnSocket(socketPath: string): PostCall {
  return async (body, deadlineMs) => {
    const reply = await post(socketPath, body, deadlineMs).catch((cause: unknown) => {
      const reason = reasonOf(cause, deadlineMs);
      throw new Fault('unavailable', `the API at ${socketPath}: ${reason}`, { cause });
    });
    if (reply.status === 200) return reply.body;
    throw new Fault('not-xml-rpc', `the API answered with HTTP status ${reply.status}`);
  };
}
