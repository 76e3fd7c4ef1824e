/**
 * Decides whether a signed document may take the place of the one that this node has: an old pair of document and
 * signature is as well signed as it ever was. Pure.
 */
import type { SignedDocument } from './source/desired-state-source.ts';

/** The last signed document that counted. */
export type Floor = Pick<SignedDocument, 'document' | 'serial'>;

export interface Order {
  /** Undefined: no signed document has counted yet. */
  readonly floor?: Floor | undefined;
  /** The document that an operator lets through, whatever its serial. */
  readonly allowed?: string | undefined;
}

/** Hex digits of a document's name that people are shown. */
const SHOWN = 12;

/** documentName returns the name by which an operator lets a document through. */
export const documentName = (document: string): string => document.slice(0, SHOWN);

/** judgeOrder returns why `signed` is held back; undefined: it is not. */
export function judgeOrder(
  { document, serial }: SignedDocument,
  { floor, allowed }: Order,
): string | undefined {
  if (floor === undefined || document === floor.document || document === allowed) return undefined;
  if (serial > floor.serial) return undefined;
  const relation =
    serial === floor.serial
      ? `another document than the one in force has its serial, ${serial}`
      : `its serial is ${serial}, and that of the document in force is ${floor.serial}`;
  return `${relation}; to take it on purpose: nmctl guard allow ${documentName(document)}`;
}
