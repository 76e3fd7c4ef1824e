/** Describes the keys of ticket-signer.toml from the schema that checks it, for the manual. Pure. */
import type { ConfigKey } from '@nodemgr/config';
import * as z from 'zod';
import { signerSchema } from './signer-schema.ts';

/** The part of JSON Schema that zod makes of our configuration. */
const nodeSchema = z.object({
  description: z.string().optional(),
  default: z.unknown().optional(),
  required: z.array(z.string()).optional(),
  get properties() {
    return z.record(z.string(), nodeSchema).optional();
  },
  get items() {
    return nodeSchema.optional();
  },
});
type Node = z.infer<typeof nodeSchema>;

function keysBelow(node: Node, prefix: string): readonly ConfigKey[] {
  return Object.entries(node.properties ?? {}).flatMap(([name, inner]) => {
    const key = prefix === '' ? name : `${prefix}.${name}`;
    if (inner.properties !== undefined) return keysBelow(inner, key);
    if (inner.items?.properties !== undefined) return keysBelow(inner.items, `${key}[]`);
    const fallback = inner.default === undefined ? undefined : JSON.stringify(inner.default);
    const required = node.required?.includes(name) ?? false;
    return [{ key, allowed: inner.description ?? '', default: fallback, required }];
  });
}

/** signerKeys returns every key, in the order of the schema; `allowed` is in words. */
export function signerKeys(): readonly ConfigKey[] {
  const schema: unknown = z.toJSONSchema(signerSchema, { io: 'input', unrepresentable: 'any' });
  return keysBelow(nodeSchema.parse(schema), '');
}
