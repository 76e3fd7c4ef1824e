/** XML-RPC documents to calls and answers. Errors are Faults that name what is wrong and where. */
import { TextDecoder } from 'node:util';
import { Fault } from '@nodemgr/faults';
import type { Part } from './element-rules.ts';
import {
  DEFAULT_BOUNDS,
  type DecodeBounds,
  type Document,
  DocumentReader,
  readDocument,
  type Wanted,
} from './read-document.ts';
import { scanPlainCall } from './scan-plain-call.ts';
import { isStruct, type XmlRpcCall, type XmlRpcValue } from './xml-rpc-value.ts';

/** What a server answered: a value, or a fault with its code and text. */
export type XmlRpcAnswer =
  | { readonly kind: 'value'; readonly value: XmlRpcValue }
  | { readonly kind: 'fault'; readonly code: number; readonly text: string };

function listIn(parts: readonly Part[], tag: string): readonly XmlRpcValue[] {
  const value = parts.find((part) => part.tag === tag)?.value;
  return Array.isArray(value) ? value : [];
}

/**
 * decodeCall reads a methodCall. Throws Fault 'not-xml-rpc', and nothing else, whatever the bytes.
 */
export function decodeCall(body: Uint8Array, bounds: DecodeBounds = DEFAULT_BOUNDS): XmlRpcCall {
  return scanPlainCall(body) ?? parseCall(body, bounds);
}

/** parseCall is decodeCall without the short cut for plain calls. */
export function parseCall(body: Uint8Array, bounds: DecodeBounds): XmlRpcCall {
  const { parts } = readDocument(body, ['methodCall'], bounds);
  const method = parts.find((part) => part.tag === 'methodName')?.value;
  if (typeof method !== 'string' || method === '') {
    throw new Fault('not-xml-rpc', '<methodName> is empty');
  }
  return { method, params: listIn(parts, 'params') };
}

function answerOf(fault: XmlRpcValue): XmlRpcAnswer {
  const members = isStruct(fault) ? fault : {};
  const code = members['faultCode'];
  const text = members['faultString'];
  if (typeof code !== 'number' || typeof text !== 'string') {
    throw new Fault('not-xml-rpc', '<fault> wants a struct with faultCode and faultString');
  }
  return { kind: 'fault', code, text };
}

function answerIn({ parts }: Document): XmlRpcAnswer {
  const fault = parts.find((part) => part.tag === 'fault');
  if (fault !== undefined) return answerOf(fault.value);
  const params = listIn(parts, 'params');
  const [value] = params;
  if (value === undefined || params.length !== 1) {
    throw new Fault('not-xml-rpc', 'a response holds one value or a fault');
  }
  return { kind: 'value', value };
}

/**
 * decodeResponse reads a methodResponse: the value or the fault in it. Throws Fault 'not-xml-rpc'
 * for what is no such document.
 */
export function decodeResponse(
  body: Uint8Array,
  bounds: DecodeBounds = DEFAULT_BOUNDS,
): XmlRpcAnswer {
  return answerIn(readDocument(body, ['methodResponse'], bounds));
}

/**
 * ResponseReader is decodeResponse for a methodResponse that comes in pieces and is large: of its value no more is
 * held than is wanted. It has to be UTF-8. Every method throws Fault 'not-xml-rpc' for what is no such document.
 */
export class ResponseReader {
  readonly #text = new TextDecoder('utf-8', { fatal: true });
  readonly #reader: DocumentReader;

  constructor(bounds: DecodeBounds, wanted: Wanted) {
    this.#reader = new DocumentReader(['methodResponse'], bounds, wanted);
  }

  write(piece: Uint8Array): void {
    this.#reader.write(this.#decode(piece));
  }

  /** end returns the answer, all of which has been written. */
  end(): XmlRpcAnswer {
    this.#reader.write(this.#decode());
    return answerIn(this.#reader.end());
  }

  #decode(piece?: Uint8Array): string {
    try {
      return this.#text.decode(piece, { stream: piece !== undefined });
    } catch {
      throw new Fault('not-xml-rpc', 'the text is not UTF-8');
    }
  }
}
