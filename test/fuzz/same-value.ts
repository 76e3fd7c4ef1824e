/** Whether two values of XML-RPC are the same. Pure; it knows nothing of how they were written. */
import { isStruct, type XmlRpcStruct, type XmlRpcValue } from '@nodemgr/xml-rpc';

function sameStruct(one: XmlRpcStruct, other: XmlRpcStruct): boolean {
  const names = Object.keys(one);
  if (names.length !== Object.keys(other).length) return false;
  return names.every((name) => Object.hasOwn(other, name) && sameValue(one[name], other[name]));
}

function sameList(one: readonly XmlRpcValue[], other: readonly XmlRpcValue[]): boolean {
  return one.length === other.length && one.every((item, index) => sameValue(item, other[index]));
}

function asList(value: XmlRpcValue): readonly XmlRpcValue[] | undefined {
  return Array.isArray(value) ? value : undefined;
}

function sameObject(one: XmlRpcValue, other: XmlRpcValue): boolean {
  if (one instanceof Date) return other instanceof Date && one.getTime() === other.getTime();
  if (one instanceof Uint8Array) {
    return other instanceof Uint8Array && Buffer.compare(one, other) === 0;
  }
  if (isStruct(one)) return isStruct(other) && sameStruct(one, other);
  const [list, otherList] = [asList(one), asList(other)];
  return list !== undefined && otherList !== undefined && sameList(list, otherList);
}

/** sameValue reports whether two values are the same. XML-RPC has no -0: it is the same as 0. */
export function sameValue(one: XmlRpcValue | undefined, other: XmlRpcValue | undefined): boolean {
  if (one === other) return true;
  if (one === undefined || other === undefined) return false;
  return typeof one === 'object' && one !== null && sameObject(one, other);
}
