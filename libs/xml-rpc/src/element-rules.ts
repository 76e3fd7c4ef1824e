/** The grammar of XML-RPC: what may stand in what, and what an element becomes. Pure, no parsing. */
import { BadScalar, parseScalar, SCALARS, trimXml } from './parse-scalar.ts';
import type { XmlRpcStruct, XmlRpcValue } from './xml-rpc-value.ts';

/** A child element that has been read. */
export interface Part {
  readonly tag: string;
  readonly value: XmlRpcValue;
}

export interface ElementRule {
  readonly children: readonly string[];
  /** Children that must be there. */
  readonly required: readonly string[];
  /** Whether children of one name may be many; otherwise there is one of each at most. */
  readonly repeats: boolean;
  /** How many children there may be in all. */
  readonly atMost: number;
  /** Whether text other than white space may stand in it. */
  readonly text: boolean;
  /** What the element becomes for its parent. Throws BadScalar. */
  fold(parts: readonly Part[], text: string): XmlRpcValue;
}

const named = (parts: readonly Part[], tag: string): XmlRpcValue =>
  parts.find((part) => part.tag === tag)?.value ?? null;
const only = (parts: readonly Part[]): XmlRpcValue => parts[0]?.value ?? null;
const list = (parts: readonly Part[]): XmlRpcValue => parts.map((part) => part.value);

/** A member arrives as the pair of its name and its value. A name that comes twice is an error. */
function struct(parts: readonly Part[]): XmlRpcStruct {
  // No prototype: `__proto__` is a name like any other.
  const members: Record<string, XmlRpcValue> = Object.create(null);
  for (const { value } of parts) {
    const [name, inner] = value as readonly [string, XmlRpcValue];
    if (Object.hasOwn(members, name)) {
      throw new BadScalar(`<struct> has two members named ${JSON.stringify(name.slice(0, 80))}`);
    }
    members[name] = inner;
  }
  return members;
}

/** Text that stands directly in a <value> is a string. */
function bareValue(parts: readonly Part[], text: string): XmlRpcValue {
  if (parts.length === 0) return text;
  if (trimXml(text) !== '') throw new BadScalar('<value> has text beside an element');
  return only(parts);
}

const holds = (children: readonly string[], fold: ElementRule['fold']): ElementRule => ({
  children,
  required: children,
  repeats: false,
  atMost: children.length,
  text: false,
  fold,
});
const many = (child: string, fold: ElementRule['fold']): ElementRule => ({
  ...holds([child], fold),
  required: [],
  repeats: true,
  atMost: Number.POSITIVE_INFINITY,
});
const textual = (fold: ElementRule['fold']): ElementRule => ({ ...holds([], fold), text: true });

const call = { ...holds(['methodName', 'params'], list), required: ['methodName'] };
const response = { ...holds(['params', 'fault'], list), required: [], atMost: 1 };
const value = { ...holds([...SCALARS, 'array', 'struct'], bareValue), required: [], atMost: 1 };

/** Every element of XML-RPC by its name. */
export const ELEMENTS: ReadonlyMap<string, ElementRule> = new Map<string, ElementRule>([
  ['methodCall', call],
  ['methodResponse', response],
  ['methodName', textual((_, text) => trimXml(text))],
  ['params', many('param', list)],
  ['param', holds(['value'], only)],
  ['fault', holds(['value'], only)],
  ['value', { ...value, text: true }],
  ['array', holds(['data'], only)],
  ['data', many('value', list)],
  ['struct', many('member', struct)],
  ['member', holds(['name', 'value'], (parts) => [named(parts, 'name'), named(parts, 'value')])],
  ['name', textual((_, text) => text)],
  ...SCALARS.map((tag) => [tag, textual((_, text) => parseScalar(tag, text))] as const),
]);
