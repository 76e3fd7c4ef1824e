/** XML-RPC documents to calls and answers. Errors are Faults that name what is wrong and where. */
import { Fault } from '@nodemgr/faults';
import type { Part } from './element-rules.ts';
import { DEFAULT_BOUNDS, type DecodeBounds, readDocument } from './read-document.ts';
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

/**
 * decodeResponse reads a methodResponse: the value or the fault in it. Throws Fault 'not-xml-rpc'
 * for what is no such document.
 */
export function decodeResponse(
  body: Uint8Array,
  bounds: DecodeBounds = DEFAULT_BOUNDS,
): XmlRpcAnswer {
  const { parts } = readDocument(body, ['methodResponse'], bounds);
  const fault = parts.find((part) => part.tag === 'fault');
  if (fault !== undefined) return answerOf(fault.value);
  const params = listIn(parts, 'params');
  const [value] = params;
  if (value === undefined || params.length !== 1) {
    throw new Fault('not-xml-rpc', 'a response holds one value or a fault');
  }
  return { kind: 'value', value };
}
