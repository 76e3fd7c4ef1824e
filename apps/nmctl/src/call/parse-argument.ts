/** Reads the arguments of `nmctl call`: JSON, or a bare word that stands for itself. Pure. */
import type { XmlRpcValue } from '@nodemgr/xml-rpc';

/** The beginning of JSON that has gone wrong, rather than of a bare word. */
const JSON_START = /^\s*["[{]/;

function checkNumbers(value: unknown, text: string): void {
  if (typeof value === 'number' && Number.isInteger(value) && !Number.isSafeInteger(value)) {
    throw new RangeError(`${text}: ${value} is too large to be kept exactly`);
  }
  if (typeof value === 'object' && value !== null) {
    for (const inner of Object.values(value)) checkNumbers(inner, text);
  }
}

/**
 * parseArgument returns the value that `text` stands for. A word that is no JSON is a string; text
 * that begins like a JSON string, list or object must be one. Throws SyntaxError or RangeError
 * naming the argument.
 */
export function parseArgument(text: string): XmlRpcValue {
  let value: XmlRpcValue;
  try {
    value = JSON.parse(text);
  } catch (cause) {
    if (!JSON_START.test(text)) return text;
    throw new SyntaxError(`${text}: ${(cause as Error).message}`, { cause });
  }
  checkNumbers(value, text);
  return value;
}
