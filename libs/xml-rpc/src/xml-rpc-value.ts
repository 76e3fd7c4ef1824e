/** The values that XML-RPC can carry, as JavaScript has them. Nothing is decoded here. */

/** A struct: values by member name. Decoded ones have no prototype, so no name is special. */
export interface XmlRpcStruct {
  readonly [member: string]: XmlRpcValue;
}

/**
 * XmlRpcValue is a value of XML-RPC. `number` stands for <int>, <i4>, <i8> and <double>, Date for
 * <dateTime.iso8601> (whole seconds, taken as UTC), Uint8Array for <base64>, null for <nil/>.
 */
export type XmlRpcValue =
  | string
  | number
  | boolean
  | null
  | Date
  | Uint8Array
  | readonly XmlRpcValue[]
  | XmlRpcStruct;

/** A call, as a methodCall has it. */
export interface XmlRpcCall {
  readonly method: string;
  readonly params: readonly XmlRpcValue[];
}

/** isStruct reports whether `value` is a struct (and not an array, a date, base64 or nil). */
export function isStruct(value: XmlRpcValue): value is XmlRpcStruct {
  return (
    typeof value === 'object' &&
    value !== null &&
    !Array.isArray(value) &&
    !(value instanceof Date) &&
    !(value instanceof Uint8Array)
  );
}
