/** Values of XML-RPC as JSON, for expectations and for readers in other languages. Pure. */
import type { XmlRpcStruct, XmlRpcValue } from '@nodemgr/xml-rpc';
import { z } from 'zod';

const struct = z.object({ struct: z.array(z.tuple([z.string(), z.unknown()])) });
const date = z.object({ date: z.string() });
const base64 = z.object({ base64: z.string() });
const scalar = z.union([z.string(), z.number(), z.boolean(), z.null()]);

/** Unknown is thrown for a value of which the other side does not say what it means. */
export class Unknown extends Error {
  override readonly name = 'Unknown';
}

function structOf(members: readonly (readonly [string, unknown])[]): XmlRpcStruct {
  const made: Record<string, XmlRpcValue> = Object.create(null);
  for (const [name, value] of members) made[name] = fromTagged(value);
  return made;
}

/**
 * fromTagged returns the value that JSON stands for: scalars and lists as they are,
 * `{"date": "2026-01-31T23:59:59Z"}`, `{"base64": "…"}`, `{"struct": [["name", value], …]}`.
 * Throws Unknown for anything else.
 */
export function fromTagged(json: unknown): XmlRpcValue {
  if (Array.isArray(json)) return json.map(fromTagged);
  const plain = scalar.safeParse(json);
  if (plain.success) return plain.data;
  const dated = date.safeParse(json);
  if (dated.success) return new Date(dated.data.date);
  const packed = base64.safeParse(json);
  if (packed.success) return new Uint8Array(Buffer.from(packed.data.base64, 'base64'));
  const members = struct.safeParse(json);
  if (members.success) return structOf(members.data.struct);
  throw new Unknown(JSON.stringify(json));
}
