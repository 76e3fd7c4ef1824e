/**
 * A PLC that answers GetSlivers over HTTPS. Each call is signed with the node's key, so that there is no session. An
 * answer is read as it comes, and of it no more is held than this node has any business to know.
 */
import type { IncomingMessage } from 'node:http';
import { readPrivateFileBefore } from '@nodemgr/config';
import { Fault } from '@nodemgr/faults';
import {
  CALL,
  complaintOf,
  condense,
  mapAnswer,
  type NodeSettings,
  signNodeCall,
  wantedOfAnswer,
} from '@nodemgr/getslivers';
import type { EpochSeconds } from '@nodemgr/records';
import {
  DEFAULT_BOUNDS,
  encodeCall,
  ResponseReader,
  type XmlRpcAnswer,
  type XmlRpcValue,
} from '@nodemgr/xml-rpc';
import { digestOf } from '../../plan-records.ts';
import type {
  DesiredStateSource,
  Known,
  Now,
  Reading,
  Recall,
  SourceAnswer,
} from '../desired-state-source.ts';
import type { FailedFetch } from '../fetch-answer.ts';
import { exchange, type HttpsPlace } from '../https/exchange.ts';
import { readBody } from '../https/read-body.ts';

export interface GetSliversOptions {
  readonly place: HttpsPlace;
  /** `plc.node_key_file`. */
  readonly keyFile: string;
  readonly settings: NodeSettings;
  readonly now: Now;
}

/** Seventeen thousand slivers with ten keys and six tags each. */
const MAX_VALUES = 1_000_000;

function readingOf(answer: XmlRpcValue, settings: NodeSettings, asOf: EpochSeconds): Reading {
  const mapped = mapAnswer(answer, settings, asOf);
  if (!mapped.ok) return mapped;
  const { ok: _, ...state } = mapped;
  const digest = digestOf(state);
  // The bytes of an answer differ each time: what it says is what its records say.
  return { ok: true, state, identity: digest, digest };
}

/** recallGetSlivers returns the reader of what was kept of an answer. */
export function recallGetSlivers(settings: NodeSettings): Recall {
  return (kept, asOf) => {
    let answer: XmlRpcValue;
    try {
      answer = JSON.parse(kept.toString('utf8')) as XmlRpcValue;
    } catch (error) {
      return { ok: false, reason: `what was kept is no JSON: ${(error as Error).message}` };
    }
    return readingOf(answer, settings, asOf);
  };
}

type Answered =
  | { readonly kind: 'answered'; readonly answer: XmlRpcAnswer; readonly bytes: number }
  | Extract<SourceAnswer, { kind: 'malformed' }>;

const malformed = (reason: string): Extract<SourceAnswer, { kind: 'malformed' }> => ({
  kind: 'malformed',
  cause: 'plc-refuses',
  reason,
});

async function readAnswer(message: IncomingMessage, maxBytes: number): Promise<Answered> {
  // A start script of anybody's may be as long as the answer may be.
  const bounds = { ...DEFAULT_BOUNDS, maxValues: MAX_VALUES, maxText: maxBytes };
  const reader = new ResponseReader(bounds, wantedOfAnswer());
  let bytes = 0;
  try {
    await readBody(message, maxBytes, async (pieces) => {
      for await (const piece of pieces) {
        bytes += piece.length;
        reader.write(piece);
      }
    });
    return { kind: 'answered', answer: reader.end(), bytes };
  } catch (error) {
    if (!(error instanceof Fault)) throw error;
    return malformed(`it is no answer to ${CALL}: ${error.message}`);
  }
}

/** The key that PLC knows the node by, or why there is none. */
async function readKey(file: string, signal: AbortSignal): Promise<string | FailedFetch> {
  const failed = (reason: string): FailedFetch => ({ kind: 'failed', cause: 'key-unfit', reason });
  try {
    const key = (await readPrivateFileBefore('plc.node_key_file', file, signal)).trim();
    return key === '' ? failed(`plc.node_key_file: ${file}: it is empty`) : key;
  } catch (error) {
    return failed((error as Error).message);
  }
}

/** getSliversSource returns the source that asks with the node's key, which is read for each call. */
export function getSliversSource(options: GetSliversOptions): DesiredStateSource {
  const { place, keyFile, settings, now } = options;
  const ask = async (known: Known | undefined, signal: AbortSignal): Promise<SourceAnswer> => {
    const key = await readKey(keyFile, signal);
    if (typeof key !== 'string') return key;
    const conversation = {
      headers: { 'content-type': 'text/xml', accept: 'text/xml' },
      body: encodeCall(CALL, [signNodeCall(settings.nodeId, key)]),
      read: (message: IncomingMessage) =>
        message.statusCode === 200 ? readAnswer(message, place.maxBytes) : undefined,
    };
    const answered = await exchange(place, conversation, signal);
    if (answered.kind !== 'answered') return answered;
    const { answer, bytes } = answered;
    if (answer.kind === 'fault') {
      const { reason, isOfKey } = complaintOf(answer.code, answer.text);
      return { kind: 'failed', cause: isOfKey ? 'key-refused' : 'plc-refuses', reason };
    }
    const condensed = condense(answer.value);
    const read = readingOf(condensed, settings, now());
    if (!read.ok) return malformed(read.reason);
    if (read.identity === known?.identity) return { kind: 'unchanged' };
    const kept = Buffer.from(JSON.stringify(condensed));
    return { kind: 'state', read, validators: {}, bytes, kept };
  };
  return { kind: 'getslivers', ask };
}
