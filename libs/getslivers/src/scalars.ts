/** Reads the scalars of an answer: PLC writes most as strings, some as integers, and nil where there is nothing. Pure. */
import { readNatural } from '@nodemgr/slices-xml';
import { isStruct, type XmlRpcValue } from '@nodemgr/xml-rpc';
import type { Tag } from './judge-tags.ts';

/** textOf returns a string, or a number as one; undefined for anything else. */
export function textOf(value: XmlRpcValue | undefined): string | undefined {
  if (typeof value === 'number') return String(value);
  return typeof value === 'string' ? value : undefined;
}

/** naturalOf returns a whole number from 0 on, however it is written; undefined for anything else. */
export function naturalOf(value: XmlRpcValue | undefined): number | undefined {
  return readNatural(textOf(value));
}

/** tagsOf returns the tags in a list; undefined: it is no list. A tag without a value has an empty one. */
export function tagsOf(attributes: XmlRpcValue | undefined): readonly Tag[] | undefined {
  if (!Array.isArray(attributes)) return undefined;
  return attributes.filter(isStruct).flatMap(({ tagname, value }) => {
    const name = textOf(tagname);
    return name === undefined ? [] : [{ name, value: textOf(value) ?? '' }];
  });
}
