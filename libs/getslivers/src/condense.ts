/**
 * Leaves of an answer what a node has any business to know: no keys of root's, no files, no values of tags that mean
 * nothing here, and only the start scripts that its slivers name. What is left has the form of the answer. Pure.
 */
import { isStruct, type Wanted, type XmlRpcStruct, type XmlRpcValue } from '@nodemgr/xml-rpc';
import { tagsOf } from './scalars.ts';
import { isHonoured, SCRIPT_NAME } from './tags.ts';

/** stripTag takes the value from a tag that means nothing here: it may be a secret. */
function stripTag(tag: XmlRpcValue): XmlRpcValue {
  if (!isStruct(tag)) return tag;
  const { tagname, value } = tag;
  const known = typeof tagname === 'string' && isHonoured(tagname);
  return { tagname: tagname ?? null, ...(known ? { value: value ?? null } : {}) };
}

/**
 * wantedOfAnswer returns what is wanted of an answer while it is read. The same keys come again and again: each text is
 * held once, in a copy of its own, for a part of a text keeps the whole of it.
 */
export function wantedOfAnswer(): Wanted {
  const texts = new Map<string, string>();
  const take = (value: XmlRpcValue): XmlRpcValue => {
    if (typeof value !== 'string') return value;
    const known = texts.get(value);
    if (known !== undefined) return known;
    const copy = Buffer.from(value).toString();
    texts.set(copy, copy);
    return copy;
  };
  const text = { take };
  const key = { members: { key_type: text, key: text } };
  const tag = { members: { tagname: text, value: text }, take: stripTag };
  const sliver = {
    name: text,
    slice_id: text,
    instantiation: text,
    expires: text,
    keys: { items: key },
    attributes: { items: tag },
    GetSliceFamily: text,
  };
  return {
    members: {
      node_id: {},
      interfaces: { items: { members: { is_primary: {}, bwlimit: {} } } },
      initscripts: { items: { members: { name: text, enabled: {}, script: text } } },
      slivers: { items: { members: sliver } },
      reservation_policy: {},
      leases: { items: { members: { name: text, t_from: {}, t_until: {} } } },
    },
  };
}

/** list returns the items of a list; none of what is no list. */
const list = (value: XmlRpcValue | undefined): readonly XmlRpcValue[] =>
  Array.isArray(value) ? value : [];

const structs = (value: XmlRpcValue | undefined): readonly XmlRpcStruct[] =>
  list(value).filter(isStruct);

function scriptsNamed(slivers: XmlRpcValue | undefined): ReadonlySet<XmlRpcValue> {
  const tags = structs(slivers).flatMap(({ attributes }) => tagsOf(attributes) ?? []);
  return new Set(tags.filter(({ name }) => name === SCRIPT_NAME).map(({ value }) => value));
}

/** condense leaves the scripts of others out of an answer of which no more was read than wantedOfAnswer says. */
export function condense(answer: XmlRpcValue): XmlRpcValue {
  if (!isStruct(answer) || !Array.isArray(answer['initscripts'])) return answer;
  const named = scriptsNamed(answer['slivers']);
  const initscripts = structs(answer['initscripts']).filter(({ name }) => named.has(name ?? null));
  return { ...answer, initscripts };
}
