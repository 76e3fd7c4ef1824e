/** Answers GetSlivers from the served document, rightly or as `--faults` says; one log line a call. */
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Logger } from '@nodemgr/daemon';
import { Fault } from '@nodemgr/faults';
import { epochSeconds } from '@nodemgr/records';
import { parseSlicesXml } from '@nodemgr/slices-xml';
import { decodeCall, encodeFault, encodeResponse } from '@nodemgr/xml-rpc';
import { makeAnswer } from './make-answer.ts';
import { type CallPlan, type Manner, planCall } from './plan-call.ts';
import type { DocumentFile } from './served-document.ts';

export interface ApiOptions {
  readonly file: DocumentFile;
  /** The key of all nodes. */
  readonly key: string;
  /** How the calls are answered, in turn, and from the start again. */
  readonly manners: readonly Manner[];
  readonly log: Logger;
}

const compress = promisify(gzip);
const XML = 'text/xml; charset=utf-8';
const HTML = '<!DOCTYPE html>\n<html><body><h1>Internal Server Error</h1></body></html>\n';
const MAX_CALL_BYTES = 64 << 10;
const NOT_NOW = 111;

function planOf(body: string, key: string): CallPlan {
  try {
    return planCall(decodeCall(Buffer.from(body)), key);
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return { fault: NOT_NOW, text: error.message };
  }
}

async function readCall(request: IncomingMessage): Promise<string> {
  const length = Number(request.headers['content-length'] ?? Number.NaN);
  // Chunked calls are nobody's that this PLC is for.
  if (!(length <= MAX_CALL_BYTES)) throw new Error(`a call has at most ${MAX_CALL_BYTES} bytes`);
  return text(request);
}

export class ApiOffice {
  readonly #options: ApiOptions;
  #calls = 0;

  constructor(options: ApiOptions) {
    this.#options = options;
  }

  /** serve answers one POST; rejects where no answer can be made. */
  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { manners, key, log } = this.#options;
    const plan = planOf(await readCall(request), key);
    const manner = manners[this.#calls % manners.length] ?? 'rightly';
    this.#calls += 1;
    log.info({ ...plan, manner }, 'call');
    if (manner === 'html') response.writeHead(200, { 'content-type': 'text/html' }).end(HTML);
    else if (manner === 'crash') response.writeHead(500, { 'content-type': 'text/html' }).end(HTML);
    else if (manner === 'nothing') response.writeHead(200, { 'content-type': XML }).end();
    else await this.#answer(request, response, { plan, manner });
  }

  async #answer(
    request: IncomingMessage,
    response: ServerResponse,
    { plan, manner }: { readonly plan: CallPlan; readonly manner: Manner },
  ): Promise<void> {
    const whole = Buffer.from(await this.#textFor(plan, manner));
    const zips = String(request.headers['accept-encoding'] ?? '').includes('gzip');
    const body = zips ? await compress(whole) : whole;
    const encoding = zips ? { 'content-encoding': 'gzip' } : {};
    response.writeHead(200, { 'content-type': XML, ...encoding, 'content-length': body.length });
    const half = body.subarray(0, body.length / 2);
    if (manner === 'cut') response.write(half, () => response.destroy());
    // The rest never comes: whoever asked has a deadline.
    else if (manner === 'slow') response.write(half);
    else response.end(body);
  }

  async #textFor(plan: CallPlan, manner: Manner): Promise<string> {
    if (typeof manner === 'object') return encodeFault(manner.fault, 'as --faults says');
    if ('fault' in plan) return encodeFault(plan.fault, plan.text);
    const nodeId = manner === 'other-node' ? plan.nodeId + 1 : plan.nodeId;
    const served = await this.#options.file.current();
    const now = epochSeconds(Math.floor(Date.now() / 1000));
    const document = parseSlicesXml(await served.body('identity'), plan.nodeId, now);
    if (!document.ok) return encodeFault(NOT_NOW, document.reason);
    return encodeResponse(makeAnswer(document, nodeId, now));
  }
}
